"""Hostile model files through a real forge: one sentence each, and nothing left behind."""

import io
import os
import struct
import time
import zipfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fabrication.errors import JobKilled, KernelCrashed, ScriptFailed, UploadRefused
from fabrication.geometry.confinement.limits import Limits

KINDS = """
import dataclasses
KINDS |= {name: dataclasses.replace(OURS[name], preload=()) for name in ('read_upload', 'measure', 'build')}
"""
ORDINARY_UID = 60_991
AS = ["root dropping", "ordinary user"] if os.geteuid() == 0 else ["ordinary user"]
SEARCHED_S = 5.0

RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
    'Target="/m.model" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)
CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
TETRAHEDRON = (
    '<mesh><vertices><vertex x="0" y="0" z="0"/><vertex x="9" y="0" z="0"/><vertex x="0" y="9" z="0"/>'
    '<vertex x="0" y="0" z="9"/></vertices><triangles><triangle v1="0" v2="2" v3="1"/><triangle v1="0" v2="1" v3="3"/>'
    '<triangle v1="0" v2="3" v3="2"/><triangle v1="1" v2="2" v3="3"/></triangles></mesh>'
)


def threemf(resources: str, items: str = '<item objectid="1"/>', before: str = "", **more: bytes) -> bytes:
    model = f'{before}<model xmlns="{CORE}"><resources>{resources}</resources><build>{items}</build></model>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in {"_rels/.rels": RELS, "m.model": model, **more}.items():
            file.writestr(name, data)
    return stream.getvalue()


def stl(count: int, triangles: list[tuple[float, ...]], header: bytes = b"") -> bytes:
    records = (struct.pack("<12fH", 0, 0, 0, *triangle, 0) for triangle in triangles)
    return header.ljust(80) + struct.pack("<I", count) + b"".join(records)


ONE = [(0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0, 0.0)]
NAN = float("nan")
GOOD_3MF = threemf(f'<object id="1" name="corner">{TETRAHEDRON}</object>')
TREE = "".join(
    f'<object id="{n}"><components><component objectid="{n - 1}"/><component objectid="{n - 1}"/></components></object>'
    for n in range(2, 32)
)
LAUGHS = "<!DOCTYPE m [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
) + "]>"  # fmt: skip
EXTERNAL = "<!DOCTYPE m [<!ENTITY k SYSTEM 'file:///etc/passwd'>]>"

