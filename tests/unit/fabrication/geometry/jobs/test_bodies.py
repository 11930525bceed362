import cadquery as cq
import pytest

from fabrication.geometry.jobs import measure
from fabrication.geometry.jobs.bodies import is_mesh, read_part, solid_of_mesh
from fabrication.geometry.jobs.meshes import mesh_of, welded
from fabrication.geometry.jobs.uploads.soundness import soundness


@pytest.fixture
def box():
    corners, triangles = welded(mesh_of(cq.Solid.makeBox(2, 3, 4), 0.1, 0.3))
    return corners, triangles


def test_a_mesh_body_survives_its_file_wherever_it_lies(tmp_path, box):
    body = solid_of_mesh(*box).moved(cq.Location((10, 0, 0), (0, 0, 1), 90))
    body.exportBrep(str(tmp_path / "part_0.brep"))
    back = read_part(tmp_path / "part_0.brep")
    assert is_mesh(back)
    mesh = mesh_of(back, 0.1, 0.3)
    assert mesh.corners.min(0).tolist() == pytest.approx([7, 0, 0])
    assert mesh.corners.max(0).tolist() == pytest.approx([10, 2, 4])
    assert soundness(*welded(mesh)).volume_mm3 == pytest.approx(24)


def test_a_solid_with_surfaces_is_no_mesh_even_when_it_carries_triangles():
    solid = cq.Solid.makeSphere(5)
    mesh_of(solid, 0.1, 0.3)
    assert not is_mesh(solid)


def test_one_mesh_among_solids_makes_a_mesh(box):
    assert is_mesh(cq.Compound.makeCompound([cq.Solid.makeBox(1, 1, 1), solid_of_mesh(*box)]))


@pytest.mark.parametrize(("part", "valid"), [(slice(None), True), (slice(1, None), False)])
def test_mesh_bodies_are_measured(tmp_path, box, part, valid):
    corners, triangles = box
    solid_of_mesh(corners, triangles[part]).moved(cq.Location((10, 0, 0))).exportBrep(str(tmp_path / "part_0.brep"))
    (found,) = measure.run({"parts": 1}, tmp_path)["parts"]
    assert found["size_mm"] == pytest.approx([2, 3, 4])
    assert found["valid"] is valid
    if valid:
        assert found["volume_mm3"] == pytest.approx(24)


def test_a_mesh_body_inside_out_is_not_valid(tmp_path, box):
    corners, triangles = box
    solid_of_mesh(corners, triangles[:, ::-1]).exportBrep(str(tmp_path / "part_0.brep"))
    assert measure.run({"parts": 1}, tmp_path)["parts"][0]["valid"] is False
