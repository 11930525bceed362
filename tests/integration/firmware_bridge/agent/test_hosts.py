"""A machine that has a host already: from a lease to a finished attempt through it, whatever is killed meanwhile."""

import os
import signal

import msgspec
import pytest

from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState, MachineState
from tests.integration.firmware_bridge.hosts.fake_hosts import FAKES, KEY, FakeOctoPrint, says


@pytest.fixture(params=FAKES, ids=lambda kind: kind.kind)
def fake(request):
    host = request.param()
    host.up()
    yield host
    host.down()


@pytest.fixture
def octoprint():
    host = FakeOctoPrint()
    host.up()
    yield host
    host.down()


def hosted(shed, fake, **changes):
    """The profile of a machine with that host, which its owner's standing arm covers."""
    link = Link(host=fake.kind, url=fake.url, key=KEY)
    return shed.machine(link=link, **({"arm": "policy"} | changes))


@pytest.fixture
def printing(shed, commons, until, octoprint):
    """A print that goes on at its host for as long as the test likes."""
    octoprint.printer.print_s = 1e6
    profile = hosted(shed, octoprint)
    shed.offer(profile, shed.program(profile))
    shed.start()
    until(lambda: octoprint.printer.printing, "printing")
    commons.reached("a1", AttemptState.STARTED)
    until(lambda: shed.status()["attempts"][0]["lines"], "progress")
    return octoprint


def to_the_end(host):
    """It has printed the rest by now."""
    host.printer.print_s = 0.001


def test_a_lease_is_checked_armed_printed_and_reported(shed, commons, until, fake):
    profile = hosted(shed, fake, arm="person")
    data = shed.program(profile)
    shed.offer(profile, data)
    shed.start()
    until(lambda: "the host of virtual: ready" in shed.log(), "its host to have answered")
    shed.arm()
    commons.reached("a1", AttemptState.FINISHED)
    (name,) = fake.printer.starts
    assert "a1" in name
    assert fake.printer.files[name] == data
    assert commons.started == ["a1"]
    assert KEY not in msgspec.json.encode(commons.profiles["virtual"]).decode()
    assert KEY not in shed.log()
    until(lambda: commons.machines["virtual"].state is MachineState.FREE, "free again")


def test_killed_with_its_run_in_mid_print_it_was_started_once_and_is_finished(shed, commons, until, printing):
    """As in a power cut of the Pi alone. The host prints on, and the next bridge sees how it ends."""
    (runner,) = shed.children()
    shed.bridge.send_signal(signal.SIGSTOP)  # so that it does not see its run end
    os.kill(runner, signal.SIGKILL)
    shed.kill()
    assert printing.printer.printing
    shed.start()
    until(lambda: "attempt a1 is looked for" in shed.log(), "looked for")
    until(lambda: shed.status()["attempts"][0]["lines"], "watched again")
    assert commons.state("a1") is AttemptState.STARTED
    to_the_end(printing)
    commons.reached("a1", AttemptState.FINISHED)
    assert len(printing.printer.starts) == 1
    assert printing.printer.ended == {printing.printer.starts[0]: "finished"}
    assert AttemptState.LOST not in commons.states["a1"]


def test_killed_while_it_ended_it_is_finished_all_the_same(shed, commons, until, printing):
    (runner,) = shed.children()
    shed.bridge.send_signal(signal.SIGSTOP)
    os.kill(runner, signal.SIGKILL)
    shed.kill()
    to_the_end(printing)
    until(lambda: not printing.printer.printing, "the end")
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    assert len(printing.printer.starts) == 1


def test_ending_the_bridge_leaves_the_print_alone(shed, commons, until, printing):
    shed.bridge.terminate()
    assert shed.bridge.wait(30) == 0
    assert printing.printer.printing
    shed.start()
    until(lambda: shed.status()["attempts"][0]["lines"], "watched again")
    to_the_end(printing)
    commons.reached("a1", AttemptState.FINISHED)
    assert len(printing.printer.starts) == 1


def test_a_watcher_that_dies_alone_is_replaced(shed, commons, until, printing):
    (runner,) = shed.children()
    os.kill(runner, signal.SIGKILL)
    until(lambda: "nobody watches" in shed.log(), "noticed")
    until(lambda: [pid for pid in shed.children() if pid != runner], "another watcher")
    to_the_end(printing)
    commons.reached("a1", AttemptState.FINISHED)
    assert len(printing.printer.starts) == 1


def test_stop_cancels_at_the_host_and_waits_for_cold_heaters(shed, commons, printing):
    done = shed.ask("stop")
    assert (done.returncode, done.stdout) == (0, "virtual has stopped\n")
    assert printing.printer.ended == {printing.printer.starts[0]: "cancelled"}
    assert printing.printer.target == 0
    commons.reached("a1", AttemptState.FAILED)
    assert "stopped at the workshop" in commons.reports["a1"].reason


def test_a_heater_that_stays_on_keeps_the_machine_from_the_next_job(shed, commons, until, printing):
    printing.printer.heater_stuck = True
    shed.ask("stop")
    commons.reached("a1", AttemptState.FAILED)
    assert "did not confirm that its heaters" in commons.reports["a1"].reason
    until(lambda: commons.machines["virtual"].state is MachineState.OFFLINE, "offline")
    printing.printer.heater_stuck = False
    until(lambda: commons.machines["virtual"].state is MachineState.FREE, "free once it is cold")
    assert "heaters are off" in shed.log()


def test_a_host_restarted_in_mid_print_tells_by_its_records(shed, commons, until, printing):
    """OctoPrint writes down that the print failed, and has no job any more."""
    printing.printer.end("failed")
    printing.printer.job = ""
    commons.reached("a1", AttemptState.FAILED)
    assert "did not succeed" in commons.reports["a1"].reason
    until(lambda: printing.printer.target == 0, "cold")


def test_a_host_that_is_away_or_busy_is_waited_for(shed, commons, until, octoprint):
    octoprint.printer.connected = False
    profile = hosted(shed, octoprint)
    shed.offer(profile, shed.program(profile))
    shed.start()
    commons.reached("a1", AttemptState.ARMED)
    status = shed.status()
    assert "to be there" in status["attempts"][0]["waits_for"]
    until(lambda: "not operational" in shed.status()["machines"][0]["trouble"], "the trouble named")
    assert "not operational" in shed.ask("status").stdout
    assert (commons.started, octoprint.printer.starts) == ([], [])
    octoprint.printer.connected = True
    commons.reached("a1", AttemptState.FINISHED)


def test_a_wrong_key_is_named_to_the_owner_and_never_shown(shed, commons, until, octoprint):
    link = Link(host="octoprint", url=octoprint.url, key="not-the-right-one")
    shed.machine(link=link)
    shed.start()
    until(lambda: "is the key of [link] right" in shed.status()["machines"][0]["trouble"], "the trouble named")
    assert "not-the-right-one" not in shed.log() + shed.ask("status").stdout
    until(lambda: commons.machines["virtual"].state is MachineState.OFFLINE, "offline")


def test_a_host_that_says_no_to_the_start_fails_the_attempt_and_frees_the_machine(shed, commons, until, octoprint):
    octoprint.faults["POST /api/files/local"] = says(507, b'{"error": "no room"}')
    profile = hosted(shed, octoprint)
    shed.offer(profile, shed.program(profile))
    shed.start()
    commons.reached("a1", AttemptState.FAILED)
    assert "no room" in commons.reports["a1"].reason
    until(lambda: commons.machines["virtual"].state is MachineState.FREE, "free")
