import cadquery as cq
import numpy as np
import pytest
from PIL import Image

from fabrication.geometry.inspection import PROBLEM_COLOURS
from fabrication.geometry.jobs.inspect import inspect
from fabrication.geometry.jobs.inspection.problems import picture_of


@pytest.fixture(scope="module")
def painted(mushroom, potato, as_body):
    potato = potato.copy()
    potato.apply_translation([-50, 30, 20])
    potato.update_faces(np.arange(len(potato.faces)) % 25 > 0)
    thin = cq.Workplane().center(-60, 0).box(40, 30, 20).faces(">Z").shell(-0.6)
    return [inspect(body, 45.0)[1] for body in (mushroom.val(), thin.val(), as_body(potato))]


@pytest.fixture(scope="module")
def picture(painted):
    return picture_of(painted)


def shown(picture: Image.Image, problem: str):
    """Columns of the pixels of that problem's hue, whatever the light on them."""
    wanted = Image.new("RGB", (1, 1), PROBLEM_COLOURS[problem]).convert("HSV").getpixel((0, 0))[0]
    hue, saturation, _ = np.moveaxis(np.asarray(picture.convert("HSV")).astype(int), 2, 0)
    away = np.minimum(abs(hue - wanted), 256 - abs(hue - wanted))
    return np.nonzero((away < 8) & (saturation > 120))[1]


def test_each_problem_has_its_colour(picture):
    assert (picture.size, picture.mode) == ((640, 480), "RGB")
    for problem in ("thin", "broken"):
        columns = shown(picture, problem)
        assert len(columns) > 100, problem
        assert columns.min() < 320 < columns.max(), "once as modelled, once turned over"


def test_what_hangs_over_is_seen_where_it_is_turned_over(picture):
    columns = shown(picture, "overhang")
    assert len(columns) > 500
    assert (columns > 320).mean() > 0.9


def test_the_same_parts_give_the_same_picture(painted, picture):
    assert picture_of(painted).tobytes() == picture.tobytes()
