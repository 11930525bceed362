"""A bad cable and a bad day, over a real pty and with real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware_bridge.journal import journals
from firmware_bridge.virtual.process import virtual_printer
from firmware_bridge.virtual.record import program_of

MOVES = [f"G1 X{i % 100 + 1} Y{i % 90 + 1} F6000" for i in range(400)]
PROGRAM = ["G28", "G90", *MOVES]


class Workshop:
    """A folder with a program, a printer's link and record, and the bridge's home."""

    def __init__(self, folder) -> None:
        self.folder, self.link, self.record = folder, folder / "printer", folder / "record.jsonl"
        self.program = folder / "part.gcode"
        self.program.write_text("\n".join(PROGRAM) + "\n")

    def printer(self, *options):
        return virtual_printer(self.link, "--record", str(self.record), *options)

    @property
    def environment(self):
        return {**os.environ, "FIRMWARE_BRIDGE_HOME": str(self.folder / "home")}

    def start_command(self):
        return [sys.executable, "-m", "firmware_bridge", "stream", str(self.program), "--port", str(self.link)]

    def start(self, *options):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        # As from a terminal, even where these tests run without one.
        awake = lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)  # noqa: E731
        return subprocess.Popen(
            [*self.start_command(), "--json", *options],
            env=self.environment,
            preexec_fn=awake,  # noqa: PLW1509 (one thread)
            **pipes,
        )

    def stream(self):
        with self.start() as process:
            out, err = process.communicate(timeout=120)
        return process.returncode, json.loads(out), err

    def executed(self):
        entries = [json.loads(line) for line in self.record.read_text().splitlines()]
        return [entry["line"] for entry in entries if entry.get("n") is not None]

    def own_lines(self):
        entries = [json.loads(line) for line in self.record.read_text().splitlines()]
        return [entry["line"] for entry in entries if "n" in entry and entry["n"] is None]

    def received(self):
        """All that the printer was sent so far: a line of one's own comes up behind everything that came before it."""
        own = len(self.own_lines())
        port = os.open(self.link, os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(port, b"\nM117 so far\n")
        finally:
            os.close(port)
        wait_for(lambda: "M117 so far" in self.own_lines()[own:], "the line behind them all")
        return self.executed(), [line for line in self.own_lines() if line != "M117 so far"]

    def last_run(self):
        return journals.last(self.folder / "home" / "streamed", str(self.link))


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)


def wait_for(condition, what, within_s=30.0):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.01)


@pytest.mark.parametrize(
    "fault",
    [
        ("--flip-every", "25"),
        ("--drop-every", "25"),
        ("--lose-ok-every", "25"),
        ("--double-ok-every", "25"),
        ("--flip-every", "40", "--drop-every", "30", "--lose-ok-every", "35", "--seed", "7"),
    ],
    ids=["flipped", "dropped", "lost-ok", "doubled-ok", "all"],
)
def test_every_line_is_executed_once_and_in_order(workshop, fault):
    with workshop.printer("--speed", "0", *fault):
        code, sent, err = workshop.stream()
    assert code == 0, err
    assert program_of(workshop.record) == (len(PROGRAM), sent["program_sha256"])


@pytest.mark.parametrize(
    ("fault", "words"),
    [("--reset-after", "restarted"), ("--halt-after", "Thermal Runaway"), ("--vanish-after", "vanished")],
)
def test_a_machine_that_fails_in_mid_job_ends_it_with_a_reason(workshop, fault, words):
    with workshop.printer("--speed", "0", fault, "100"):
        code, sent, err = workshop.stream()
    assert code == 1
    assert words in sent["error"]
    assert "Traceback" not in err
    assert workshop.executed() == PROGRAM[:100]
    run = workshop.last_run()
    assert run.outcome == "failed"
    assert run.acknowledged <= 100 <= run.reserved


def test_after_a_kill_the_journal_brackets_what_was_executed(workshop):
    with workshop.printer("--speed", "50"):
        with workshop.start() as process:
            wait_for(lambda: workshop.record.exists() and len(workshop.executed()) > 100, "100 lines")
            process.send_signal(signal.SIGKILL)
            assert process.wait(10) == -signal.SIGKILL
        run = workshop.last_run()
        # What the firmware had in its buffers still runs after its host is gone.
        wait_for(lambda: len(workshop.executed()) >= run.acknowledged, "the acknowledged lines")
        executed = workshop.executed()
    assert run.cut_off
    assert run.lines == len(PROGRAM)
    assert 0 < run.acknowledged <= len(executed) <= run.reserved <= len(PROGRAM)
    assert executed == PROGRAM[: len(executed)]


def test_a_kill_leaves_the_port_free_and_the_next_run_begins_at_line_1(workshop):
    with workshop.printer("--speed", "50"):
        with workshop.start() as process:
            wait_for(lambda: workshop.record.exists() and len(workshop.executed()) > 50, "50 lines")
            process.kill()
        code, sent, err = workshop.stream()
    assert code == 0, err
    assert "cut off after line" in err
    assert program_of(workshop.record) == (len(PROGRAM), sent["program_sha256"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_streamer_turns_the_machine_off_first(workshop, number):
    workshop.program.write_text("G28\nM104 S200\nM109 S200\n")
    with workshop.printer("--speed", "1"):
        with workshop.start() as process:
            wait_for(lambda: workshop.record.exists() and "M109 S200" in workshop.executed(), "the heating")
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
        wait_for(lambda: "M84" in workshop.own_lines(), "the motors")
    assert process.returncode == 1, err
    assert json.loads(out)["error"] == (
        f"stopped by {number.name}, and its heaters are off; line {workshop.last_run().acknowledged} of 3 (comments not"
        " counted) is the last that is known to have been taken; to begin anew, send it again without --resume"
    )
    off = [line for line in workshop.own_lines() if line in ("M104 S0", "M140 S0", "M107", "M84")]
    assert off == ["M104 S0", "M140 S0", "M107", "M84"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_still_waits_for_its_program_ends_at_once(workshop, number):
    command = [sys.executable, "-m", "firmware_bridge", "stream", "-", "--port", str(workshop.link)]
    with (
        workshop.printer("--speed", "0"),
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=workshop.environment) as process,
    ):
        caught = 1 << signal.SIGUSR1 - 1
        status = Path(f"/proc/{process.pid}/status")
        wait_for(lambda: int(status.read_text().partition("SigCgt:")[2].split()[0], 16) & caught, "its handlers")
        process.send_signal(number)
        assert process.wait(10) == 1
        assert process.stderr.read().decode() == f"Error: stopped by {number.name}: nothing was begun\n"
    assert workshop.executed() == []


def test_a_port_is_no_program_and_is_not_read(workshop):
    with workshop.printer("--speed", "0"):
        done = subprocess.run(
            [sys.executable, "-m", "firmware_bridge", "check", str(workshop.link)],
            capture_output=True,
            check=False,
            text=True,
            timeout=30,
        )
    assert done.returncode == 2
    assert "a machine's port is said by --port" in done.stderr


def test_an_old_journal_that_cannot_be_read_is_said_and_ends_nothing(workshop):
    streamed = workshop.folder / "home" / "streamed"
    for number in range(journals.KEEP_LEAST + 1):
        path = streamed / f"{'0' * 16}-{number:064x}.jsonl"
        path.mkdir(parents=True)
        os.utime(path, (number, number))
    with workshop.printer("--speed", "0"):
        code, _, err = workshop.stream()
    assert code == 0, err
    assert f"cannot read the journal {streamed}/" in err
    assert workshop.executed() == PROGRAM
