"""The two commands against each other over a real pty, as a person types them."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest

from firmware_bridge.virtual.process import virtual_printer
from firmware_bridge.virtual.record import program_of

MOVES = [f"G1 X{i % 100 + 1} Y{i % 90 + 1} E0.01 F6000" for i in range(300)]
PROGRAM = ["G28", "G90", "M83", "M104 S200", "M109 S200", *MOVES, "M104 S0"]


def bridge(*arguments, home, **options):
    command = [sys.executable, "-m", "firmware_bridge", *arguments]
    environment = {**os.environ, "FIRMWARE_BRIDGE_HOME": str(home)}
    how = {"capture_output": True, "text": True, "timeout": 120, "env": environment, "check": False, **options}
    return subprocess.run(command, **how)  # noqa: PLW1510 (in `how`)


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "part.gcode"
    path.write_text("; sliced\n" + "\n".join(PROGRAM) + "\n")
    return path


def test_what_the_printer_executed_is_the_checked_program(tmp_path, program):
    link, record = tmp_path / "printer", tmp_path / "record.jsonl"
    with virtual_printer(link, "--speed", "0", "--record", str(record)):
        done = bridge("stream", str(program), "--port", str(link), "--json", home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert "no --machine given" in done.stderr
    sent = json.loads(done.stdout)
    assert sent["ok"]
    assert sent["lines"] == sent["lines_sent"] == len(PROGRAM)
    assert program_of(record) == (len(PROGRAM), sent["program_sha256"])


def test_a_printer_survives_its_host_and_serves_the_next_one(tmp_path, program):
    link, record = tmp_path / "printer", tmp_path / "record.jsonl"
    with virtual_printer(link, "--speed", "0", "--record", str(record)):
        for _ in range(2):
            done = bridge("stream", str(program), "--port", str(link), home=tmp_path / "home")
            assert done.returncode == 0, done.stderr
            assert done.stdout.splitlines()[-1].startswith(f"done: {len(PROGRAM)} lines in ")
    runs = [json.loads(line) for line in record.read_text().splitlines() if line.startswith('{"run"')]
    assert runs == [{"run": 1}, {"run": 2}]


def test_a_real_pace_is_kept(tmp_path):
    """100 mm at 100 mm/s and 20 times real time: 50 ms and not less."""
    program = tmp_path / "slow.gcode"
    program.write_text("G28\nG90\n" + "G1 X101 F6000\nG1 X1\n" * 20)
    link = tmp_path / "printer"
    with virtual_printer(link, "--speed", "20"):
        done = bridge("stream", str(program), "--port", str(link), "--json", home=tmp_path / "home")
    motion_s = (40 * 1.0 + 8) / 20
    assert motion_s < json.loads(done.stdout)["seconds"] < motion_s + 10


def test_sigterm_ends_the_printer_and_takes_its_link_away(tmp_path):
    link = tmp_path / "printer"
    with virtual_printer(link) as process:
        assert link.is_symlink()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert not link.is_symlink()


def test_a_refused_program_never_reaches_the_port(tmp_path):
    program = tmp_path / "hot.gcode"
    program.write_text("G28\nM104 S400\n")
    refused = bridge("stream", str(program), "--port", str(tmp_path / "nothing"), "--json", home=tmp_path / "home")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["ok"] is False
    assert "line 2" in json.loads(refused.stdout)["error"]
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("options", [(), ("--firmware", "marlin")])
def test_of_many_reasons_it_says_where_all_are(tmp_path, options):
    program = tmp_path / "two reasons.gcode"
    program.write_text("G28\nM104 S400\nG1 X999\n")
    command = ("stream", str(program), "--port", str(tmp_path / "nothing"), *options)
    refused = bridge(*command, home=tmp_path / "home")
    assert refused.returncode == 1
    told = refused.stderr.splitlines()[-1].removeprefix("Error: ")
    given = re.search(r"firmware-bridge (check .*) lists them all$", told)[1]
    checked = bridge(*shlex.split(given), home=tmp_path / "home")
    assert checked.stdout.startswith(told.partition(" (and ")[0])
    assert len(checked.stdout.splitlines()) == 2


def test_a_program_that_comes_through_a_pipe_is_sent(tmp_path, program):
    link, record = tmp_path / "printer", tmp_path / "record.jsonl"
    with virtual_printer(link, "--speed", "0", "--record", str(record)):
        done = bridge("stream", "-", "--port", str(link), "--json", home=tmp_path / "home", input=program.read_text())
    assert done.returncode == 0, done.stderr
    assert program_of(record) == (len(PROGRAM), json.loads(done.stdout)["program_sha256"])


@pytest.mark.parametrize("options", [(), ("--firmware", "marlin")])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (b"G28 ; D\xfcse\nG90\nG1 X10 F600\n", "cannot open the port"),  # a slicer's comment in an older encoding
        (bytes(range(256)) * 400, "line 1 and 400 more:"),
    ],
)
def test_bytes_that_are_no_text_are_judged_line_by_line(tmp_path, options, given, words):
    program = tmp_path / "part.gcode"
    program.write_bytes(given)
    nowhere = str(tmp_path / "nothing")
    failed = bridge("stream", str(program), "--port", nowhere, *options, home=tmp_path / "home")
    assert failed.returncode == 1
    assert words in failed.stderr.splitlines()[-1]
    assert "Traceback" not in failed.stderr


def test_a_missing_port_is_one_clear_line(tmp_path, program):
    failed = bridge("stream", str(program), "--port", str(tmp_path / "nothing"), home=tmp_path / "home")
    assert failed.returncode == 1
    assert failed.stderr.startswith("Error: cannot open the port")
    assert failed.stderr.count("\n") == 1


GENERIC = "no --machine given: a generic Marlin printer is assumed (220 × 220 × 250 mm, hot end 260 °C, bed 110 °C)"


@pytest.mark.parametrize("options", [(), ("--firmware", "marlin")])
def test_without_a_profile_that_which_holds_is_said_once(tmp_path, program, options):
    link = tmp_path / "printer"
    with virtual_printer(link, "--speed", "0"):
        done = bridge("stream", str(program), "--port", str(link), *options, home=tmp_path / "home")
    asking = [] if options else ["asking which firmware is there, which takes a moment"]
    assert done.stderr.splitlines() == [*asking, GENERIC]


def test_so_is_that_by_which_a_file_was_refused(tmp_path):
    program = tmp_path / "hot.gcode"
    program.write_text("G28\nM104 S400\n")
    refused = bridge("stream", str(program), "--port", str(tmp_path / "nothing"), home=tmp_path / "home")
    assert refused.stderr.splitlines()[0] == GENERIC
    program.write_bytes(b"\x89PNG\r\n\x1a\n")
    refused = bridge("stream", str(program), "--port", str(tmp_path / "nothing"), home=tmp_path / "home")
    assert refused.stderr.startswith("Error: it is a picture (PNG), no G-code: ")


def test_a_home_that_is_a_file_ends_it_in_one_line(tmp_path, program):
    home = tmp_path / "plain"
    home.touch()
    refused = bridge("stream", str(program), "--port", str(tmp_path / "nothing"), "--home", str(home), home=home)
    assert refused.returncode == 1
    why = "Not a directory: give a folder that can be written (--home)"
    assert refused.stderr == f"Error: cannot make the journal's folder {home}/streamed: {why}\n"


def test_a_copy_that_may_not_be_so_long_says_what_to_set(tmp_path, program):
    limit = (
        f"ulimit -f 1 && exec {shlex.join([sys.executable, '-m', 'firmware_bridge', 'stream', str(program)])} --port x"
    )
    refused = subprocess.run(["bash", "-c", limit], capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert "File too large: give a folder on a disk that takes files so long (set TMPDIR)" in refused.stderr


def test_no_port_at_all_is_a_usage_error(tmp_path, program):
    failed = bridge("stream", str(program), home=tmp_path / "home")
    assert failed.returncode == 2
    assert "--port" in failed.stderr


@pytest.fixture
def owned(tmp_path):
    """A profile with a start program, and a slicer's file for its machine."""
    profile, program = tmp_path / "machine.toml", tmp_path / "sliced.gcode"
    profile.write_text(
        'name = "Mini"\n[[materials]]\nname = "PLA"\nhotend_c = 210\n'
        '[programs]\nstart = "M104 S{hotend_c}\\nG28\\nM109 S{hotend_c}"\nend = "M104 S0\\nM84"\n'
    )
    program.write_text("\n".join(["; sliced", "G90", "M83", *MOVES]) + "\n")
    return profile, program


