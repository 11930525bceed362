"""Through the real OctoPrint and the real Moonraker, run here: `make hosts` (see `hosts/peers.py`)."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from firmware_bridge import hosts
from firmware_bridge.machine import Programs
from firmware_bridge.wire import AttemptState
from tests.integration.firmware_bridge.hosts import peers

pytestmark = pytest.mark.real_hosts
PAUSES = ["G21", "G90", "G28", "G1 X10 Y10 F6000", *["G4 P500"] * 16]
"""Eight seconds of printing, cold."""


@pytest.fixture
def folder():
    """A short path: a Unix socket's may have 107 bytes at most."""
    path = Path(tempfile.mkdtemp(prefix="peer-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def octoprint(folder):
    with peers.octoprint(folder) as link:
        yield link


@pytest.fixture
def moonraker(folder):
    with peers.moonraker(folder, print_s=6.0) as (link, klippy):
        yield link, klippy


def begin(shed, commons, link, body=PAUSES):
    """A lease under a standing arm; its program's bytes."""
    profile = shed.machine(link=link, arm="policy", programs=Programs())
    data = shed.program(profile, body)
    shed.offer(profile, data)
    shed.start()
    commons.reached("a1", AttemptState.STARTED)
    return data


def kill_both_in_mid_print(shed, until):
    until(lambda: shed.status()["attempts"][0]["lines"], "progress")
    (runner,) = shed.children()
    shed.bridge.send_signal(signal.SIGSTOP)  # so that it does not see its run end
    os.kill(runner, signal.SIGKILL)
    shed.kill()


def test_octoprint_prints_the_very_bytes_once_though_bridge_and_watcher_are_killed(
    shed, commons, until, folder, octoprint
):
    data = begin(shed, commons, octoprint)
    kill_both_in_mid_print(shed, until)
    assert peers.ask(octoprint, "/api/job")["state"] == "Printing"
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    (stored,) = (folder / "uploads").glob("*.gcode")
    assert stored.read_bytes() == data
    prints = peers.ask(octoprint, f"/api/files/local/{stored.name}")["prints"]
    assert (prints["success"], prints["failure"]) == (1, 0)


def test_octoprint_stops_and_is_cold(shed, commons, until, octoprint):
    begin(shed, commons, octoprint, ["G21", "G90", "G28", "M104 S200", *["G4 P500"] * 200])
    until(lambda: "200.0" in str(peers.ask(octoprint, "/api/printer")), "heating")
    done = shed.ask("stop")
    assert (done.returncode, done.stdout) == (0, "virtual has stopped\n")
    commons.reached("a1", AttemptState.FAILED)
    printer = peers.ask(octoprint, "/api/printer")
    assert printer["temperature"]["tool0"]["target"] == 0
    assert printer["state"]["text"] == "Operational"


def test_octoprint_without_its_printer_is_waited_for(shed, commons, until, octoprint):
    host = hosts.open_host(octoprint)
    host._exchange.tell("/api/connection", body={"command": "disconnect"})
    profile = shed.machine(link=octoprint, arm="policy", programs=Programs())
    shed.offer(profile, shed.program(profile, PAUSES[:6]))
    shed.start()
    commons.reached("a1", AttemptState.ARMED)
    until(lambda: "has no machine ready" in str(shed.status()["machines"][0]["trouble"]), "the trouble named")
    host._exchange.tell("/api/connection", body={"command": "connect"})
    commons.reached("a1", AttemptState.FINISHED)


def test_moonraker_prints_the_very_bytes_once_though_bridge_and_watcher_are_killed(shed, commons, until, moonraker):
    link, klippy = moonraker
    data = begin(shed, commons, link)
    kill_both_in_mid_print(shed, until)
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    assert klippy.printed == [data]


def test_moonraker_stops_and_is_cold(shed, commons, until, moonraker):
    link, klippy = moonraker
    begin(shed, commons, link)
    until(lambda: klippy.printed, "printing")
    done = shed.ask("stop")
    assert (done.returncode, done.stdout) == (0, "virtual has stopped\n")
    commons.reached("a1", AttemptState.FAILED)
    assert klippy.scripts[-1] == "TURN_OFF_HEATERS"
