"""Settings + start + body + end for a router, and the bridge's own look at what comes back."""

import hashlib
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.gcode import blocks, check, compose, read_lines, verify
from firmware_bridge.machine import MachineProfile, Milling
from tests.unit.firmware_bridge.gcode.composing import changed, composed, refused

SETTINGS = "G21\nG17\nG54\nG49\nG94\n"
SAFE_END = "G90\nG0 Z3\nM5\nM9\nM30\n"
BODY = "(pocket)\nG90\nG0 Z5\nM3 S10000\nX20 Y20\nG1 Z-2 F300\nX60\nG0 Z5\nM30\n%\n"
MIDDLE = "G90\nG0 Z5\nM3 S10000\nG0 X20 Y20\nG1 Z-2 F300\nG1 X60\nG0 Z5\n"
MACHINE = 'name = "Router"\nprocess = "milling"\nmaterials = [{name = "MDF"}, {name = "POM"}]\n'


@pytest.fixture(scope="module")
def mill():
    return MachineProfile.parse(MACHINE)


@pytest.fixture
def program(mill, tmp_path):
    return composed(tmp_path / "program.nc", BODY, mill, "MDF")


def test_without_programs_of_its_own_a_router_has_settings_and_a_safe_end(mill):
    assert blocks(mill, "MDF") == (SETTINGS.encode(), SAFE_END.encode())
    high = msgspec.structs.replace(mill, milling=Milling(safe_z_mm=12.5))
    assert blocks(high, "MDF")[1] == SAFE_END.replace("Z3", "Z12.5").encode()


@given(st.floats(-20, 20) | st.sampled_from([3.000004, 3.0000049]))
def test_the_safe_end_of_any_height_passes(mill, safe_z_mm):
    body = ["G90", "G0 Z20", "G0 X5 Y5", "M3 S1000", "G1 Z-20 F300", "M5"]
    high = msgspec.structs.replace(mill, milling=Milling(safe_z_mm=safe_z_mm))
    compose(body, high, "MDF", io.BytesIO())
    lift = blocks(high, "MDF")[1].splitlines()[1]
    assert float(lift.removeprefix(b"G0 Z")) > safe_z_mm - 1e-7


def test_the_owners_programs_stand_after_the_settings_and_instead_of_the_safe_end(mill):
    own = changed(mill, start="G90 G0 Z20\nM0 ; clamp it\n", end="G90 G0 Z20\nX0 Y180\nM5 M9\nM2")
    start, end = blocks(own, "MDF")
    assert start.decode() == SETTINGS + "G90\nG0 Z20\nM0\n"
    assert end.decode() == "G90\nG0 Z20\nG0 X0 Y180\nM5\nM9\nM2\n"
    out = io.BytesIO()
    compose(BODY.splitlines(), own, "MDF", out)
    assert out.getvalue() == start + MIDDLE.encode() + end


def test_a_composed_program_ends_once_and_is_the_same_three_ways(mill, program):
    assert program.read_text() == SETTINGS + MIDDLE + SAFE_END
    report = verify(program, mill, "POM")
    out = io.BytesIO()
    assert check(read_lines(program), mill, out) == report
    assert out.getvalue() == program.read_bytes()
    assert check(read_lines(program), msgspec.structs.replace(mill, materials=())) == report


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("G21\n", "", "does not begin with the start program of Router for MDF: plan again"),
        ("G54\n", "G55\n", "does not begin with the start program"),
        ("M5\nM9\n", "M9\n", "does not end with the end program of Router for MDF: plan again"),
        ("M30\n", "M30\nG0 X5\n", "does not end with the end program"),
        ("G1 X60\n", "X60\n", "not in canonical form (this gate writes 'G1 X60')"),
        ("G1 X60\n", "G1 X60.0\n", "not in canonical form"),
        ("G1 X60\n", "G1 X60\n(x)\n", "not in canonical form"),
        ("G1 X60\n", "G1 X60 M8\n", "not in canonical form (this gate writes 'M8')"),
        ("G1 X60\n", "G1 X60\nM30\n", "nothing may follow its M2 or M30"),
        ("G1 X60\n", "G1 X360\n", "X would reach 360 mm"),
        ("G1 X60\n", "M5\nG1 X60\n", "with the spindle off"),
        ("G1 X60\n", "$X\n", "$ command"),
    ],
)
def test_a_changed_program_is_refused_by_name(old, new, reason, mill, program):
    text = program.read_text()
    assert old in text
    program.write_text(text.replace(old, new, 1))
    assert reason in refused(verify, program, mill, "MDF")[0].reason


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("G90\n$H", "$ command"),
        ("G28 G91 Z0", "place stored"),
        ("\nM30", "it would end the program before the job began"),
        ("\nG90 G0 X5 Z2", "goes across at Z 2 mm"),
        ("M3 S24000\nM30", "over the limit of 12000"),
    ],
)
def test_the_owners_programs_are_held_to_the_rules_too(start, reason, mill):
    found = refused(blocks, changed(mill, start=start), "MDF")
    assert found[0].reason.startswith("in the machine's own start program: ")
    assert reason in found[0].reason


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("M9", "the program ends with the spindle on: its end program must say M5"),
        ("M5\nG4 P1\nM30", ""),
        ("M5\nG90 G0 Z2\nM30", "in the machine's own end program: a rapid (G0) plunges to Z 2 mm"),
        ("G1 X60 Z-1 F100\nM5", "G90 or G91"),
        ("G90 G1 X60 Z-1 F100\nM5", "ends with the tool at Z -1 mm, below the safe height of 3 mm"),
        ("X0\nM5", "which motion is meant"),
        ("G90 G1 X900\nM5", "X would reach 900 mm"),
    ],
)
def test_the_owners_end_leaves_the_machine_safe(end, reason, mill):
    own = changed(mill, end=end)
    if not reason:
        compose(BODY.splitlines(), own, "MDF", io.BytesIO())
        return
    assert reason in refused(compose, BODY.splitlines(), own, "MDF", io.BytesIO())[0].reason


def test_refusals_count_lines_in_the_body(mill):
    assert [each.line for each in refused(compose, [*BODY.splitlines(), "G0 X5"], mill, "MDF", io.BytesIO())] == [11]
    assert [each.line for each in refused(check, ["G90", "G0 X5", "G0 Z1"], mill)] == [3]


def test_no_lift_is_added_to_the_owners_end_for_it_must_stay_as_it_is(mill):
    own = changed(mill, end="M5\nG90 G0 X0 Y0\nM30")
    (refusal,) = refused(compose, ["G90"], own, "MDF", io.BytesIO())
    assert "the tool's height is not known here: first lift it, by G0 Z3 or higher" in refusal.reason
    out = io.BytesIO()
    compose(["G90", "G0 X5 Y5"], own, "MDF", out)
    assert out.getvalue().endswith(b"\nG90\nG0 Z3\nG0 X5 Y5\nM5\nG90\nG0 X0 Y0\nM30\n")


def test_a_lift_that_was_added_is_part_of_the_one_program(mill, tmp_path):
    path = composed(tmp_path / "p.nc", "G90\nG0 X5 Y5\nM30", mill, "MDF")
    assert b"G90\nG0 Z3\nG0 X5 Y5\n" in path.read_bytes()
    assert verify(path, mill, "MDF").sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