def test_a_slicers_file_is_sent_between_the_machines_own_programs(tmp_path, owned):
    profile, program = owned
    link, record = tmp_path / "printer", tmp_path / "record.jsonl"
    command = ("stream", str(program), "--machine", str(profile), "--port", str(link), "--json", "--material", "pla")
    with virtual_printer(link, "--speed", "0", "--record", str(record)):
        done = bridge(*command, home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    rows = [json.loads(line) for line in record.read_text().splitlines()]
    executed = [row["line"] for row in rows if row.get("n") is not None]
    assert executed[:3] == ["M104 S210", "G28", "M109 S210"]
    assert executed[-2:] == ["M104 S0", "M84"]
    assert program_of(record) == (len(MOVES) + 7, sent["program_sha256"])
    again = bridge(*command, "--resume", home=tmp_path / "home")
    assert (again.returncode, json.loads(again.stdout)["lines_sent"]) == (0, 0)


def test_as_it_is_it_is_refused_with_what_helps(tmp_path, owned):
    profile, program = owned
    refused = bridge(
        "stream", str(program), "--machine", str(profile), "--port", str(tmp_path / "nothing"), home=tmp_path / "home"
    )
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].endswith(
        "Mini has programs of its own, to stand around what a slicer or CAM program writes: send that with --material PLA"
    )


def test_a_material_that_the_machine_does_not_have_is_one_clear_line(tmp_path, owned):
    profile, program = owned
    command = ("stream", str(program), "--machine", str(profile), "--port", str(tmp_path / "nothing"))
    refused = bridge(*command, "--material", "ABS", home=tmp_path / "home")
    assert refused.returncode == 1
    assert refused.stderr == "Error: Mini has no material 'ABS'; it has: PLA\n"
