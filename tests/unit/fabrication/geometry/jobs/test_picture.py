import numpy as np
from PIL import Image

from fabrication.geometry.jobs import picture


def test_a_picture_shows_every_part_whole(built):
    assert picture.run({"parts": 2, "colours": [None, None], "ground": "plain"}, built) == {}
    image = Image.open(built / "picture.png")
    assert (image.format, image.size, image.mode) == ("PNG", (640, 480), "RGB")
    pixels = np.asarray(image).astype(int)
    red, blue = pixels[..., 0], pixels[..., 2]
    orange, bluish = red - blue > 40, blue - red > 60
    for part in (orange, bluish):  # the two colours that the first two parts have
        rows, columns = np.nonzero(part)
        assert len(rows) > 3000
        assert rows.min() > 5
        assert rows.max() < 474
        assert columns.min() > 5
        assert columns.max() < 634
    assert pixels[:5].min() > 150, "the paper is light"


def test_the_same_parts_give_the_same_picture(built):
    pictures = []
    for _ in range(2):
        picture.run({"parts": 1, "colours": ["#00a040"], "ground": "plain"}, built)
        pictures.append((built / "picture.png").read_bytes())
    assert pictures[0] == pictures[1]


def test_a_part_has_its_own_colour(built):
    picture.run({"parts": 2, "colours": ["#00a040", None], "ground": "plain"}, built)
    red, green, blue = np.moveaxis(np.asarray(Image.open(built / "picture.png")).astype(int), -1, 0)
    assert ((green - red > 60) & (green - blue > 40)).sum() > 3000


def test_over_the_paper_a_transparent_picture_is_the_plain_one(built):
    """On a page the parts and their shadow look the same, whatever colour the page has."""
    for ground in ("plain", "transparent"):
        picture.run({"parts": 2, "colours": [None, None], "ground": ground}, built)
        (built / "picture.png").rename(built / f"{ground}.png")
    plain = np.asarray(Image.open(built / "plain.png")).astype(float)
    cut = np.asarray(Image.open(built / "transparent.png")).astype(float)
    assert cut.shape == (480, 640, 4)
    alpha = cut[..., 3:] / 255
    assert alpha[:5].max() == 0, "nothing around"
    assert ((alpha > 0.2) & (alpha < 0.9)).sum() > 1000, "a soft shadow"
    paper = 255 * picture._paper().reshape(480, 640, 3) ** (1 / 2.2)
    laid = cut[..., :3] * alpha + paper * (1 - alpha)
    assert np.abs(laid - plain).mean() < 1
    solid = alpha[..., 0] == 1
    assert np.abs(laid - plain)[solid].max() <= 1
