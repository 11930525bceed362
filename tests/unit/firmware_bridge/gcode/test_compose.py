"""Start + body + end, and the bridge's own look at what comes back."""

import hashlib
import io

import msgspec
import pytest

from firmware_bridge.errors import ProfileError, ProgramRefused
from firmware_bridge.gcode import blocks, check, compose, generic_profile, read_lines, verify
from firmware_bridge.machine import Limits, Material, Programs, Volume
from tests.unit.firmware_bridge.gcode.composing import changed, composed, refused

BODY = "; sliced\nM73 P0\nG1 Z.3 F6000\nG01 X100.0 Y100 E5.5 ; out\n\nG1 X110 E.5\nM106 S128\n"
START = (
    "G21\nG90\nM83\nM140 S60\nM104 S210\nG28\nG29\nM420 S1 Z10\nM900 K0.05\nM109 S210\nG92 E0\nG1 Z2 F600\n"
    "G1 X5 Y5 F3000\nG1 X60 E9 F1000\n"
)
END = "M83\nG91\nG1 Z5 E-2 F1200\nG90\nG28 X\nM104 S0\nM140 S0\nM84\n"
MIDDLE = "G1 Z0.3 F6000\nG1 X100 Y100 E5.5\nG1 X110 E0.5\nM106 S128\n"


@pytest.fixture
def program(owned, tmp_path):
    return composed(tmp_path / "program.gcode", BODY, owned, "PLA")


def test_blocks_are_the_owners_programs_with_the_materials_temperatures(owned):
    assert blocks(owned, "PLA") == (START.encode(), END.encode())
    petg = START.replace("S60", "S80").replace("S210", "S235.5")
    assert blocks(owned.published(), "petg")[0] == petg.encode()


def test_where_the_owner_has_no_end_the_heaters_are_turned_off(owned):
    assert blocks(changed(owned, start="G28"), "PLA") == (b"G28\n", b"M104 S0\nM140 S0\nM107\n")


def test_a_composed_program_is_canonical_and_named_by_its_hash(owned, program):
    data = program.read_bytes()
    assert data.decode() == START + MIDDLE + END
    report = verify(program, owned, "PLA")
    assert report.sha256 == hashlib.sha256(data).hexdigest()
    assert (report.lines, report.size_bytes) == (data.count(b"\n"), len(data))
    assert report.high_mm == (110, 100, 5.3)
    assert report.extruded_mm == 15


def test_three_ways_through_the_gate_say_the_same(owned, program):
    out = io.BytesIO()
    composed = compose(io.StringIO(BODY), owned.published(), "PLA", io.BytesIO())
    assert verify(program, owned, "PLA") == check(read_lines(program), owned, out) == composed
    assert out.getvalue() == program.read_bytes()


def test_the_owner_may_home_x_at_the_end_but_not_probe(owned):
    ok = changed(owned, start=owned.programs.start, end="G28 X Y\nM104 S0")
    assert blocks(ok, "PLA")[1] == b"G28 X Y\nM104 S0\n"
    for line, reason in {"G28": "needs X or Y", "G28 Z": "does not take Z", "G29": "own start program"}.items():
        (refusal,) = refused(blocks, changed(owned, start="G28", end=f"M107\n{line}"), "PLA")
        assert refusal.line == 2
        assert refusal.reason.startswith("in the machine's own end program: ")
        assert reason in refusal.reason


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("G28\nM104 S300", "over the limit of 260"),
        ("G28\nM500", "EEPROM"),
        ("M83\nG1 E5 F100", "homed"),
        ("G28\nG90 ; a comment and a blank line\n\nG1 X300 F600", "X would reach 300"),
        ("G28\nM104 S{hotend}", "cannot be read"),
        ("G28\nM302 P1", "cold extrusion"),
        ("G28\nM220 S500", "over the limit of 100"),
        ("G28\nG29 P11", "over the limit of 10"),
        ("G28\nG90\nG1 Z5 F600\nG29\nG91\nG1 Z21", "Z moves by a step from a place that is not known"),
        ("G28\nG91\nG1 F600\nG27\nG1 Z1", "Z moves by a step from a place that is not known"),
    ],
)
def test_the_owners_programs_are_held_to_the_limits_too(start, reason, owned):
    (refusal,) = refused(blocks, changed(owned, start=start), "PLA")
    assert refusal.line == start.count("\n") + 1
    assert refusal.reason.startswith("in the machine's own start program: ")
    assert reason in refusal.reason


