"""The streamer against the virtual router, a process of its own at the other end of a real pty."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from firmware_bridge.errors import FirmwareHalted, LinkLost, ProgramNotTaken, Stopped
from firmware_bridge.journal import Journal
from firmware_bridge.protocol.firmwares import GRBL
from firmware_bridge.sending.detect import detect
from firmware_bridge.stream import stream
from firmware_bridge.transport.port import open_port
from firmware_bridge.virtual.process import virtual_router
from firmware_bridge.virtual.record import program_of

CUTS = [f"G1 X{i % 100 + 0.5:g} Y{i % 90 + 1} F3000" for i in range(300)]
PROGRAM = ["G21", "G90", "G0 Z15", "M3 S1000", "G4 P0.2", *CUTS, "M5", "M30"]


class Workshop:
    """A folder with a program, a router's link and record, and a journal."""

    def __init__(self, folder) -> None:
        self.folder, self.link, self.record = folder, folder / "router", folder / "record.jsonl"
        self.progress = []

    def router(self, *options):
        return virtual_router(self.link, "--record", str(self.record), *options)

    def stream(self, program=PROGRAM, stop=lambda: None):
        path, text = self.folder / "program.gcode", "".join(f"{line}\n" for line in program).encode()
        path.write_bytes(text)
        self.sha256 = hashlib.sha256(text).hexdigest()
        journal = Journal.open(self.folder / "journal", str(self.link), self.sha256)
        port = open_port(str(self.link), 115_200)
        try:
            return stream(
                path, port, journal, on_progress=self.progress.append, stop_requested=stop, firmware=detect(port)
            )
        finally:
            port.close()

    def entries(self):
        return [json.loads(line) for line in self.record.read_text().splitlines()]

    def executed(self):
        return [entry["line"] for entry in self.entries() if entry.get("n") is not None]

    def own_lines(self):
        return [entry["line"] for entry in self.entries() if "n" in entry and entry["n"] is None]


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--hal",),
        ("--lose-ok-every", "15"),
        ("--double-ok-every", "15"),
        ("--lose-ok-every", "17", "--double-ok-every", "90"),
    ],
    ids=["plain", "hal", "lost-ok", "doubled-ok", "both"],
)
def test_what_the_router_executed_is_the_program(workshop, options):
    with workshop.router("--speed", "0", *options):
        report = workshop.stream()
    assert report.lines == report.lines_sent == len(PROGRAM)
    assert program_of(workshop.record) == (len(PROGRAM), workshop.sha256)
    assert workshop.progress[-1].line == len(PROGRAM)


def test_one_router_serves_one_program_after_the_other(workshop):
    with workshop.router("--speed", "0"):
        for _ in range(2):
            workshop.stream()
    assert [entry for entry in workshop.entries() if "run" in entry] == [{"run": 1}, {"run": 2}]


def test_a_real_pace_is_kept(workshop):
    """100 mm at 50 mm/s and 20 times real time: 100 ms and not less."""
    with workshop.router("--speed", "20"):
        report = workshop.stream(["G90", "G1 X1 Y1 Z1 F6000", *["G1 X101 F3000", "G1 X1"] * 10])
    assert 20 * 2 / 20 < report.seconds < 20 * 2 / 20 + 15


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("--reset-after", FirmwareHalted, "restarted"),
        ("--halt-after", FirmwareHalted, "ALARM:1"),
        ("--vanish-after", LinkLost, "vanished"),
    ],
)
def test_a_machine_that_fails_in_mid_job_ends_it_with_a_reason(workshop, fault, error, words):
    with workshop.router("--speed", "0", fault, "100"), pytest.raises(error, match=words):
        workshop.stream()
    assert workshop.executed() == PROGRAM[:100]


def test_a_machine_that_is_not_homed_is_not_moved(workshop):
    with workshop.router("--not-homed"), pytest.raises(ProgramNotTaken, match="home it"):
        workshop.stream()
    assert workshop.executed() == []


def test_settings_can_be_given_and_are_looked_at(workshop):
    with workshop.router("--set", "20=0"), pytest.raises(ProgramNotTaken, match="soft limits are off"):
        workshop.stream()


def test_travel_and_work_offset_are_what_they_are_set_to(workshop):
    program = ["G90", "G1 X-10 Y-10 Z-10 F600"]
    with workshop.router("--speed", "0"), pytest.raises(ProgramNotTaken, match="ALARM:2"):
        workshop.stream(program)
    offset, travel = ("--work-offset", "-50", "-50", "-50"), ("--travel", "100", "100", "60")
    with workshop.router("--speed", "0", *offset, *travel):
        workshop.stream(program)
    assert workshop.executed() == program


def test_a_line_that_leaves_the_travel_is_found_before_anything_moves(workshop):
    with workshop.router("--speed", "0"), pytest.raises(ProgramNotTaken, match=r"line 4 \(G1 X400 F600\): ALARM:2"):
        workshop.stream([*PROGRAM[:3], "G1 X400 F600", *PROGRAM[3:]])
    assert workshop.executed() == []


def test_a_stop_turns_the_spindle_off(workshop):
    began = time.monotonic()

    def stop():
        turning = workshop.record.exists() and "M3 S1000" in workshop.executed()
        assert time.monotonic() - began < 60
        return "asked" if turning else None

    with workshop.router("--speed", "5"), pytest.raises(Stopped, match=r"^asked$"):
        workshop.stream(["G90", "M3 S1000", "G1 X200 Y100 Z20 F600", "G1 X1", "M5"], stop)
    assert workshop.own_lines()[-2:] == ["M5M9", "$G"]
    assert workshop.progress[-1].line < 5


