"""Each recipe is made once, and what a script claims is not believed. The forge here is one that writes no geometry."""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fabrication.artefacts import ArtefactStore
from fabrication.errors import (
    JobKilled,
    KernelCrashed,
    ScriptFailed,
    Superseded,
    TookTooLong,
    UploadRefused,
    ValueRefused,
)
from fabrication.geometry import service
from fabrication.geometry.client import JobResult
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.provenance import Provenance
from fabrication.geometry.service import Geometry, Part
from fabrication.recipes import Source


def named(*names):
    return [{"name": name, "colour": None} for name in names]


SOURCE = Source("width = 10.0  # [5:20] mm\n")


@pytest.fixture(scope="module")
def glb():
    from fabrication.geometry.jobs.glb import write_glb
    from fabrication.geometry.jobs.meshes import Mesh

    return write_glb({"a": Mesh(np.eye(3), np.eye(3), np.array([[0, 1, 2]], dtype=np.uint32))})


class PaperForge:
    """Answers every kind of job with what it was told to answer, and remembers what it was asked."""

    def __init__(self, glb):
        self.asked = []
        self.answers = {
            "build": ({"parts": named("base", "lid")}, {"part_0.brep": b"0", "part_1.brep": b"1", "preview.glb": glb}),
            "measure": ({"parts": [{"size_mm": [1.0, 2.0, 3.0], "volume_mm3": 6.0, "valid": True}] * 2}, {}),
            "export": ({}, {"export.stl": b"solid"}),
            "picture": ({}, {"picture.png": b"png"}),
        }
        self.release = threading.Event()
        self.release.set()

    def run(self, kind, request, inputs, *, limits=None, background=False, on_progress=None):
        self.asked.append((kind, request, dict(inputs), limits))
        assert self.release.wait(10)
        answer = self.answers[kind]
        if isinstance(answer, Exception):
            raise answer
        return JobResult(*answer, log="", seconds=0.0)

    def kinds(self):
        return [kind for kind, *_ in self.asked]


@pytest.fixture
def forge(glb):
    return PaperForge(glb)


@pytest.fixture
def geometry(forge, tmp_path):
    return Geometry(forge, ArtefactStore(tmp_path))


def test_a_build_names_measures_and_keeps_its_parts(geometry, forge):
    build = geometry.build(SOURCE, {"width": "12"})
    assert build.values == {"width": 12.0}
    assert [(part.name, part.size_mm, part.volume_mm3, part.valid) for part in build.parts] == [
        ("base", (1.0, 2.0, 3.0), 6.0, True),
        ("lid", (1.0, 2.0, 3.0), 6.0, True),
    ]
    (_, request, inputs, _), inspected = forge.asked
    assert (request, inputs) == ({"values": {"width": 12.0}}, {"design.py": SOURCE.script.encode()})
    assert inspected[2] == {"part_0.brep": b"0", "part_1.brep": b"1"}


def test_the_same_recipe_is_never_made_twice(geometry, forge, glb):
    assert geometry.preview(SOURCE, {}) == glb
    build = geometry.build(SOURCE, {"width": 10})
    assert geometry.build(SOURCE, {"width": "10.0"}) == build
    for _ in range(2):
        assert geometry.export(build, "stl") == b"solid"
        assert geometry.picture(build) == b"png"
    assert forge.kinds() == ["build", "measure", "export", "picture"]
    geometry.build(SOURCE, {"width": 11})
    assert forge.kinds().count("build") == 2
    assert forge.kinds().count("measure") == 1, "the same shapes were measured before"


def test_a_build_and_the_reading_of_a_model_may_be_given_less_time_in_each_step(geometry, forge, glb):
    forge.answers["read_upload"] = (
        {"parts": named("cat"), "notes": [], "unit": "mm"},
        {"part_0.brep": b"0", "preview.glb": glb},
    )
    limits = Limits(wall_s=0.5)
    geometry.build(SOURCE, {}, limits=limits)
    geometry.read_upload("cat.stl", b"solid", limits=limits)
    assert [(kind, limits) for kind, _, _, limits in forge.asked] == [
        ("build", limits), ("measure", limits), ("read_upload", limits),
    ]  # fmt: skip


