"""Every format of one design of two coloured parts, made behind the walls and read by programs of other people."""

import io
import math
import subprocess
import zipfile
from xml.etree import ElementTree

import cadquery as cq
import ezdxf
import numpy as np
import pytest
import trimesh
from PIL import Image

from fabrication.artefacts import ArtefactStore
from fabrication.errors import ValueRefused
from fabrication.geometry.provenance import Provenance
from fabrication.geometry.service import FORMATS, Geometry
from fabrication.recipes import Source

SCRIPT = """import cadquery as cq
plate = cq.Workplane().box(60, 40, 4, centered=(True, True, False)).edges("|Z").fillet(5)
plate = plate.faces(">Z").workplane().rarray(40, 20, 2, 2).hole(4.5)
show_object(plate, name="plate", options={"color": "#2060c0"})
show_object(cq.Workplane().center(50, 0).circle(6).extrude(10), name="pin 2", options={"color": "#c03010"})
"""
PLATE = (60 * 40 - (4 - math.pi) * 25) * 4 - 4 * math.pi * 2.25**2 * 4
PIN = math.pi * 36 * 10
SAID = Provenance(
    title="Plate & pin", designers=("Ada",), licence="CERN-OHL-S-2.0", created="2026-03-04", source_sha256="ab" * 32
)
CORE = "{http://schemas.microsoft.com/3dmanufacturing/core/2015/02}"


@pytest.fixture(scope="module")
def geometry(forge, tmp_path_factory):
    return Geometry(forge, ArtefactStore(tmp_path_factory.mktemp("artefacts")))


@pytest.fixture(scope="module")
def build(geometry):
    return geometry.build(Source(SCRIPT), {})


@pytest.fixture(scope="module")
def files(geometry, build):
    return {fmt: geometry.export(build, fmt, provenance=SAID) for fmt in FORMATS}


def test_two_children_write_the_same_bytes(forge, files, build, tmp_path):
    """Another store, so every file is made anew: nothing depends on addresses, order, time or chance."""
    other = Geometry(forge, ArtefactStore(tmp_path))
    again = other.build(Source(SCRIPT), {})
    assert [part.brep for part in again.parts] == [part.brep for part in build.parts]
    assert {fmt: other.export(again, fmt, provenance=SAID) for fmt in FORMATS} == files
    assert other.preview(Source(SCRIPT), {}) == Geometry(forge, ArtefactStore(tmp_path / "b")).preview(
        Source(SCRIPT), {}
    )


def test_stl(files):
    mesh = trimesh.load(io.BytesIO(files["stl"]), file_type="stl")
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(PLATE + PIN, rel=0.002)


def test_glb(files):
    scene = trimesh.load(io.BytesIO(files["glb"]), file_type="glb")
    colours = {name: mesh.visual.material.baseColorFactor for name, mesh in scene.geometry.items()}
    assert set(colours) == {"plate", "pin 2"}
    red, _, blue, _ = colours["plate"]
    assert blue > 4 * red
    assert scene.bounds * 1000 == pytest.approx(np.array([[-30, 0, -20], [56, 10, 20]]), abs=0.05)


def test_step(files, tmp_path):
    (tmp_path / "x.step").write_bytes(files["step"])
    read = cq.Assembly.importStep(str(tmp_path / "x.step")).objects
    assert read["plate"].color.toTuple()[:3] == pytest.approx((0x20 / 255, 0x60 / 255, 0xC0 / 255))
    assert sum(s.Volume() for s in cq.importers.importStep(str(tmp_path / "x.step")).solids().vals()) == pytest.approx(
        PLATE + PIN
    )


def test_3mf(files, tmp_path):
    (tmp_path / "x.3mf").write_bytes(files["3mf"])
    told = subprocess.run(
        ["prusa-slicer", "--info", "x.3mf"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.count("manifold = yes") == 2
    with zipfile.ZipFile(tmp_path / "x.3mf") as archive:
        model = ElementTree.fromstring(archive.read("3D/3dmodel.model"))
    said = {each.get("name"): each.text for each in model.iter(f"{CORE}metadata")}
    assert (said["Title"], said["LicenseTerms"], said["CreationDate"]) == (
        "Plate & pin",
        "CERN-OHL-S-2.0",
        "2026-03-04",
    )
    assert [base.get("displaycolor") for base in model.iter(f"{CORE}base")] == ["#2060C0", "#C03010"]


def test_svg(files):
    words = [each.text for each in ElementTree.fromstring(files["svg"]).iter("{http://www.w3.org/2000/svg}text")]
    assert {"86", "40", "10", "4× ⌀4.5", "⌀12", "Plate & pin", "abababababab", "CERN-OHL-S-2.0"} <= set(words)


def test_dxf(files):
    drawing = ezdxf.read(io.StringIO(files["dxf"].decode()))
    assert drawing.units == ezdxf.units.MM
    kinds = {
        layer: len(drawing.modelspace().query(f'*[layer=="{layer}"]'))
        for layer in ("plate OUTLINE", "plate HOLES", "pin 2 OUTLINE")
    }
    assert kinds == {"plate OUTLINE": 1, "plate HOLES": 4, "pin 2 OUTLINE": 1}


def test_pictures(geometry, build):
    plain, cut = (Image.open(io.BytesIO(geometry.picture(build, ground))) for ground in ("plain", "transparent"))
    assert (plain.mode, cut.mode, plain.size, cut.size) == ("RGB", "RGBA", (640, 480), (640, 480))
    pixels = np.asarray(plain).astype(int)
    assert (pixels[..., 2] - pixels[..., 0] > 60).sum() > 3000, "the plate is blue"
    assert (pixels[..., 0] - pixels[..., 2] > 60).sum() > 1000, "the pin is red"
    assert np.asarray(cut)[0, 0, 3] == 0


def test_what_a_format_cannot_say_is_refused_in_words(geometry):
    ball = geometry.build(Source("import cadquery as cq\nshow_object(cq.Workplane().sphere(5), name='ball')"), {})
    with pytest.raises(ValueRefused, match="ball has no flat face"):
        geometry.export(ball, "dxf")
