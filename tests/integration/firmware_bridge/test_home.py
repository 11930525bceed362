"""`firmware-bridge home` against the virtual router, a process of its own at the other end of a real pty."""

import fcntl
import json
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from firmware_bridge.agent.home import Home
from firmware_bridge.transport.port import open_port
from firmware_bridge.virtual.process import virtual_printer, virtual_router
from tests.waiting import until

PROGRAM = "G21\nG90\nG0 Z15\nM3 S1000\nG4 P0.2\nG1 X10 Y10 F600\nM5\nM30\n"


@pytest.fixture
def router(tmp_path):
    """A router that was switched on and not homed: (its link, what it executed)."""
    link, record = tmp_path / "router", tmp_path / "record.jsonl"

    def executed():
        return [json.loads(line).get("line", "") for line in record.read_text().splitlines()]

    with virtual_router(link, "--speed", "0", "--not-homed", "--record", str(record)):
        yield link, executed


def test_a_locked_router_is_homed_and_then_takes_its_program(router, bridge, tmp_path):
    link, executed = router
    program = tmp_path / "part.gcode"
    program.write_text(PROGRAM)
    refused = bridge("stream", program, "--port", link, "--firmware", "grbl")
    assert refused.returncode == 1
    assert "firmware-bridge home" in refused.stderr
    done = bridge("home", "--port", link, "--yes")
    assert done.returncode == 0, done.stderr
    assert "it is homed" in done.stdout
    assert bridge("stream", program, "--port", link, "--firmware", "grbl").returncode == 0
    assert executed().count("$H") == 1


def test_it_leads_out_of_a_limit_that_was_hit_behind_which_a_router_answers_nothing(tmp_path, bridge):
    link, profile = tmp_path / "router", tmp_path / "3018.toml"
    profile.write_text(f'name = "3018"\nprocess = "milling"\n[link]\nport = "{link}"\n')
    with virtual_router(link, "--speed", "0", "--halt-after", "4"):
        with closing(open_port(str(link), 115_200)) as port:
            port.write(PROGRAM.encode())
            said = b""
            while b"ALARM:1" not in said:
                said += port.read(1.0)
        unknown = bridge("home", "--port", link, "--yes")
        assert unknown.returncode == 1
        assert "name its profile by --machine" in unknown.stderr
        done = bridge("home", "--machine", profile, "--yes")
        assert done.returncode == 0, done.stderr


@pytest.fixture
def homing(tmp_path):
    """`home` of a router that needs some 20 s for it, once it has told it to: (the process, the router, its link)."""
    link, record = tmp_path / "router", tmp_path / "record.jsonl"
    options = ("--speed", "2", "--not-homed", "--record", str(record))
    with virtual_router(link, *options) as router:
        command = [sys.executable, "-m", "firmware_bridge", "home", "--port", str(link), "--yes"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                until(lambda: "$H" in record.read_text(), "it is told to home")
                yield process, router, link
            finally:
                process.kill()


def test_ctrl_c_breaks_a_homing_off_and_it_can_be_homed_again(homing, bridge):
    process, _router, link = homing
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "stopped by SIGINT: homing was broken off" in err
    assert "look at it" not in err  # the reset was heard
    assert bridge("home", "--port", link, "--yes").returncode == 0


def test_a_cable_lost_in_the_middle_leaves_nobody_believing_that_it_stands(homing):
    process, router, _link = homing
    router.kill()
    _out, err = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "the machine may still be homing: look at it now" in err


def test_nothing_moves_before_somebody_says_that_the_way_is_clear(router, bridge):
    link, executed = router
    done = bridge("home", "--port", link)  # nobody is at its standard input
    assert done.returncode == 1
    assert "Is nothing in the way?" in done.stderr
    assert "$H" not in executed()


def test_a_printer_is_left_alone(tmp_path, bridge):
    link, record = tmp_path / "printer", tmp_path / "record.jsonl"
    with virtual_printer(link, "--speed", "0", "--record", str(record)):
        done = bridge("home", "--port", link, "--yes")
    assert done.returncode == 1
    assert "homes by the program that it is given" in done.stderr
    assert "G28" not in record.read_text()


def test_one_that_does_a_job_is_left_alone(router, bridge, home):
    link, executed = router
    place = Home(home)
    place.prepare()
    (place.machines / "3018.toml").write_text(f'name = "3018"\nprocess = "milling"\n[link]\nport = "{link}"\n')
    with place.machine_lock("3018").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = bridge("home", "--machine", "3018", "--yes")
    assert done.returncode == 1
    assert "3018 is being driven" in done.stderr
    assert "$H" not in executed()


def test_another_machine_at_its_port_is_not_driven(router, bridge, tmp_path):
    link, executed = router
    profile = tmp_path / "3018.toml"
    mark = "grbl-settings:0123456789abcdef"
    profile.write_text(f'name = "3018"\nprocess = "milling"\n[link]\nport = "{link}"\nfingerprint = "{mark}"\n')
    for _ in range(2):
        done = bridge("home", "--machine", profile, "--yes")
        assert done.returncode == 1
        assert "another machine" in done.stderr
    assert "$H" not in executed()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [((), "say which --port"), (("--port", "/dev/nothing-here", "--yes"), "No such file or directory")],
)
def test_without_a_machine_it_says_what_to_do(bridge, arguments, told):
    done = bridge("home", *arguments)
    assert done.returncode
    assert told in done.stderr