def test_a_material_hotter_than_the_machine_is_refused(owned):
    hot = msgspec.structs.replace(owned, materials=(Material(name="PEEK", hotend_c=400),))
    assert "over the limit of 260" in refused(blocks, hot, "PEEK")[0].reason


def test_a_material_the_machine_lacks(owned):
    with pytest.raises(ProfileError, match="no material 'ASA'; it has: PLA, PETG"):
        blocks(owned, "ASA")


@pytest.mark.parametrize("line", ["G28", "G28 X", "G29", "M420 S1", "G27"])
def test_a_job_never_homes_or_probes(line, owned):
    (refusal,) = refused(compose, ["G1 X50 F600", line], owned, "PLA", io.BytesIO())
    assert (refusal.line, refusal.text) == (2, line)
    assert "own start program" in refusal.reason


def test_the_end_is_judged_where_the_body_left_the_machine(owned):
    (refusal,) = refused(compose, ["G1 Z248 F600"], owned, "PLA", io.BytesIO())
    assert refusal.text == "G1 Z5 E-2 F1200"
    assert refusal.reason == "in the machine's own end program: Z would reach 253 mm, the machine has 0 to 250 mm"


def test_without_a_start_program_the_job_homes_itself(owned, tmp_path):
    bare = changed(owned)
    path = tmp_path / "p.gcode"
    with path.open("wb") as out:
        compose(["G28", "G90", "G1 X5 F600"], bare, "PLA", out)
    assert path.read_text() == "G28\nG90\nG1 X5 F600\nM104 S0\nM140 S0\nM107\n"
    assert verify(path, bare, "PLA").lines == 6
    assert "homed" in refused(compose, ["G90", "G1 X5 F600"], bare, "PLA", io.BytesIO())[0].reason


def test_nothing_is_written_after_a_refusal(owned):
    out = io.BytesIO()
    refused(compose, ["M500", *["G1 X5 F600"] * 10_000], owned, "PLA", out)
    assert b"G1 X5 F600" not in out.getvalue()
    assert not out.getvalue().endswith(END.encode())


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("", "", ""),
        ("M104 S210", "M104 S260", "does not begin with the start program of Ender for PLA: plan again"),
        ("G28\n", "", "does not begin with the start program"),
        ("G21\n", "G21\nG28\n", "does not begin with the start program"),
        ("G21\n", ";\nG21\n", "does not begin with the start program"),
        ("M140 S0\n", "", "does not end with the end program of Ender for PLA: plan again"),
        ("M84\n", "M84", "does not end with the end program"),
        ("M84\n", "M84\nG4 S1\n", "does not end with the end program"),
        ("M84\n", "M84\n\n", "does not end with the end program"),
        ("M83\nG91", "M83\rG91", "does not end with the end program"),
        ("M106 S128\n", "M106 S128 \n", "not in canonical form (this gate writes 'M106 S128')"),
        ("M106 S128\n", "M106 S128\n\n", "not in canonical form (this gate writes 'M83')"),
        ("M106 S128\n", "M106 S128\r\n", "not in canonical form"),
        ("M106 S128\n", "M106 S128", "not in canonical form (this gate writes 'M83')"),
        ("M106 S128\n", "m106 S128\n", "not in canonical form"),
        ("M106 S128\n", "M106 S128\n;x\n", "not in canonical form"),
        ("X110 E0.5", "X110 E.5", "not in canonical form (this gate writes 'G1 X110 E0.5')"),
        ("X110 E0.5", "E0.5 X110", "not in canonical form"),
        ("X110 E0.5", "X110.0 E0.5", "not in canonical form"),
        ("X110 E0.5", "X310 E0.5", "X would reach 310 mm"),
        ("X110 E0.5", "X110 E0.5 M500", "second command"),
        ("X110 E0.5", "X110 E0.\u0665", "outside a comment"),
        ("M106 S128\n", "M500\n", "EEPROM"),
        ("M106 S128\n", "M117 hi\n", "not in canonical form"),
        ("M106 S128\n", "M106 S128\nG28\n", "own start program"),
    ],
)
def test_a_changed_program_is_refused_by_name(old, new, reason, owned, program):
    text = program.read_bytes().decode()
    assert old in text
    program.write_bytes(text.replace(old, new, 1).encode())
    if not old:
        assert verify(program, owned, "PLA").lines == 26
        return
    assert reason in refused(verify, program, owned, "PLA")[0].reason


