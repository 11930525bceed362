"""`firmware-bridge check` as a person types it."""

import hashlib
import io
import json

import pytest
from click.testing import CliRunner

from firmware_bridge.cli import main
from firmware_bridge.gcode import compose
from firmware_bridge.machine import MachineProfile

GOOD = "G28\nG90\nM83\nM104 S210\nG1 X10 Y10 Z.3 F600 ; go\nG1 X20 E1\n"


@pytest.fixture
def run(tmp_path):
    def call(program, *options, machine=None):
        path = tmp_path / "job.gcode"
        path.write_bytes(program if isinstance(program, bytes) else program.encode())
        if machine is not None:
            (tmp_path / "machine.toml").write_text(machine)
            options = (*options, "--machine", str(tmp_path / "machine.toml"))
        return CliRunner().invoke(main, ["check", str(path), *options])

    return call


def test_a_good_program_is_described(run):
    result = run(GOOD)
    assert result.exit_code == 0
    assert (
        result.stderr
        == "no --machine given: checked for a generic Marlin printer (220 × 220 × 250 mm, hot end 260 °C, bed 110 °C)\n"
    )
    assert "lines     6 (" in result.stdout
    assert "reach     10 × 10 × 0.3 to 20 × 10 × 0.3 mm" in result.stdout
    assert "hot end   up to 210 °C" in result.stdout


def test_as_json(run):
    result = run(GOOD, "--json", machine='name = "Mini"')
    assert result.exit_code == 0
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    canonical = GOOD.replace("Z.3", "Z0.3").replace(" ; go", "")
    assert (answer["ok"], answer["machine"]) == (True, "Mini")
    assert answer["report"]["sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert answer["report"]["high_mm"] == [20, 10, 0.3]


def test_a_router_is_told_of_by_its_own_numbers(run):
    result = run("G90\nG0 Z5\nG0 X10 Y10\nM3 S9000\nG1 Z-2 F300\n", "--firmware", "grbl")
    assert result.exit_code == 0
    assert result.stderr == (
        "no --machine given: checked for a generic Grbl router (300 × 180 × 45 mm, spindle 12000 rpm)\n"
    )
    assert "reach     10 × 10 × -2 to 10 × 10 × 5 mm" in result.stdout
    assert "spindle   up to 9000 rpm" in result.stdout
    assert "bed" not in result.stdout
    assert "heating" not in result.stdout


def test_a_router_of_ones_own(run):
    result = run("G90\nG0 Z5\nG0 X10 Y10\n", machine='name = "CNC"\nprocess = "milling"\nvolume = {y_mm = 9}')
    assert result.exit_code == 1
    assert result.stdout == "line 3: 'G0 X10 Y10': Y would reach 10 mm, the machine has 0 to 9 mm\n"


def test_every_refused_line_is_printed(run):
    result = run(GOOD + "M500\nG1 X900\n")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "line 7: 'M500': M500: it changes what the firmware keeps in its EEPROM",
        "line 8: 'G1 X900': X would reach 900 mm, the machine has 0 to 220 mm",
    ]
    assert result.stderr.splitlines()[-1] == "refused: 2 lines"


def test_refusals_as_json(run):
    result = run("M112\n", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "ok": False,
        "refusals": [{"line": 1, "text": "M112", "reason": "M112: it is for the bridge and the person at the machine"}],
    }


def test_bytes_that_are_no_text_are_refused_not_fatal(run):
    result = run(b"G28\nG90\nG1 X\xff\xfe F600\n\x00")
    assert result.exit_code == 1
    assert "line 3: 'G1 X\ufffd\ufffd F600': character U+FFFD outside a comment" in result.stdout
    assert "line 4: '\\x00': control character 0x00" in result.stdout


def test_the_machines_own_limits_count(run):
    assert "has 0 to 15 mm" in run(GOOD, machine='name = "Mini"\nvolume = {x_mm = 15}').stdout


def test_a_wrong_profile_is_one_line(run):
    result = run(GOOD, machine='name = "Mini"\nvolume = {x_mm = -1}')
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Error: the machine profile is wrong: Expected `float` > 0.0 - at `$.volume.x_mm`"
    ]


def test_no_such_file_is_a_usage_error():
    assert CliRunner().invoke(main, ["check", "/nowhere.gcode"]).exit_code == 2


OWNED = """
name = "Mini"
[[materials]]
name = "PLA"
hotend_c = 210
[[materials]]
name = "PETG"
hotend_c = 235
[programs]
start = "M104 S{hotend_c}\\nG28\\nM109 S{hotend_c}"
end = "M104 S0\\nM84"
"""
SLICED = "; by a slicer\nG90\nM83\nG1 X10 Y10 Z.3 F600\nG1 X20 E1\n"


@pytest.mark.parametrize(
    ("text", "options", "material"),
    [(SLICED, ("--material", "petg"), "PETG"), (f"{SLICED}; filament_type = PLA\n", (), "PLA")],
)
def test_a_slicers_file_is_wrapped_in_the_machines_own_programs(run, text, options, material):
    plain = run(text, machine=OWNED)
    assert plain.exit_code == 1
    assert "Mini has a start program" in plain.stderr
    assert "--wrap puts it and the end program" in plain.stderr
    answer = json.loads(run(text, "--wrap", "--json", *options, machine=OWNED).stdout)
    out = io.BytesIO()
    compose(SLICED.splitlines(), MachineProfile.parse(OWNED), material, out)
    assert answer["report"]["sha256"] == hashlib.sha256(out.getvalue()).hexdigest()


def test_what_a_slicer_puts_around_the_part_is_refused_between_them(run):
    result = run("G28\n" + SLICED, "--wrap", "--material", "PLA", machine=OWNED)
    assert result.exit_code == 1
    assert result.stdout.startswith("line 1: 'G28': ")
    assert "leave the slicer's own start and end G-code empty" in result.stderr


@pytest.mark.parametrize(
    ("options", "machine", "words", "code"),
    [
        (("--wrap",), None, "say which --machine", 2),
        (("--material", "PLA"), OWNED, "--material is for --wrap", 2),
        (("--wrap",), OWNED, "the file does not say its material, and Mini has: PLA, PETG", 1),
        (("--wrap", "--material", "ABS"), OWNED, "Mini has no material 'ABS'", 1),
    ],
)
def test_what_is_missing_for_it_is_said(run, options, machine, words, code):
    result = run(SLICED, *options, machine=machine)
    assert result.exit_code == code
    assert words in result.stderr
