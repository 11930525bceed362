"""Files for other programs, read back by other readers than the ones that wrote them."""

import io
import zipfile
from xml.etree import ElementTree

import cadquery as cq
import numpy as np
import pytest
import trimesh

from fabrication.geometry.jobs import export

NAMES = ["plate", "pin 2"]
CORE = "{http://schemas.microsoft.com/3dmanufacturing/core/2015/02}"


@pytest.fixture(scope="module", params=["stl", "step", "3mf", "glb"])
def twice(request, built):
    """The format, and its bytes from two exports."""
    files = []
    for _ in range(2):
        assert export.run({"format": request.param, "names": NAMES}, built) == {}
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


def test_step_names_its_products(built):
    export.run({"format": "step", "names": NAMES}, built)
    text = (built / "export.step").read_text()
    assert all(f"PRODUCT('{name}'" in text for name in NAMES)
    assert "1970-01-01T00:00:00" in text


def test_one_part_alone(built):
    export.run({"format": "stl", "names": ["plate"]}, built)
    assert trimesh.load(built / "export.stl").bounds[1] == pytest.approx([15, 5, 5])
