import math

import cadquery as cq
import pytest

from fabrication.geometry.jobs.inspection import body


def test_mass_of_a_cone():
    volume, centre = body.mass_of(cq.Solid.makeCone(10, 0, 20).moved(cq.Location((1, 2, 3))))
    assert volume == pytest.approx(math.pi * 100 * 20 / 3)
    assert centre == pytest.approx([1, 2, 3 + 5])  # a quarter of its height


def test_the_area_of_a_cylinder():
    assert body.area_of(cq.Workplane().cylinder(10, 3).val()) == pytest.approx(2 * math.pi * 9 + 60 * math.pi)


def test_a_sound_solid_has_no_fault():
    assert body.faults_of(cq.Workplane().box(9, 9, 9).edges().fillet(1).val()) == ()


def test_a_solid_with_a_face_missing_is_not_closed():
    faces = cq.Workplane().box(9, 9, 9).faces().vals()[1:]
    assert body.faults_of(cq.Solid.makeSolid(cq.Shell.makeShell(faces))) == ("NotClosed",)


def test_faces_beside_a_solid_are_a_fault():
    loose = cq.Face.makePlane(3, 3).moved(cq.Location((30, 0, 0)))
    assert body.faults_of(cq.Compound.makeCompound([cq.Workplane().box(9, 9, 9).val(), loose])) == ("LooseFaces",)


PLATE = cq.Workplane().box(60, 40, 6)


@pytest.mark.parametrize(
    ("shape", "width_mm"),
    [
        (PLATE, None),
        (PLATE.edges("|Z").fillet(1), None),  # round, but solid inside
        (PLATE.faces(">Z").workplane().circle(1).extrude(5), None),  # a pin is no hole
        (PLATE.faces(">Z").workplane().rect(20, 10).cutBlind(-3).edges("|Z").fillet(1), None),  # a hollow fillet
        (PLATE.faces(">Z").workplane().pushPoints([(-10, 0), (10, 0)]).hole(3.2).faces("<Z").workplane().hole(5), 3.2),
        (PLATE.faces(">Z").workplane().slot2D(20, 2.5).cutThruAll(), 2.5),
        (PLATE.faces(">Y").workplane().hole(4).rotate((0, 0, 0), (1, 1, 1), 33), 4.0),
        (PLATE.faces(">Z").workplane().hole(4).mirror("YZ"), 4.0),
    ],
)
def test_the_smallest_hole(shape, width_mm):
    assert body.smallest_hole_mm(shape.val()) == (width_mm if width_mm is None else pytest.approx(width_mm))


def test_a_hole_in_two_halves_is_one_hole():
    left = cq.Workplane().box(20, 10, 5).cut(cq.Workplane().center(10, 0).cylinder(9, 2)).val()
    both = cq.Compound.makeCompound([left, left.rotate((10, 0, 0), (10, 0, 1), 180)])
    assert body.smallest_hole_mm(both) == pytest.approx(4)


@pytest.mark.parametrize(
    ("shape", "length_mm"),
    [
        (cq.Workplane().box(20, 10, 5), 5),
        (cq.Workplane().box(20, 10, 5).edges("|Z").chamfer(0.3), 0.3 * 2**0.5),
        (cq.Workplane().cylinder(2, 3), 6 * math.pi),  # its seam is 2 long
        (cq.Workplane().sphere(3), None),
    ],
)
def test_the_shortest_edge(shape, length_mm):
    assert body.shortest_edge_mm(shape.val()) == (length_mm if length_mm is None else pytest.approx(length_mm))