def test_no_byte_may_change_unnoticed(owned, program):
    """Every byte changed in turn: refused, or another valid program, which then has another hash."""
    data = program.read_bytes()
    before = verify(program, owned, "PLA")
    passed = 0
    for at in range(len(data)):
        program.write_bytes(data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :])
        try:
            after = verify(program, owned, "PLA")
        except ProgramRefused:
            continue
        passed += 1
        assert after.sha256 != before.sha256
        assert after.sha256 == hashlib.sha256(program.read_bytes()).hexdigest()
        assert len(START) <= at < len(START + MIDDLE)
    assert 0 < passed < len(MIDDLE)


@pytest.mark.parametrize("cut", [0, 1, 50, len(START), len(START) + 5, -1])
def test_a_program_cut_short_is_refused(cut, owned, program):
    program.write_bytes(program.read_bytes()[:cut])
    assert "plan again" in refused(verify, program, owned, "PLA")[0].reason


def test_without_a_last_line_end_it_is_refused_where_the_owner_has_no_end_block_either(owned, tmp_path):
    path = tmp_path / "p.gcode"
    path.write_text("G28\nG90\nG1 X10 F600")
    (refusal,) = refused(verify, path, changed(owned, start="G28", end="; nothing"), "PLA")
    assert (refusal.line, refusal.text) == (3, "G1 X10 F600")
    assert "not in canonical form (this gate writes a line end after it)" in refusal.reason


def test_start_and_end_may_not_share_bytes(owned, tmp_path):
    same = changed(owned, start="G28\nM107", end="M107")
    path = tmp_path / "p.gcode"
    path.write_text("G28\nM107\n")
    assert "does not end" in refused(verify, path, same, "PLA")[0].reason


@pytest.mark.parametrize(
    "other",
    [
        {"limits": Limits(hotend_max_c=200)},
        {"limits": Limits(extrude_max_mm=5)},
        {"limits": Limits(feed_max_mm_min=5000)},
        {"limits": Limits(time_max_s=2)},
        {"volume": Volume(x_mm=105)},
        {"programs": Programs(start="G28\nG90\nM83", end="M84")},
        {"materials": (Material(name="PLA", hotend_c=205, bed_c=60),)},
    ],
)
def test_a_program_for_another_profile_is_refused(other, owned, program):
    assert refused(verify, program, msgspec.structs.replace(owned, **other), "PLA")


def test_a_program_for_another_material_is_refused(owned, program):
    assert "for PETG: plan again" in refused(verify, program, owned, "PETG")[0].reason


def test_check_takes_the_block_of_any_material_and_no_other(owned):
    petg = io.BytesIO()
    compose(BODY.splitlines(), owned, "PETG", petg)
    lines = petg.getvalue().decode().splitlines()
    assert check(lines, owned).hotend_max_c == 235.5
    assert check([f"{line}\n" for line in lines], owned).lines == len(lines)
    lines[3] = "M140 S81"
    assert [r.line for r in refused(check, lines, owned)][:2] == [6, 7]


def test_check_counts_lines_in_the_file(owned, program):
    lines = list(read_lines(program))
    at = lines.index("M106 S128")
    lines[at] = "M500"
    assert [r.line for r in refused(check, lines, owned)] == [at + 1]
    # In the last lines of a file that does not end with the owner's program
    lines[at] = "M106 S128"
    lines[-2:] = ["M500", "M84", "M502"]
    assert [r.line for r in refused(check, lines, owned) if "EEPROM" in r.reason] == [len(lines) - 2, len(lines)]


def test_only_two_firmwares_are_known():
    with pytest.raises(ProfileError, match="marlin and grbl"):
        generic_profile("klipper")


def test_a_line_of_a_megabyte_is_refused_before_it_is_read(owned, tmp_path):
    path = tmp_path / "p.gcode"
    path.write_bytes(b"G1 X1\n;" + b"x" * 3_000_000)
    (refusal,) = refused(check, read_lines(path), owned)
    assert refusal.line == 2
    assert "longer than 65536" in refusal.reason


def test_read_lines_of_any_size(tmp_path):
    path = tmp_path / "p.gcode"
    text = "".join(f"G1 X{n} ; {'é' * (n % 50)}\r\n" for n in range(60_000))
    path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"M84 \xff")
    assert list(read_lines(path)) == [*text.split("\n")[:-1], "M84 \ufffd"]
