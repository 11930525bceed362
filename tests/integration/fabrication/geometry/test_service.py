"""From a script to files, through the real forge: what comes out is what the author meant, or says why not."""

import io
import math
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cadquery as cq
import pytest
import trimesh
from PIL import Image

from fabrication.artefacts import ArtefactStore
from fabrication.errors import JobKilled, KernelCrashed, ScriptFailed
from fabrication.geometry.provenance import Provenance
from fabrication.geometry.service import Geometry
from fabrication.recipes import Source

DESIGNS = Path(__file__).parents[4] / "designs"
PLATE = """import cadquery as cq
width = 20.0  # [5:50] mm
hole = 4.0    # [1:10] mm
if hole > width / 2:
    raise ValueError("the hole must fit: at most half the width")
show_object(cq.Workplane().box(width, 10, 5).faces(">Z").workplane().hole(hole), name="plate")
"""


def plate_volume(width, hole):
    return width * 10 * 5 - math.pi * hole**2 / 4 * 5


@pytest.mark.parametrize(("width", "hole"), [(20.0, 4.0), (35.5, 2.0)])
def test_every_file_has_the_volume_of_the_solid(geometry, tmp_path, width, hole):
    build = geometry.build(Source(PLATE), {"width": width, "hole": hole})
    (part,) = build.parts
    wanted = plate_volume(width, hole)
    assert part.valid
    assert part.volume_mm3 == pytest.approx(wanted)
    assert part.size_mm == pytest.approx((width, 10, 5))

    files = {}
    for fmt in ("stl", "step", "3mf", "glb"):
        files[fmt] = tmp_path / f"plate.{fmt}"
        files[fmt].write_bytes(geometry.export(build, fmt))
    assert trimesh.load(files["stl"]).volume == pytest.approx(wanted, rel=0.002)
    assert cq.importers.importStep(str(files["step"])).val().Volume() == pytest.approx(wanted)
    assert trimesh.load(files["glb"]).to_mesh().volume == pytest.approx(wanted * 1e-9, rel=0.002)
    with zipfile.ZipFile(files["3mf"]) as archive:
        assert archive.testzip() is None
        assert b'unit="millimeter"' in archive.read("3D/3dmodel.model")


def test_files_are_the_same_wherever_they_are_made(forge, geometry, tmp_path):
    """Two stores that know nothing of each other; STEP too, whose product numbers begin anew in each child."""
    other = Geometry(forge, ArtefactStore(tmp_path / "other"))
    builds = [each.build(Source(PLATE), {}) for each in (geometry, other)]
    assert builds[0] == builds[1]
    for fmt in ("stl", "step", "3mf", "glb"):
        assert geometry.export(builds[0], fmt) == other.export(builds[1], fmt)


@pytest.mark.parametrize("slug", ["knob", "pipe-clamp", "raspberry-pi-case"])
def test_shipped_designs_build_under_confinement(geometry, slug):
    source = Source((DESIGNS / slug / "design.py").read_text())
    build = geometry.build(source, {})
    assert all(part.valid for part in build.parts)
    mesh = trimesh.load(io.BytesIO(geometry.export(build, "stl")), file_type="stl")
    assert mesh.volume == pytest.approx(sum(part.volume_mm3 for part in build.parts), rel=0.005)
    preview = trimesh.load(io.BytesIO(geometry.preview(source, {})), file_type="glb")
    assert set(preview.geometry) == {part.name for part in build.parts}


def test_a_picture_comes_out_of_the_walls(geometry):
    image = Image.open(io.BytesIO(geometry.picture(geometry.build(Source(PLATE), {}))))
    assert (image.format, image.size) == ("PNG", (640, 480))


def test_a_3mf_says_where_it_comes_from(geometry):
    build = geometry.build(Source(PLATE), {})
    stamped = geometry.export(build, "3mf", provenance=Provenance(title="Plate", licence="CC0-1.0"))
    with zipfile.ZipFile(io.BytesIO(stamped)) as archive:
        assert b'<metadata name="LicenseTerms" preserve="1">CC0-1.0</metadata>' in archive.read("3D/3dmodel.model")


