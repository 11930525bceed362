"""Files for other programs, read back by other readers than the ones that wrote them."""

import io
import re
import subprocess
import zipfile
from xml.etree import ElementTree

import cadquery as cq
import numpy as np
import pytest
import trimesh

from fabrication.errors import ValueRefused
from fabrication.geometry.jobs import export
from fabrication.geometry.jobs.bodies import solid_of_mesh

NAMES = ["plate", "pin 2"]
COLOURS = ["#e05712", None]
CORE = "{http://schemas.microsoft.com/3dmanufacturing/core/2015/02}"


@pytest.fixture(scope="module", params=["stl", "step", "3mf", "glb"])
def twice(request, built):
    """The format, and its bytes from two exports."""
    files = []
    for _ in range(2):
        assert export.run({"format": request.param, "names": NAMES, "colours": COLOURS}, built) == {}
        files.append((built / f"export.{request.param}").read_bytes())
    return request.param, files


def meshes_of_3mf(data):
    """Name → mesh, by the standard's text alone."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model"}
        model = ElementTree.fromstring(archive.read("3D/3dmodel.model"))
    assert model.get("unit") == "millimeter"
    built = [item.get("objectid") for item in model.iter(f"{CORE}item")]
    objects = list(model.iter(f"{CORE}object"))
    assert built == [each.get("id") for each in objects]
    return {
        each.get("name"): trimesh.Trimesh(
            [[float(v.get(axis)) for axis in "xyz"] for v in each.iter(f"{CORE}vertex")],
            [[int(t.get(corner)) for corner in ("v1", "v2", "v3")] for t in each.iter(f"{CORE}triangle")],
            process=False,
        )
        for each in objects
    }


def test_the_same_parts_give_the_same_bytes(twice):
    fmt, (first, second) = twice
    if fmt != "step":  # the kernel numbers products for as long as its process lives, and a job's ends with the job
        assert first == second


def test_every_format_holds_the_same_volume(twice, shapes, tmp_path):
    fmt, (data, _) = twice
    wanted = sum(shape.Volume() for shape in shapes)
    file = tmp_path / f"x.{fmt}"
    file.write_bytes(data)
    if fmt == "step":
        found = cq.importers.importStep(str(file))
        assert sum(solid.Volume() for solid in found.solids().vals()) == pytest.approx(wanted, rel=1e-6)
    elif fmt == "3mf":
        meshes = meshes_of_3mf(data)
        assert list(meshes) == NAMES
        assert all(mesh.is_watertight for mesh in meshes.values())
        assert sum(mesh.volume for mesh in meshes.values()) == pytest.approx(wanted, rel=0.003)
    elif fmt == "stl":
        mesh = trimesh.load(file)
        assert mesh.is_watertight
        assert mesh.volume == pytest.approx(wanted, rel=0.003)
        assert mesh.bounds == pytest.approx(np.array([[-15, -5, 0], [45, 5, 10]]), abs=0.03)
    else:
        scene = trimesh.load(file)
        assert set(scene.geometry) == set(NAMES)
        assert scene.to_mesh().volume == pytest.approx(wanted * 1e-9, rel=0.003)


def test_step_has_names_colours_and_millimetres(built):
    export.run({"format": "step", "names": NAMES, "colours": COLOURS}, built)
    text = (built / "export.step").read_text()
    assert "1970-01-01T00:00:00" in text
    assert "SI_UNIT(.MILLI.,.METRE.)" in text
    read = cq.Assembly.importStep(str(built / "export.step")).objects
    assert read["plate"].color.toTuple() == pytest.approx((0xE0 / 255, 0x57 / 255, 0x12 / 255, 1))
    assert read["pin 2"].color is None


def test_a_3mf_object_has_the_colour_of_its_part(built):
    export.run({"format": "3mf", "names": NAMES, "colours": COLOURS}, built)
    with zipfile.ZipFile(built / "export.3mf") as archive:
        model = ElementTree.fromstring(archive.read("3D/3dmodel.model"))
    (materials,) = model.iter(f"{CORE}basematerials")
    assert [base.get("displaycolor") for base in materials] == ["#E05712"]
    plate, pin = model.iter(f"{CORE}object")
    assert (plate.get("pid"), plate.get("pindex")) == (materials.get("id"), "0")
    assert pin.get("pid") is None
    assert materials.get("id") not in {plate.get("id"), pin.get("id")}
    assert [item.get("partnumber") for item in model.iter(f"{CORE}item")] == NAMES


def test_a_3mf_holds_no_noise_of_the_kernel_s(built):
    export.run({"format": "3mf", "names": NAMES, "colours": COLOURS}, built)
    with zipfile.ZipFile(built / "export.3mf") as archive:
        corners = re.findall(r'[xyz]="([^"]*)"', archive.read("3D/3dmodel.model").decode())
    assert "0" in corners
    assert [text for text in corners if "e" in text or text == "-0"] == []


def test_a_slicer_reads_the_3mf(built, shapes):
    """PrusaSlicer knows the standard better than we do."""
    export.run({"format": "3mf", "names": NAMES, "colours": COLOURS}, built)
    told = subprocess.run(
        ["prusa-slicer", "--info", "export.3mf"], cwd=built, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert told.count("manifold = yes") == 2
    volumes = sorted(float(each) for each in re.findall(r"^volume = (.*)$", told, re.MULTILINE))
    assert volumes == pytest.approx(sorted(shape.Volume() for shape in shapes), rel=0.003)


@pytest.fixture(scope="module")
def mesh_body(tmp_path_factory):
    """A folder whose part is a cube of 12 triangles and no surface, 10 mm."""
    folder = tmp_path_factory.mktemp("mesh")
    cube = trimesh.creation.box((10, 10, 10))
    solid_of_mesh(cube.vertices, cube.faces).exportBrep(str(folder / "part_0.brep"))
    return folder


@pytest.mark.parametrize("fmt", ["stl", "3mf", "glb"])
def test_a_mesh_body_keeps_its_triangles(mesh_body, fmt):
    export.run({"format": fmt, "names": ["cube"], "colours": [None]}, mesh_body)
    file = mesh_body / f"export.{fmt}"
    mesh = meshes_of_3mf(file.read_bytes())["cube"] if fmt == "3mf" else trimesh.load(file, force="mesh")
    mesh.merge_vertices(merge_norm=True)
    assert len(mesh.faces) == 12
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(1000 if fmt != "glb" else 1e-6)


@pytest.mark.parametrize("fmt", ["step", "dxf", "svg"])
def test_a_mesh_body_has_no_exact_faces_to_write(mesh_body, fmt):
    with pytest.raises(ValueRefused, match="cube is a mesh of triangles"):
        export.run({"format": fmt, "names": ["cube"], "colours": [None]}, mesh_body)


def test_one_part_alone(built):
    export.run({"format": "stl", "names": ["plate"], "colours": [None]}, built)
    assert trimesh.load(built / "export.stl").bounds[1] == pytest.approx([15, 5, 5])
