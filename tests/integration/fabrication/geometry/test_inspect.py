import cadquery as cq
import msgspec
import pytest

from fabrication.geometry.inspection import Inspection
from fabrication.geometry.jobs import inspect
from fabrication.geometry.jobs.bodies import solid_of_mesh
from fabrication.geometry.jobs.meshes import mesh_of, welded


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A folder with a drilled plate that stands on a thin foot, and the same as triangles alone."""
    folder = tmp_path_factory.mktemp("parts")
    plate = cq.Workplane().box(40, 30, 5).faces(">Z").workplane().hole(3)
    exact = plate.faces("<Z").workplane().center(15, 0).rect(0.5, 20).extrude(10).val()
    exact.exportBrep(str(folder / "part_0.brep"))
    solid_of_mesh(*welded(mesh_of(exact, 0.02, 0.15))).exportBrep(str(folder / "part_1.brep"))
    return folder


def test_inspection_works_inside_the_walls_as_it_does_outside(forge, parts):
    inputs = {path.name: path.read_bytes() for path in parts.iterdir()}
    result = forge.run("inspect", {"parts": 2, "colours": [None, None]}, inputs)
    exact, mesh = msgspec.convert(result.claim["parts"], list[Inspection])
    assert exact.thickness.thinnest_mm == pytest.approx(0.5)
    assert (exact.smallest_hole_mm, exact.best.words) == (pytest.approx(3), "turn it upside down")
    assert (exact.triangles_only, mesh.triangles_only) == (False, True)
    assert mesh.volume_mm3 == pytest.approx(exact.volume_mm3, rel=1e-3)
    assert mesh.watertight

    assert msgspec.convert(inspect.run({"parts": 2}, parts)["parts"], list[Inspection]) == [exact, mesh]
    assert result.outputs == {"problems.png": (parts / "problems.png").read_bytes()}