def test_a_preview_is_given_less_time(geometry, forge):
    geometry.preview(SOURCE, {})
    geometry.build(SOURCE, {"width": 11})
    limits = [limits for kind, _, _, limits in forge.asked if kind == "build"]
    assert limits[0].wall_s < 20
    assert limits[1] is None


def test_askers_at_once_share_one_making(geometry, forge):
    forge.release.clear()
    with ThreadPoolExecutor(8) as pool:
        builds = [pool.submit(geometry.build, SOURCE, {}) for _ in range(8)]
        forge.release.set()
        assert len({build.result(timeout=20).key for build in builds}) == 1
    assert sorted(forge.kinds()) == ["build", "measure"]


def test_a_preview_waits_no_longer_for_a_build_of_others_than_for_its_own(geometry, forge, monkeypatch):
    monkeypatch.setattr(service, "PREVIEW_LIMITS", Limits(wall_s=0.1))
    forge.release.clear()
    with ThreadPoolExecutor(1) as pool:
        build = pool.submit(geometry.build, SOURCE, {})
        try:
            while not forge.asked:
                assert not build.done()
            with pytest.raises(TookTooLong, match=r"somebody else's build of the same is not done after 0\.1 s"):
                geometry.preview(SOURCE, {})
        finally:
            forge.release.set()
        assert build.result(timeout=20).parts
    assert forge.kinds() == ["build", "measure"]


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def open_below(folder):
    """Descriptors of this process that lie there: who waits for a lock has its file open."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.append(descriptor.readlink())
    return [path for path in found if path.parent == folder]


class ReplacedForge(PaperForge):
    """Its first build is given up for something newer, as soon as it is let go."""

    def run(self, kind, request, inputs, **how):
        first = not self.asked
        answer = super().run(kind, request, inputs, **how)
        if first:
            raise Superseded("something newer was asked for instead")
        return answer


def test_who_waits_for_a_build_that_its_asker_gives_up_has_it_made_themselves(glb, tmp_path):
    forge, store = ReplacedForge(glb), ArtefactStore(tmp_path)
    forge.release.clear()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(Geometry(forge, store).build, SOURCE, {})
        until(lambda: forge.asked)
        second = pool.submit(Geometry(forge, store).build, SOURCE, {})
        until(lambda: len(open_below(tmp_path / "making")) == 2)
        forge.release.set()
        with pytest.raises(Superseded):
            first.result(timeout=20)
        assert second.result(timeout=20).parts
    assert forge.kinds() == ["build", "build", "measure"]


def test_a_failure_is_told_and_not_kept(geometry, forge):
    answer = forge.answers["build"]
    forge.answers["build"] = JobKilled("stopped after 10 s")
    with pytest.raises(JobKilled):
        geometry.build(SOURCE, {})
    forge.answers["build"] = answer
    assert geometry.build(SOURCE, {}).parts


def test_refused_values_never_reach_the_forge(geometry, forge):
    with pytest.raises(ValueRefused, match="width must be between 5 and 20 mm"):
        geometry.build(SOURCE, {"width": 21})
    assert forge.asked == []


@pytest.mark.parametrize(
    "claim",
    [
        {},
        {"parts": []},
        {"parts": "base"},
        {"parts": ["a", "b"]},
        {"parts": named("a", "b", "c")},
        {"parts": named(1, 2)},
        {"parts": named(*"x" * 33)},
        {"parts": [{"name": "a", "colour": "red"}, {"name": "b", "colour": None}]},
        {"parts": [{"name": "a", "colour": "#aabbcc\n"}, {"name": "b", "colour": None}]},
    ],
)
def test_a_forged_claim_is_refused(geometry, forge, claim):
    forge.answers["build"] = (claim, forge.answers["build"][1])
    with pytest.raises(ScriptFailed, match="no usable result"):
        geometry.build(SOURCE, {})


def test_forged_names_are_made_harmless(geometry, forge):
    forge.answers["build"] = ({"parts": named("../../etc", "<b>")}, forge.answers["build"][1])
    assert [part.name for part in geometry.build(SOURCE, {}).parts] == ["etc", "b"]
    forge.answers["build"] = ({"parts": named("/a", "a/")}, forge.answers["build"][1])
    with pytest.raises(ScriptFailed, match="same name"):
        geometry.build(SOURCE, {"width": 11})


def test_a_forged_preview_is_refused(geometry, forge, glb):
    forge.answers["build"][1]["preview.glb"] = glb.replace(b'"meshes"', b'"images"')
    with pytest.raises(ScriptFailed, match="preview was refused"):
        geometry.preview(SOURCE, {})


@pytest.mark.parametrize("claim", [{}, {"parts": []}, {"parts": [{"size_mm": [1, 2], "volume_mm3": 1, "valid": True}]}])
def test_useless_measures_are_no_build_and_are_not_kept(geometry, forge, claim):
    good = forge.answers["measure"]
    forge.answers["measure"] = (claim, {})
    with pytest.raises(KernelCrashed):
        geometry.build(SOURCE, {})
    forge.answers["measure"] = good
    assert isinstance(geometry.build(SOURCE, {}).parts[0], Part)


def test_an_export_of_one_part_gives_the_forge_that_part_alone(geometry, forge):
    build = geometry.build(SOURCE, {})
    geometry.export(build, "stl", "lid")
    kind, request, inputs, _ = forge.asked[-1]
    assert (kind, request, inputs) == (
        "export",
        {"format": "stl", "names": ["lid"], "colours": [None], "options": {}, "values": {"width": 10.0}},
        {"part_0.brep": b"1"},
    )
    with pytest.raises(ValueRefused, match="there is no part 'roof'; the parts are base, lid"):
        geometry.export(build, "stl", "roof")
    with pytest.raises(ValueRefused, match="there is no format 'exe'"):
        geometry.export(build, "exe")


def test_an_export_that_writes_nothing_is_no_file(geometry, forge):
    build = geometry.build(SOURCE, {})
    forge.answers["export"] = ({}, {})
    with pytest.raises(KernelCrashed):
        geometry.export(build, "stl")


def test_what_was_built_is_found_without_asking_the_forge(geometry, forge):
    assert geometry.find(SOURCE, {"width": 12}) is None
    geometry.preview(SOURCE, {"width": 12})
    assert geometry.find(SOURCE, {"width": 12}) is None, "a preview alone is not measured"
    build = geometry.build(SOURCE, {"width": 12})
    asked = len(forge.asked)
    assert geometry.find(SOURCE, {"width": "12.0"}) == build
    assert len(forge.asked) == asked


def test_a_fine_preview_runs_no_script_again(geometry, forge, glb):
    forge.answers["export"] = ({}, {"export.glb": glb + b"fine"})
    geometry.preview(SOURCE, {})
    assert geometry.fine(SOURCE, {}) == geometry.fine(SOURCE, {}) == glb + b"fine"
    assert forge.kinds() == ["build", "export"]


def test_a_drawing_is_told_what_to_write_on_it(geometry, forge):
    forge.answers["export"] = ({}, {"export.svg": b"<svg/>"})
    build = geometry.build(SOURCE, {})
    geometry.export(build, "svg", provenance=Provenance(title="Knob", source_sha256="ab", licence="CC0-1.0"))
    assert forge.asked[-1][1]["options"] == {"title": "Knob", "source": "ab", "licence": "CC0-1.0"}


def test_files_beside_a_script_lie_beside_it_in_the_forge(geometry, forge):
    geometry.preview(Source(SOURCE.script, {"lib/teeth.py": b"N = 1"}), {"width": 12})
    assert forge.asked[0][2] == {"design.py": SOURCE.script.encode(), "lib/teeth.py": b"N = 1"}


STAND = {"down": [0, 0, -1], "size_mm": [1, 2, 3], "overhang_mm2": 0, "contact_mm2": 2}
INSPECTED = {
    "volume_mm3": 6.0, "surface_mm2": 22.0, "low_mm": [0, 0, 0], "high_mm": [1, 2, 3], "centre_of_mass_mm": None,
    "triangles_only": False, "faults": [], "bodies": 1, "triangles": 12, "watertight": True, "open_edges": 0,
    "turned_edges": 0, "crowded_edges": 0, "thickness": None, "overhang_deg": 45.0, "as_modelled": STAND,
    "best": STAND, "smallest_hole_mm": None, "shortest_edge_mm": 1.0,
}  # fmt: skip


def test_parts_are_inspected_once_and_their_problems_pictured(geometry, forge):
    forge.answers["inspect"] = ({"parts": [INSPECTED] * 2}, {"problems.png": b"png"})
    build = geometry.build(SOURCE, {})
    assert [part.size_mm for part in geometry.inspect(build)] == [(1, 2, 3)] * 2
    assert geometry.problems(build) == b"png"
    assert forge.kinds().count("inspect") == 1


@pytest.mark.parametrize(
    "answer",
    [({"parts": [INSPECTED]}, {"problems.png": b"png"}), ({"parts": [INSPECTED] * 2}, {}),
     ({"parts": [INSPECTED, {**INSPECTED, "volume_mm3": 1e99}]}, {"problems.png": b"png"})],
)  # fmt: skip
def test_an_inspection_that_is_none_is_not_kept(geometry, forge, answer):
    build = geometry.build(SOURCE, {})
    forge.answers["inspect"] = answer
    with pytest.raises(KernelCrashed):
        geometry.inspect(build)
    forge.answers["inspect"] = ({"parts": [INSPECTED] * 2}, {"problems.png": b"png"})
    assert len(geometry.inspect(build)) == 2


def test_an_upload_is_read_once_under_the_name_its_ending_gives(geometry, forge, glb):
    files = {"part_0.brep": b"0", "preview.glb": glb}
    forge.answers["read_upload"] = ({"parts": named("cat"), "notes": ["2 edges are open"], "unit": "mm"}, files)
    for _ in range(2):
        found = geometry.read_upload("Cat.STL", b"solid")
        assert (found.parts, found.notes) == (("cat",), ("2 edges are open",))
    assert [(kind, inputs) for kind, _, inputs, _ in forge.asked] == [("read_upload", {"upload.stl": b"solid"})]
    assert forge.asked[0][1]["values"] == {"file": "Cat.STL"}, "which a crash names"


def test_a_refused_upload_leaves_nothing_in_the_store(geometry, forge, tmp_path):
    forge.answers["read_upload"] = UploadRefused("cat.stl: it holds no triangle")
    with pytest.raises(UploadRefused):
        geometry.read_upload("cat.stl", b"solid")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_origin_is_written_into_a_3mf_once(geometry, forge, monkeypatch):
    stamped = []

    def stamp(data, provenance):
        stamped.append(provenance.title)
        return data + provenance.title.encode()

    monkeypatch.setattr(service, "stamp_3mf", stamp)
    forge.answers["export"] = ({}, {"export.3mf": b"PK"})
    build = geometry.build(SOURCE, {})
    for title in ("Knob", "Knob", "Handle"):
        assert geometry.export(build, "3mf", provenance=Provenance(title=title)) == b"PK" + title.encode()
    assert geometry.export(build, "3mf") == b"PK"
    assert stamped == ["Knob", "Handle"]


def test_every_job_on_a_build_is_told_its_values_for_a_crash_to_name(geometry, forge):
    build = geometry.build(SOURCE, {"width": 12})
    forge.answers["export"] = ({}, {"export.glb": b"glTF"})
    geometry.fine(SOURCE, {"width": 12})
    geometry.picture(build)
    forge.answers["inspect"] = KernelCrashed("it crashed")
    with pytest.raises(KernelCrashed):
        geometry.inspect(build)
    assert forge.kinds() == ["build", "measure", "export", "picture", "inspect"]
    assert all(request["values"] == {"width": 12.0} for _, request, *_ in forge.asked)


def test_values_that_make_the_same_shape_share_what_is_made_of_it(geometry, forge):
    for width in (12, 13):
        geometry.picture(geometry.build(SOURCE, {"width": width}))
    assert forge.kinds() == ["build", "measure", "picture", "build"]
