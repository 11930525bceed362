import cadquery as cq
import pytest


def test_a_cube_is_as_thick_as_it_is_wide(inspected):
    found = inspected(cq.Workplane().box(20, 20, 20)).thickness
    assert (found.thinnest_mm, found.typical_mm, found.thin_share, found.measured_share) == (20, 20, 0, 1)


def test_a_box_with_thin_walls(inspected):
    found = inspected(cq.Workplane().box(40, 30, 20).faces(">Z").shell(-0.6)).thickness
    inside = 38.8 * 28.8 + 2 * (38.8 + 28.8) * 19.4  # and as much of the outside is opposite to it
    surface = 40 * 30 + 2 * (40 + 30) * 20 + inside + 40 * 30 - 38.8 * 28.8
    assert found.thinnest_mm == found.typical_mm == pytest.approx(0.6)
    assert found.thin_share == pytest.approx(2 * inside / surface, abs=0.003)


def test_a_thin_fin_on_a_plate(inspected):
    found = inspected(cq.Workplane().box(40, 40, 2).faces(">Z").workplane().rect(20, 0.3).extrude(10)).thickness
    surface = 2 * 40 * 40 + 4 * 40 * 2 + 2 * (20 + 0.3) * 10
    assert found.thinnest_mm == pytest.approx(0.3)
    assert found.typical_mm == pytest.approx(2)
    assert found.thin_share == pytest.approx(2 * 20 * 10 / surface, abs=0.003)


def test_a_tube_far_from_the_origin(inspected):
    tube = cq.Workplane().center(3000, 2000).circle(10).circle(9.5).extrude(20)
    assert inspected(tube).thickness.thinnest_mm == pytest.approx(0.5, abs=0.04)  # two tolerances of its mesh


def test_a_sharp_edge_is_no_thin_wall(inspected):
    found = inspected(cq.Workplane().polyline([(0, 0), (20, 0), (0, 20)]).close().extrude(5)).thickness
    assert (found.thin_share, found.thinnest_mm) == (0, 5)


def test_a_wedge_is_thin_towards_its_tip(inspected):
    found = inspected(cq.Workplane().polyline([(0, 0), (40, 0), (0, 4)]).close().extrude(40)).thickness
    thin = 40 * (8 + 8)  # both sides are a tenth as far apart as the tip is away
    measured = 40 * (40 + (40**2 + 4**2) ** 0.5) + 2 * 80  # the short side meets the slope at 84°
    assert found.thin_share == pytest.approx(thin / measured, rel=0.02)
    assert found.measured_share == pytest.approx(measured / (measured + 160), abs=0.006)


def test_what_is_inside_out_has_no_thickness(inspected):
    assert inspected(cq.Shape.cast(cq.Workplane().box(9, 9, 9).val().wrapped.Reversed())).thickness is None