PAUSED = ["G21", "G90", "G0 Z15", "M3 S1000", "G1 X10 Y10 F600", "M0", "G1 X20 Y10 F600", "M5", "M30"]


def heard(master, words):
    """All that came through the terminal until `words` did."""
    said = b""
    while words not in said:
        try:
            said += os.read(master, 4096)
        except OSError:  # nobody has it open any more
            break
    return said.decode()


def streaming_at(workshop, program=PAUSED, **options):
    (workshop.folder / "paused.nc").write_text("\n".join(program))
    command = [sys.executable, "-m", "firmware_bridge", "stream", str(workshop.folder / "paused.nc")]
    command += ["--port", str(workshop.link), "--firmware", "grbl", "--home", str(workshop.folder / "home")]
    return subprocess.Popen(command, **options)


def test_a_program_that_waits_goes_on_by_enter_at_its_terminal(workshop):
    master, slave = os.openpty()
    with workshop.router("--speed", "20"):
        process = streaming_at(workshop, preexec_fn=lambda: os.login_tty(slave))
        os.close(slave)
        assert "the program waits for you (M0): cycle start at the machine goes on, or press Enter here" in heard(
            master, b"Enter here"
        )
        os.write(master, b"\n")
        assert "done: " in heard(master, b"done: ")
        assert process.wait(30) == 0
    os.close(master)
    assert [row["line"] for row in rows(workshop) if row.get("line", "").startswith("G1 X20")] == ["G1 X20 Y10 F600"]


def test_enters_typed_at_one_pause_do_not_pass_the_next(workshop):
    master, slave = os.openpty()
    with workshop.router("--speed", "20"):
        process = streaming_at(workshop, [*PAUSED[:6], *PAUSED[5:]], preexec_fn=lambda: os.login_tty(slave))
        os.close(slave)
        for enters in (6, 1):
            assert "(M0): cycle start at the machine goes on" in heard(master, b"Enter here")
            os.write(master, b"\n" * enters)
        assert "done: " in heard(master, b"done: ")
        assert process.wait(30) == 0
    os.close(master)


def test_a_program_that_waits_goes_on_by_a_signal_where_there_is_no_terminal(workshop):
    with workshop.router("--speed", "20"):
        process = streaming_at(workshop, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said = next(line for line in iter(process.stderr.readline, b"") if b"(M0)" in line).decode()
        assert said.endswith(f"goes on, or here: kill -USR2 {process.pid}\n")
        process.send_signal(signal.SIGUSR2)
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, b"done: " in out) == (0, True)


def test_each_of_two_pauses_close_behind_each_other_is_told(workshop):
    program = [*PAUSED[:6], *PAUSED[5:]]
    with workshop.router("--speed", "20"):
        process = streaming_at(
            workshop, program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        given_up = threading.Timer(60, process.kill)  # else a pause that is not told is waited for without end
        given_up.start()
        for _ in range(program.count("M0")):
            assert any(b"(M0)" in line for line in iter(process.stderr.readline, b""))
            process.send_signal(signal.SIGUSR2)
        out, _ = process.communicate(timeout=60)
        given_up.cancel()
    assert (process.returncode, b"done: " in out) == (0, True)


def test_of_a_program_that_was_not_taken_no_line_is_named(workshop):
    with workshop.router("--not-homed"):
        process = streaming_at(workshop, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.decode().splitlines()[-1].startswith("Error: ")
    assert b"home it" in err
    assert b"known to have been" not in err


def test_of_one_that_had_begun_it_is_said_that_none_was(workshop):
    with workshop.router("--speed", "0", "--reset-after", "1"):
        process = streaming_at(workshop, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.decode().splitlines()[-1].endswith("; none of its 14 lines is known to have been taken")


def rows(workshop):
    return [json.loads(line) for line in workshop.record.read_text().splitlines()]


def test_a_printers_program_is_refused_by_a_router_that_was_found_out(workshop):
    program = workshop.folder / "part.gcode"
    program.write_text("G28\nG90\nM104 S200\nG1 X10 F6000\n")
    command = [sys.executable, "-m", "firmware_bridge", "stream", str(program), "--port", str(workshop.link), "--json"]
    with workshop.router("--speed", "0"):
        environment = {**os.environ, "FIRMWARE_BRIDGE_HOME": str(workshop.folder / "home")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["ok"] is False
    assert json.loads(done.stdout)["error"].endswith(f"check {program} --firmware grbl lists them all")
    assert "Traceback" not in done.stderr
    assert workshop.executed() == []
    assert "$I" in workshop.own_lines()


def test_firmware_and_profile_that_contradict_each_other_are_a_usage_error(tmp_path):
    profile, program = tmp_path / "ender.toml", tmp_path / "part.gcode"
    profile.write_text('name = "Ender"\n')
    program.write_text("G28\n")
    command = [sys.executable, "-m", "firmware_bridge", "stream", str(program), "--port", "nowhere"]
    done = subprocess.run(
        [*command, "--firmware", "grbl", "--machine", str(profile)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "leave one out" in done.stderr


def test_it_is_found_out_that_a_router_is_there(workshop):
    with workshop.router():
        port = open_port(str(workshop.link), 115_200)
        try:
            assert detect(port) is GRBL
        finally:
            port.close()