ATTACKS: dict[str, tuple[str, bytes, str]] = {
    "a count of 2^32 - 1": (".stl", stl(2**32 - 1, ONE), "4,294,967,295 triangles, but it has room for 1"),
    "a count of 0": (".stl", stl(0, ONE), "0 triangles, but 50 bytes follow"),
    "no number": (".stl", stl(1, [(NAN, *ONE[0][1:])]), "no finite number"),
    "another kind's name": (".stl", GOOD_3MF, "no STL"),
    "binary that begins as text": (".stl", stl(7, ONE, b"solid facet"), "says 7 triangles, but it has room for 1"),
    "an index out of range": (".obj", b"v 0 0 0\nf 1 2 3\n", "names corner 2"),
    "a line without end": (".obj", b"v 0 0 0\n" + b"f" + b" 1" * 9_000_000, "more than 65,536 bytes"),
    "a million laughs": (".3mf", threemf('<object id="1" name="&k;"/>', before=LAUGHS), "document type or entities"),
    "an entity that is a file": (".3mf", threemf('<object id="1" name="&k;"/>', before=EXTERNAL), "document type"),
    "2^30 instances": (
        ".3mf", threemf(f'<object id="1">{TETRAHEDRON}</object>{TREE}', '<item objectid="31"/>'), "16 deep|32 bodies",
    ),
    "a component of itself": (
        ".3mf", threemf('<object id="1"><components><component objectid="1"/></components></object>'), "of itself",
    ),
    "zeros that unpack to 300 MiB": (".3mf", threemf("", zeros=bytes(300 << 20)), "200 times its size"),
    "a name that leads out": (".3mf", threemf("", **{"../../outside": b"x"}), "leads out of it"),
    "a name from the root": (".3mf", threemf("", **{"/etc/cron.d/x": b"x"}), "leads out of it"),
    "a zip cut short": (".3mf", GOOD_3MF[:-30], "no zip"),
    "no STEP": (".step", b"\0" * 1000, "no STEP"),
    "a STEP cut short": (".step", b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\n#1=CARTESIAN_POINT('',(0.", "no STEP|no shape"),
    "a STEP of flaws": (".stp", b"ISO-10303-21;\nDATA;\n" + b"#1=FOO((((;\n" * 50_000, "no STEP|no shape"),
    "nothing": (".step", b"", "it is empty"),
}  # fmt: skip


@pytest.fixture(scope="module", params=AS)
def forge(request: pytest.FixtureRequest, running_forge) -> Iterator:
    uid = ORDINARY_UID if request.param == "ordinary user" and os.geteuid() == 0 else None
    with running_forge(uid=uid, kinds=KINDS) as one:
        yield one


@pytest.fixture(scope="module")
def forge_of_ours(running_forge):
    with running_forge(kinds=KINDS) as one:
        yield one


def read(forge, ending, data, limits=None):
    return forge.client.run("read_upload", {"name": f"theirs{ending}"}, {f"upload{ending}": data}, limits=limits)


def nothing_is_left(forge):
    deadline = time.monotonic() + SEARCHED_S
    while forge.leftovers() or forge.jobs_alive():
        assert time.monotonic() < deadline, (forge.leftovers(), forge.jobs_alive())
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_gets_one_sentence_and_leaves_nothing(forge, attack):
    ending, data, words = ATTACKS[attack]
    with pytest.raises(UploadRefused, match=words) as refusal:
        read(forge, ending, data)
    assert str(refusal.value).startswith(f"theirs{ending}: ")
    assert len(str(refusal.value)) < 400
    assert nothing_is_left(forge)
    assert forge.outside.read_text() == "secret"


def test_good_files_come_back_as_bodies(forge):
    result = read(forge, ".3mf", GOOD_3MF)
    assert result.claim == {"parts": [{"name": "corner", "colour": None}], "notes": [], "unit": "mm"}
    assert set(result.outputs) == {"part_0.brep", "preview.glb"}
    (part,) = forge.client.run("measure", {"parts": 1}, {"part_0.brep": result.outputs["part_0.brep"]}).claim["parts"]
    assert part["valid"] is True
    assert part["volume_mm3"] == pytest.approx(9**3 / 6)
    assert nothing_is_left(forge)


def test_what_takes_too_long_or_too_much_is_stopped(forge_of_ours):
    many = b"v 0 0 0\nv 1 0 0\nv 0 1 0\n" + b"f 1 2 3\n" * 499_000
    with pytest.raises(JobKilled, match="1 s"):
        read(forge_of_ours, ".obj", many, Limits(cpu_s=1))
    with pytest.raises(JobKilled, match="20 MiB of memory"):
        read(forge_of_ours, ".obj", many, Limits(memory=20 << 20))
    assert nothing_is_left(forge_of_ours)


@pytest.fixture(scope="module")
def step(tmp_path_factory) -> bytes:
    import cadquery as cq

    path = tmp_path_factory.mktemp("step") / "box.step"
    cq.exporters.export(cq.Workplane().box(1, 2, 3), str(path))
    return path.read_bytes()


def test_a_step_is_the_parent_of_a_script(forge, step):
    script = b'show_object(import_step("parent.step").faces(">Z").workplane().hole(0.5), name="drilled")'
    result = forge.client.run("build", {"values": {}}, {"design.py": script, "parent.step": step})
    (part,) = forge.client.run("measure", {"parts": 1}, {"part_0.brep": result.outputs["part_0.brep"]}).claim["parts"]
    assert part["volume_mm3"] == pytest.approx(6 - 3 * 3.14159 * 0.25**2, rel=1e-4)


def test_a_script_opens_no_model_outside_its_folder(forge):
    for name in (str(forge.sibling), "../sibling/design.py", "../../outside/secret.step"):
        with pytest.raises(ScriptFailed, match="by their name alone"):
            forge.client.run("build", {"values": {}}, {"design.py": f"import_step({name!r})".encode()})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_step_changed_at_random_is_read_refused_or_a_crash_of_its_own(forge_of_ours, step, data):
    changed = bytearray(step)
    start = step.index(b"DATA;")
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(start, len(changed) - 1))
        cut = data.draw(st.integers(0, 20))
        changed[place : place + cut] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"#1", b"$", b"*", b"1.E400", b"("])
        )
    one_outcome(forge_of_ours, ".step", bytes(changed))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_after_a_steps_first_line_are_refused(forge_of_ours, data):
    one_outcome(forge_of_ours, ".step", b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\n" + data)


def one_outcome(forge, ending, data):
    try:
        result = read(forge, ending, data)
    except (UploadRefused, KernelCrashed, JobKilled) as outcome:
        assert len(str(outcome)) < 1000
    else:
        assert result.claim["parts"]
        assert isinstance(result.log, str)
