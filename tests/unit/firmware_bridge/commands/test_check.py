"""`firmware-bridge check` as a person types it."""

import hashlib
import json
import os
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner

from firmware_bridge.cli import main

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


@pytest.mark.parametrize("options", [(), ("--firmware", "marlin")])
def test_what_comes_through_a_pipe_is_the_same(run, options):
    piped = CliRunner().invoke(main, ["check", "-", *options], input=GOOD)
    assert (piped.exit_code, piped.output) == (0, run(GOOD, *options).output)
    assert CliRunner().invoke(main, ["check", "-"], input="").stderr.endswith("refused\n")


def test_so_is_what_has_the_name_of_one(tmp_path):
    """Read twice, it would be an empty program the second time."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(GOOD + "M500\n"))
    writer.start()
    result = CliRunner().invoke(main, ["check", str(pipe)])
    writer.join()
    assert (result.exit_code, result.stdout.partition(":")[0]) == (1, "line 7")


@pytest.mark.parametrize("command", ["check", "stream"])
def test_a_closed_standard_input_is_no_pipe(command):
    line = [sys.executable, "-m", "firmware_bridge", command, "-"]
    closed = ["sh", "-c", 'exec "$@" <&-', "sh", *line]
    done = subprocess.run(closed, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("- is what comes through a pipe, and standard input is closed\n")


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
        "no --machine given: checked for a generic Grbl router (300 × 180 × 45 mm from X0 Y0 Z-25, spindle 12000 rpm)\n"
    )
    assert "reach     10 × 10 × -2 to 10 × 10 × 5 mm" in result.stdout
    assert "spindle   up to 9000 rpm" in result.stdout
    assert "bed" not in result.stdout
    assert "heating" not in result.stdout


def test_a_router_of_ones_own(run):
    result = run("G90\nG0 Z5\nG0 X10 Y10\n", machine='name = "CNC"\nprocess = "milling"\nvolume = {y_mm = 9}')
    assert result.exit_code == 1
    assert result.stdout == (
        "line 3: 'G0 X10 Y10': Y would reach 10 mm, the machine has 0 to 9 mm, counted from your zero: how far that lies"
        " from the axis' low end is zero_y_mm under [milling] in the machine's profile\n"
    )


def test_every_refused_line_is_printed(run):
    result = run(GOOD + "M500\nG1 X900\n")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "line 7: 'M500': M500: it changes what the firmware keeps in its EEPROM: take it out, and do it at the printer",
        "line 8: 'G1 X900': X would reach 900 mm, the machine has 0 to 220 mm",
    ]
    assert result.stderr.splitlines()[-1] == (
        "refused: 2 lines for 2 reasons; begin with the first, for others may follow from it"
    )


def test_a_fault_on_every_line_is_one_line(run):
    result = run("G90\nG0 Z5\nM3 S900\nG0 X9 Y9\nG1 Z-1 F99\n" + "G2 X19 R5\nG3 X9 R5\n" * 120, "--firmware", "grbl")
    assert result.stdout == (
        "line 6 and 239 more: 'G2 X19 R5': arcs are taken by their centre (I and J), not by their radius (R): choose that"
        " in the post\n"
    )
    assert result.stderr.splitlines()[-1] == "refused: 240 lines"


def test_what_is_of_no_line_is_said_as_it_is(run):
    end = 'name = "CNC"\nprocess = "milling"\nprograms = {end = "M5"}\nmaterials = [{name = "MDF"}]'
    result = run("G90\nG0 Z5\nM3 S900\nG0 X9 Y9\nG1 Z-1 F99\n", "--material", "mdf", machine=end)
    assert result.stdout == "the program ends with the tool at Z -1 mm, below the safe height of 3 mm\n"
    assert result.stderr.splitlines()[0] == "refused"


def test_without_a_machine_it_is_checked_for_the_kind_that_it_fits(run):
    router = (
        "no --machine given: checked for a generic Grbl router (300 × 180 × 45 mm from X0 Y0 Z-25, spindle 12000 rpm)\n"
    )
    cut = "G21 G90\nG0 Z5\nM3 S900\nG0 X9 Y9\nG1 Z-1 F99\n"
    assert run(cut).stderr == router
    wrong = run(cut + "G1 X19\nG20\n")
    assert wrong.stderr.startswith(router)
    assert "line 7: 'G20': G20: it uses units other than mm" in wrong.stdout
    assert "Marlin printer" in run(GOOD + "M500\n").stderr
    assert "Marlin printer" in run(cut, "--firmware", "marlin").stderr


OWN = """name = "Mini"
materials = [{name = "PLA", hotend_c = 210}, {name = "PETG", hotend_c = 240}]
programs = {start = "G28\\nM109 S{hotend_c}", end = "M104 S0"}
"""


def test_what_a_slicer_writes_is_checked_within_the_machines_own_programs(run):
    body = "G90\nM83\nG1 X10 Y10 Z.3 F600\nG1 X20 E1\n"
    alone = run(body, machine=OWN)
    assert alone.exit_code == 1
    assert alone.stderr.splitlines()[-1] == (
        "Mini has programs of its own, to stand around what a slicer or CAM program writes: check that with --material PLA"
        " or PETG"
    )
    whole = run("G28\nM109 S210\n" + body + "M500\n", machine=OWN)
    assert whole.stdout.startswith("line 7: 'M500'")
    assert "programs of its own" not in whole.stderr  # they do stand around it
    within = run(body, "--material", "PETG", machine=OWN)
    assert within.exit_code == 0, within.output
    assert "hot end   up to 240 °C" in within.stdout
    assert run(body + "G28\n", "--material", "PLA", machine=OWN).stdout.startswith("line 5: 'G28': G28: homing")
    assert "Mini has no material 'ABS'; it has: PLA, PETG" in run(body, "--material", "ABS", machine=OWN).stderr
    assert "--material needs a --machine" in run(body, "--material", "PLA").stderr


def test_refusals_as_json(run):
    result = run("M112\n", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "ok": False,
        "refusals": [
            {
                "line": 1,
                "text": "M112",
                "reason": "M112: it is for the bridge and the person at the machine",
                "count": 1,
            }
        ],
    }


def test_bytes_that_are_no_text_are_refused_not_fatal(run):
    result = run(b"G28\nG90\nG1 X\xff\xfe F600\n\x00")
    assert result.exit_code == 1
    assert "line 3: 'G1 X\ufffd\ufffd F600': character U+FFFD outside a comment" in result.stdout
    assert "line 4: '\\x00': control character 0x00" in result.stdout


def test_the_machines_own_limits_count(run):
    assert "has 0 to 15 mm" in run(GOOD, machine='name = "Mini"\nvolume = {x_mm = 15}').stdout


def test_a_wrong_profile_is_one_line(run, tmp_path):
    result = run(GOOD, machine='name = "Mini"\nvolume = {x_mm = -1}')
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"Error: {tmp_path / 'machine.toml'}: the machine profile is wrong: "
        "[volume] x_mm is -1: give a number above 0, up to 1000000"
    ]


@pytest.mark.parametrize("options", [(), ("--firmware", "grbl"), ("--material", "PLA")])
@pytest.mark.parametrize("program", ["", "; knob\n\n(nothing)\n"])
def test_where_there_is_nothing_in_it_that_is_said(run, program, options):
    machine = 'name = "M"\nmaterials = [{name = "PLA", hotend_c = 205}]' if "--material" in options else None
    result = run(program, *options, machine=machine)
    assert (result.exit_code, result.stdout) == (1, "there is no command in it: nothing would be made\n")


@pytest.mark.parametrize("options", [(), ("--material", "PLA")])
def test_what_is_no_gcode_is_one_line_and_nothing_of_the_machine(run, options):
    homes_x = 'programs = {start = "G28 X\\nM109 S{hotend_c}", end = "G1 Y200 F3000"}'
    machine = 'name = "M"\nmaterials = [{name = "PLA", hotend_c = 205}]\n' + homes_x
    picture = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\n\x02\n"
    said = "it is a picture (PNG), no G-code: give the G-code that your slicer or CAM program writes\n"
    result = run(picture, *options, machine=machine)
    assert (result.exit_code, result.stdout, result.stderr) == (1, said, "refused\n")
    assert run(picture).output == said + "refused\n"


def test_of_a_refused_body_nothing_is_said_against_the_machines_end(run):
    """It may only be wrong because of what was refused: here that nothing is homed."""
    machine = (
        'name = "M"\nmaterials = [{name = "PLA", hotend_c = 205}]\nprograms = {start = "M109 S{hotend_c}", end = "%s"}'
    )
    result = run("M500\n", "--material", "PLA", machine=machine % "G1 Y200 F3000")
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == ["line 1"]
    alone = run("M82\n", "--material", "PLA", machine=machine % "G1 Y200 F3000")
    assert "in the machine's own end program: moves before the machine was homed" in alone.stdout


def test_no_such_file_is_a_usage_error():
    assert CliRunner().invoke(main, ["check", "/nowhere.gcode"]).exit_code == 2
