import math

import cadquery as cq
import msgspec
import numpy as np
import pytest
import trimesh

from fabrication.errors import ScriptFailed
from fabrication.geometry.inspection import Inspection
from fabrication.geometry.jobs import inspect
from fabrication.geometry.jobs.bodies import solid_of_mesh


def inspected(body):
    return inspect.inspect(body.val() if isinstance(body, cq.Workplane) else body, 45.0)[0]


def of_mesh(mesh):
    return inspected(solid_of_mesh(np.asarray(mesh.vertices), np.asarray(mesh.faces)))


@pytest.fixture(scope="module")
def ball():
    """A closed mesh, off the origin and not round, measured by somebody else's code."""
    mesh = trimesh.creation.icosphere(subdivisions=3, radius=20)
    mesh.vertices *= 1 + 0.2 * np.sin(mesh.vertices[:, [0]] / 7)
    mesh.apply_translation([100, -30, 5])
    return mesh


def test_a_cube():
    cube = inspected(cq.Workplane().box(20, 20, 20, centered=False))
    assert (cube.volume_mm3, cube.surface_mm2) == (pytest.approx(8000), pytest.approx(2400))
    assert (cube.low_mm, cube.high_mm) == (pytest.approx((0, 0, 0)), pytest.approx((20, 20, 20)))
    assert cube.centre_of_mass_mm == pytest.approx((10, 10, 10))
    assert (cube.sound, cube.watertight, cube.faults, cube.bodies, cube.triangles) == (True, True, (), 1, 12)
    assert (cube.open_edges, cube.turned_edges, cube.crowded_edges) == (0, 0, 0)
    assert (cube.smallest_hole_mm, cube.shortest_edge_mm) == (None, pytest.approx(20))


def test_a_sphere():
    ball = inspected(cq.Workplane().sphere(10))
    assert ball.volume_mm3 == pytest.approx(4 / 3 * math.pi * 1000)
    assert ball.surface_mm2 == pytest.approx(400 * math.pi)
    assert ball.thickness.thinnest_mm == pytest.approx(20, abs=0.1)
    assert ball.shortest_edge_mm is None
    assert ball.as_modelled.overhang_mm2 == pytest.approx(2 * math.pi * 100 * (1 - 0.5**0.5), rel=0.05)
    assert ball.as_modelled.contact_mm2 < 10


def test_a_mesh_is_measured_as_others_do(ball):
    found = of_mesh(ball)
    assert found.volume_mm3 == pytest.approx(ball.volume)
    assert found.surface_mm2 == pytest.approx(ball.area)
    assert found.centre_of_mass_mm == pytest.approx(ball.center_mass, abs=1e-3)
    assert (found.low_mm, found.high_mm) == tuple(pytest.approx(bound, abs=1e-3) for bound in ball.bounds)
    assert (found.watertight, found.sound, found.triangles) == (True, True, len(ball.faces))


def test_of_a_mesh_holes_and_edges_are_not_known(ball):
    found = of_mesh(ball)
    assert found.triangles_only
    assert (found.smallest_hole_mm, found.shortest_edge_mm, found.faults) == (None, None, ())


def test_a_mesh_with_a_triangle_missing_is_open(ball):
    open_ = ball.copy()
    open_.update_faces(np.arange(len(ball.faces)) != 7)
    found = of_mesh(open_)
    assert (found.watertight, found.sound, found.open_edges, found.turned_edges) == (False, False, 3, 0)


def test_a_mesh_with_a_triangle_turned_disagrees(ball):
    faces = np.array(ball.faces)
    faces[7] = faces[7][::-1]
    found = inspected(solid_of_mesh(np.asarray(ball.vertices), faces))
    assert (found.watertight, found.sound, found.open_edges, found.turned_edges) == (False, False, 0, 3)


def test_an_inside_out_solid_holds_less_than_nothing():
    found = inspected(cq.Shape.cast(cq.Workplane().box(9, 9, 9).val().wrapped.Reversed()))
    assert (found.sound, found.volume_mm3, found.centre_of_mass_mm) == (False, pytest.approx(-729), None)


def test_a_solid_without_one_of_its_faces():
    faces = cq.Workplane().box(9, 9, 9).faces().vals()[1:]
    found = inspected(cq.Solid.makeSolid(cq.Shell.makeShell(faces)))
    assert (found.sound, found.watertight, found.open_edges) == (False, False, 4)
    assert found.faults == ("NotClosed",)


def test_two_bodies_in_one_part(ball):
    box = cq.Workplane().box(9, 9, 9)
    assert inspected(cq.Compound.makeCompound([box.val(), box.translate((20, 0, 0)).val()])).bodies == 2
    moved = ball.copy()
    moved.apply_translation([100, 0, 0])
    assert of_mesh(ball + moved).bodies == 2


def test_a_hollow_is_no_body(ball):
    hollow = trimesh.creation.icosphere(subdivisions=2, radius=5)
    hollow.apply_translation(ball.center_mass)
    hollow.invert()
    found = of_mesh(ball + hollow)
    assert (found.bodies, found.watertight) == (1, True)
    assert found.volume_mm3 == pytest.approx(ball.volume + hollow.volume)


def test_bodies_that_touch_along_an_edge_share_it():
    box = cq.Workplane().box(9, 9, 9)
    found = inspected(cq.Compound.makeCompound([box.val(), box.translate((9, 9, 0)).val()]))
    assert (found.bodies, found.crowded_edges, found.watertight) == (2, 1, True)


def test_the_job_claims_each_part_and_paints_all(built):
    claim = inspect.run({"parts": 2, "colours": [None, None], "overhang_deg": 50.0}, built)
    plate, pin = msgspec.json.decode(msgspec.json.encode(claim["parts"]), type=list[Inspection])
    assert plate.volume_mm3 == pytest.approx(1500 - 20 * math.pi)
    assert plate.smallest_hole_mm == pytest.approx(4)
    assert pin.size_mm == pytest.approx((10, 10, 10), abs=1e-3)
    assert plate.overhang_deg == pin.overhang_deg == 50
    assert (built / "problems.png").read_bytes().startswith(b"\x89PNG")
    assert [msgspec.to_builtins(inspected(inspect.read_part(built / "part_0.brep")))] == [
        {**claim["parts"][0], "overhang_deg": 45.0}
    ], "the same part gives the same claim"


def test_what_is_no_brep_is_said_to_hold_nothing(tmp_path):
    (tmp_path / "part_0.brep").write_bytes(b"DBRep_DrawableShape")
    with pytest.raises(ScriptFailed, match="no solid"):
        inspect.run({"parts": 1}, tmp_path)
