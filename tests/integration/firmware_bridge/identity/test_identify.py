"""`firmware-bridge identify` against a printer and a scripted Grbl, each on a real pty."""

import fcntl
import json
import threading

import pytest

from firmware_bridge.agent.home import Home
from firmware_bridge.machine import Limits, Link, MachineProfile, Volume
from firmware_bridge.transport.port import open_port
from firmware_bridge.virtual.process import virtual_printer
from firmware_bridge.virtual.pty import VirtualPort
from tests.unit.firmware_bridge.identity.answers import GRBL
from tests.unit.firmware_bridge.identity.scripted import ScriptedGrbl

QUESTIONS = {"_", "M105", "M115", "M503", "M211"}


@pytest.fixture
def printer(tmp_path):
    """A printer at 250000 baud: (its link, what it executed)."""
    link, record = tmp_path / "printer", tmp_path / "record.jsonl"
    with virtual_printer(link, "--speed", "0", "--record", str(record), "--only-at", "250000", "--uuid", "5eed"):

        def executed():
            lines = [json.loads(line).get("line", "") for line in record.read_text().splitlines()]
            return [line for line in lines if line.isascii() and line.isprintable()]

        yield link, executed


@pytest.fixture
def grbl(tmp_path):
    link, machine = tmp_path / "router", ScriptedGrbl()
    port = VirtualPort(link)
    serving = threading.Thread(target=port.serve, args=(machine, 1.0))
    serving.start()
    yield link, machine
    machine.gone = True
    wake = open_port(str(link), 115_200)
    wake.write(b"\n")  # `serve` sleeps until something comes
    serving.join()
    wake.close()
    port.close()


def test_a_printer_says_what_it_is_and_its_profile_is_one(printer, bridge):
    link, executed = printer
    done = bridge("identify", "--port", link)
    assert done.returncode == 0, done.stderr
    profile = MachineProfile.parse(done.stdout)
    assert (profile.name, profile.process, profile.firmware) == ("Virtual printer", "fff", "marlin")
    assert profile.volume == Volume(x_mm=220, y_mm=220, z_mm=250)
    assert profile.limits == Limits(feed_max_mm_min=24_000, acceleration_max_mm_s2=2_500)
    assert (profile.link.port, profile.link.baud) == (str(link), 250_000)
    assert profile.link.fingerprint.startswith("marlin-uuid:")
    assert set(executed()) <= QUESTIONS


def test_its_profile_is_written_once_and_never_over_another(printer, bridge, tmp_path):
    link, executed = printer
    output = tmp_path / "printer.toml"
    done = bridge("identify", "--port", link, "-o", output)
    assert done.returncode == 0, done.stderr
    assert "Marlin 2.1.2.5 (virtual)" in done.stdout
    written = output.read_text()
    MachineProfile.parse(written)
    asked = len(executed())
    again = bridge("identify", "--port", link, "-o", output)
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert output.read_text() == written
    assert len(executed()) == asked


def test_what_it_said_comes_as_one_json_object(printer, bridge):
    done = bridge("identify", "--port", printer[0], "--baud", "250000", "--json")
    told = json.loads(done.stdout)
    assert told["baud"] == 250_000
    assert told["identity"]["capabilities"]["EMERGENCY_PARSER"] is True
    assert told["identity"]["capabilities"]["SDCARD"] is False
    assert len(told["identity"]["capabilities"]) == 36
    assert MachineProfile.parse(told["profile"]).link.fingerprint == told["fingerprint"]


def test_a_wrong_rate_is_one_clear_line(printer, bridge):
    done = bridge("identify", "--port", printer[0], "--baud", "57600")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "try --baud auto" in done.stderr


@pytest.mark.parametrize("baud", ["fast", "-1", "1.5", ""])
def test_what_is_no_rate_is_a_usage_error(bridge, baud):
    done = bridge("identify", "--port", "nowhere", "--baud", baud)
    assert done.returncode == 2
    assert "give a number such as 115200, or auto" in done.stderr


def test_a_program_goes_to_a_printer_whose_rate_is_found(printer, bridge, tmp_path, home):
    link, executed = printer
    program = tmp_path / "part.gcode"
    program.write_text("G28\nG90\nG1 X10 F6000\n")
    done = bridge("stream", program, "--port", link, "--baud", "auto", "--json")
    assert done.returncode == 0, done.stderr
    assert [line for line in executed() if line.startswith("G")] == ["G28", "G90", "G1 X10 F6000"]
    (found,) = (home / "found").glob("*.json")
    assert json.loads(found.read_text()) == {"port": str(link), "baud": 250_000}


def test_a_port_that_a_program_has_is_refused_and_nothing_is_asked(printer, bridge):
    link, executed = printer
    port = open_port(str(link), 250_000)
    try:
        done = bridge("identify", "--port", link)
    finally:
        port.close()
    assert done.returncode == 1
    assert "another program is using it" in done.stderr
    assert executed() == []


@pytest.mark.parametrize("by_fingerprint", [False, True])
def test_a_machine_that_is_being_driven_is_left_alone(printer, bridge, home, by_fingerprint):
    link, executed = printer
    place = Home(home)
    place.prepare()
    at = Link(fingerprint="marlin-uuid:0123456789abcdef") if by_fingerprint else Link(port=str(link))
    (place.machines / "ender.toml").write_text(MachineProfile(name="Ender", link=at).to_toml())
    with place.machine_lock("ender").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = bridge("identify", "--port", link)
    assert done.returncode == 1
    assert "ender is being driven" in done.stderr
    assert executed() == []
    assert bridge("identify", "--port", link, "--baud", "250000").returncode == 0


def test_a_grbl_says_what_it_is(grbl, bridge):
    link, machine = grbl
    done = bridge("identify", "--port", link)
    assert done.returncode == 0, done.stderr
    profile = MachineProfile.parse(done.stdout)
    assert (profile.name, profile.process, profile.firmware) == ("left router", "milling", "grbl")
    assert profile.volume == Volume(x_mm=300, y_mm=180, z_mm=45)
    assert profile.limits.feed_max_mm_min == 4_000
    assert "spindle_max_rpm = 12000.0" in done.stdout
    assert profile.link.fingerprint.startswith("grbl-build:")
    assert set(machine.lines) <= {"", "_", *GRBL}
    assert machine.realtime == [ord("?")]


def test_a_missing_port_is_one_clear_line(bridge, tmp_path):
    done = bridge("identify", "--port", tmp_path / "nowhere")
    assert done.returncode == 1
    why = f"cannot open the port {tmp_path}/nowhere: No such file or directory"
    assert done.stderr == f"Error: {why}; firmware-bridge identify lists the ports that are here\n"


def test_without_a_port_the_ports_are_listed_and_none_is_opened(bridge):
    done = bridge("identify", "--json")
    assert done.returncode == 0, done.stderr
    for port in json.loads(done.stdout)["ports"]:
        assert set(port) == {"device", "name", "why", "description", "machines", "used_by"}
    assert bridge("identify").returncode == 0
    assert bridge("identify", "-o", "x.toml").returncode == 2


def test_a_profile_that_cannot_be_read_is_told_and_stops_nothing(bridge, home):
    place = Home(home)
    place.prepare()
    (place.machines / "broken.toml").write_text("name = ")
    done = bridge("identify", "--json")
    assert done.returncode == 0
    assert done.stderr.startswith("broken is left out: ")
