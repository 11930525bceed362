import cadquery as cq
import numpy as np
import pytest

from fabrication.geometry.jobs.export.drawing.views import FRONT, ISOMETRIC, RIGHT, TOP, view_of


@pytest.fixture(scope="module")
def bracket():
    """30 × 20 × 10 with a step at the right, a through hole ⌀6 down and a blind hole ⌀4 from the front."""
    body = (
        cq.Workplane()
        .box(30, 20, 10, centered=False)
        .cut(cq.Workplane().box(10, 20, 5, centered=False).translate((20, 0, 5)))
    )
    body = body.faces("<Z").workplane(origin=(8, 12, 0)).hole(6)
    return body.faces("<Y").workplane(origin=(15, 0, 4)).hole(4, 5).val()


@pytest.mark.parametrize(
    ("direction", "size"), [(FRONT, (30, 10)), (TOP, (30, 20)), (RIGHT, (20, 10)), (ISOMETRIC, (35.355, 28.577))]
)
def test_each_view_has_the_size_of_what_it_shows(bracket, direction, size):
    view = view_of([bracket], direction)
    assert view.size == pytest.approx(size, abs=0.01)
    drawn = np.concatenate(view.sharp)
    assert drawn.min(0) == pytest.approx(view.low, abs=0.01)
    assert drawn.max(0) == pytest.approx(view.high, abs=0.01)


def test_right_is_right_and_up_is_up(bracket):
    """The step is cut from the upper right of the front view."""
    points = np.concatenate(view_of([bracket], FRONT).sharp)
    assert points[points[:, 0] > 20.01][:, 1].max() == pytest.approx(5)
    assert points[points[:, 0] < 19.9][:, 1].max() == pytest.approx(10)


def test_round_holes_are_found_where_they_are_seen(bracket):
    def found(direction):
        return [
            (round(r.x, 3), round(r.y, 3), round(r.radius, 3), r.hole) for r in view_of([bracket], direction).rounds
        ]

    assert found(TOP) == [(8, 12, 3, True)]
    assert found(FRONT) == [(15, 4, 2, True)]
    assert found(RIGHT) == []


def test_a_bore_is_hidden_from_the_side(bracket):
    hidden = np.concatenate(view_of([bracket], RIGHT).hidden)
    assert {9.0, 15.0} <= {round(float(x), 3) for x in hidden[:, 0]}, "the through hole's sides"


def test_the_outside_of_something_round_is_no_hole():
    (seen,) = view_of([cq.Workplane().cylinder(5, 7).val()], TOP).rounds
    assert (seen.radius, seen.hole) == (7, False)


def test_most_of_a_circle_has_a_diameter_and_a_rounded_corner_has_none():
    slotted = cq.Workplane().circle(20).circle(15).extrude(5).cut(cq.Workplane().box(20, 6, 20).translate((18, 0, 0)))
    assert {round(each.radius, 3) for each in view_of([slotted.val()], TOP).rounds} == {15, 20}
    plate = cq.Workplane().box(30, 20, 5).edges("|Z").fillet(5).val()
    assert view_of([plate], TOP).rounds == []


def test_a_smooth_edge_is_told_from_a_sharp_one():
    view = view_of([cq.Workplane().box(30, 20, 10).edges("|Z").fillet(5).val()], FRONT)
    assert {round(float(x), 3) for x in np.concatenate(view.smooth)[:, 0]} == {-10, 10}


def test_a_ball_has_an_outline():
    assert view_of([cq.Workplane().sphere(5).val()], FRONT).size == pytest.approx((10, 10), abs=1e-3)