BAD = {
    "raises": ("x = 1\nraise ValueError('too thin for me')", ScriptFailed, "line 2: too thin for me"),
    "opens a file": (
        "x = 1\nopen('/etc/passwd')",
        ScriptFailed,
        "line 2: PermissionError: .*reads the files beside it",
    ),
    "imports what it may not": ("import socket\nsocket.socket()", ScriptFailed, "line 1: .*socket"),
    "loops": ("while True: pass", JobKilled, "stopped"),
    "eats memory": ("x = bytearray(8 * 2**30)", JobKilled, "memory"),
    "ends itself": ("import os\nos._exit(0)", ScriptFailed, "ended early"),
    "crashes": ("import sys\nsys.modules['ctypes'].string_at(0)", KernelCrashed, "crashed"),
    "shows nothing": ("x = 1", ScriptFailed, "shows nothing"),
    "breaks its own rule": (PLATE.replace("20.0", "6.0"), ScriptFailed, "line 5: the hole must fit"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_script_that_fails_says_so_and_the_next_build_works(geometry, what):
    script, error, words = BAD[what]
    with pytest.raises(error, match=words):
        geometry.preview(Source(script), {})
    assert geometry.build(Source(PLATE), {"width": 21}).parts[0].valid


def test_a_script_that_replaces_the_writer_is_found_out(geometry):
    script = (
        "import sys\njob = sys.modules['fabrication.geometry.jobs.build']\n"
        "job.write_glb = lambda *_: b'<script>'\n"
        "import cadquery as cq\nshow_object(cq.Workplane().box(1, 1, 1))"
    )
    with pytest.raises(ScriptFailed, match="preview was refused"):
        geometry.preview(Source(script), {})


def test_a_script_that_forges_its_body_gets_that_body_measured(geometry):
    """Whatever it claims, measures come from another child that reads the shape alone."""
    script = (
        "import cadquery as cq\n"
        "cq.Shape.isValid = lambda self: True\ncq.Solid.Volume = lambda self, tol=None: 1e9\n"
        "show_object(cq.Workplane().box(2, 3, 4), name='small')"
    )
    (part,) = geometry.build(Source(script), {}).parts
    assert part.volume_mm3 == pytest.approx(24)


def test_a_build_may_take_longer_than_any_other_job(geometry):
    """21 s, of which little is computing; the limit of other kinds is 20 s."""
    told = []
    script = "import time\ntime.sleep(21)\nimport cadquery as cq\nshow_object(cq.Workplane().box(1, 2, 3), name='late')"
    (part,) = geometry.build(Source(script), {}, on_progress=told.append).parts
    assert part.volume_mm3 == pytest.approx(6)
    assert max(progress.seconds for progress in told if progress.state == "running") > 19


FORGERY = """import sys
import cadquery as cq
def forged(*_, **__):
    raise RuntimeError("the script's own code")
for kind in ("export", "inspect", "picture", "measure"):
    sys.modules[f"fabrication.geometry.jobs.{kind}"].run = forged
for format in sys.modules["fabrication.geometry.jobs.export"].MESH_WRITERS:
    sys.modules["fabrication.geometry.jobs.export"].MESH_WRITERS[format] = forged
sys.modules["fabrication.geometry.jobs.bodies"].read_part = forged
cq.exporters.export = cq.exporters.exportShape = forged
for name in ("exportStl", "exportStep", "importBrep", "isValid", "Volume", "Area", "tessellate"):
    setattr(cq.Shape, name, forged)
"""
PLAIN = """import cadquery as cq
plate = cq.Workplane().box(20, 30, 4).faces(">Z").workplane().hole(3)
"""
SHOW = "show_object(plate, name='plate')\n"


@pytest.mark.parametrize("what", ["stl", "step", "3mf", "glb", "svg", "dxf", "inspect", "problems", "picture"])
def test_a_script_that_replaces_exporters_and_inspection_forges_nothing(forge, geometry, tmp_path, what):
    """Each is of another child, that never heard of the script: as if its author had been honest."""
    honest = Geometry(forge, ArtefactStore(tmp_path / "honest"))

    def made(by, source):
        build = by.build(source, {})
        if what in {"inspect", "problems", "picture"}:
            return getattr(by, what)(build)
        return by.export(build, what)

    assert made(geometry, Source(PLAIN + FORGERY + SHOW)) == made(honest, Source(PLAIN + SHOW))


def test_many_people_at_once(geometry):
    widths = [20.0 + number / 4 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        builds = list(pool.map(lambda width: geometry.build(Source(PLATE), {"width": width}), widths * 2))
    for width, build in zip(widths * 2, builds, strict=True):
        assert build.parts[0].volume_mm3 == pytest.approx(plate_volume(width, 4.0))
