"""A machine that fails in mid-print: what the commons and the owner are told, and what is done about it."""

from contextlib import closing

import pytest

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules.world import Bench, Hot
from firmware_bridge.agent.store import Store
from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState, MachineState
from tests.integration.firmware_bridge.cable import Cable

WAITS = ["G21", "G90", "M82", "G92 E0", "G1 X10 Y10 F6000", "G1 Z0.2 F600", *(f"G4 P{900 + n}" for n in range(120))]


@pytest.fixture
def begin(shed, commons):
    """Prints a slow program on a printer that fails as told."""

    def begin(*fault):
        profile = shed.machine(arm="policy", link=Link(port=str(shed.folder / "virtual"), link_loss_s=0))
        shed.offer(profile, shed.slow_program(profile))
        printer = shed.printer("virtual", 20, *fault)
        shed.start()
        return printer

    return begin


def test_a_cable_pulled_in_mid_print_is_lost_and_the_machine_is_made_safe_when_it_is_back(shed, commons, until, begin):
    printer = begin("--vanish-after", "15")
    commons.reached("a1", AttemptState.LOST)
    printer.wait(30)
    until(lambda: commons.machines["virtual"].state is MachineState.OFFLINE, "offline")
    shed.offer(shed.machine(arm="policy"), b"G28\n", attempt="a2")
    commons.reached("a2", AttemptState.LAPSED)
    assert "made safe" in commons.reports["a2"].reason

    before = len(shed.executed())
    shed.printer()
    until(lambda: commons.machines["virtual"].state is MachineState.FREE, "free")
    said = [row.get("line") for row in shed.executed()[before:]]
    assert "M104 S0" in said
    assert "M140 S0" in said
    assert all(row.get("n") is None for row in shed.executed()[before:])


def test_a_printer_that_halts_has_failed_with_its_own_words(shed, commons, until, begin):
    begin("--halt-after", "15")
    commons.reached("a1", AttemptState.FAILED)
    assert "Thermal Runaway" in commons.reports["a1"].reason
    until(
        lambda: commons.machines["virtual"].state is MachineState.OFFLINE, "offline until it confirms its heaters off"
    )


def test_a_port_that_cannot_be_opened_fails_the_attempt_and_frees_the_machine(shed, commons):
    profile = shed.machine(arm="policy")
    (shed.folder / "virtual").write_text("no tty")
    shed.offer(profile, shed.program(profile))
    shed.start()
    commons.reached("a1", AttemptState.FAILED)
    assert "cannot open the port" in commons.reports["a1"].reason


def test_what_the_standing_arm_armed_waits_for_a_machine_that_is_not_there(shed, commons, until):
    profile = shed.machine(arm="policy")
    data = shed.program(profile)
    shed.offer(profile, data)
    shed.start()
    commons.reached("a1", AttemptState.ARMED)
    assert "to be there" in shed.status()["attempts"][0]["waits_for"]
    assert commons.started == []
    shed.printer()
    commons.reached("a1", AttemptState.FINISHED)
    assert "".join(f"{line}\n" for line in shed.numbered()).encode() == data


def test_a_machine_that_is_not_there_cannot_be_armed(shed, commons, until):
    profile = shed.machine()
    shed.offer(profile, shed.program(profile))
    shed.start()
    until(lambda: "attempt a1 is checked" in shed.log(), "a1 to be checked")
    refused = shed.ask("arm", "a1")
    assert refused.returncode == 2
    assert "virtual is offline, and what is armed now would begin by itself later: there is no port" in refused.stderr
    shed.printer()
    shed.arm()
    commons.reached("a1", AttemptState.FINISHED)


@pytest.fixture
def plugged(shed, commons, until):
    """A print over a cable that can be pulled, some lines into it."""
    shed.printer("virtual", 20)
    with closing(Cable(shed.folder / "virtual")) as cable:

        def plugged(link_loss_s):
            profile = shed.machine(arm="policy", link=Link(port=cable.url, link_loss_s=link_loss_s))
            data = shed.program(profile, WAITS)
            shed.offer(profile, data)
            shed.start()
            until(lambda: len(shed.numbered()) > 30, "some lines executed")
            return cable, data

        yield plugged


def test_a_cable_plugged_in_again_in_time_goes_on_where_the_printer_stands(shed, commons, until, plugged):
    cable, data = plugged(60)
    for pulled in (1, 2):
        cable.pull()
        until(lambda times=pulled: shed.log().count("waiting 60 s for it") == times, "the bridge waits for its port")
        executed = len(shed.numbered())
        cable.plug()
        until(lambda before=executed: len(shed.numbered()) > before + 10, "it goes on")
    commons.reached("a1", AttemptState.FINISHED)
    assert "".join(f"{line}\n" for line in shed.numbered()).encode() == data


def test_a_full_log_costs_no_print_its_cable(shed, commons, until, plugged):
    (shed.folder / "run.log").symlink_to("/dev/full")
    cable, data = plugged(60)
    cable.pull()
    until(lambda: "the port vanished" in shed.status()["machines"][0]["trouble"], "the bridge waits for its port")
    cable.plug()
    commons.reached("a1", AttemptState.FINISHED)
    assert "".join(f"{line}\n" for line in shed.numbered()).encode() == data


def test_a_cable_out_for_too_long_first_brings_the_heaters_off(shed, commons, until, plugged):
    cable, _ = plugged(0.5)
    cable.pull()
    commons.reached("a1", AttemptState.LOST)
    assert "cut off at line" in commons.reports["a1"].reason
    assert "0.20 mm high" in commons.reports["a1"].reason
    before = len(shed.executed())
    cable.plug()
    until(lambda: "virtual: heaters are off" in shed.log(), "made safe")
    said = [row["line"] for row in shed.executed()[before:] if row.get("n") is None and row["line"] != "M105"]
    # The first two only end a wait, behind which the others would queue.
    assert said[:4] == ["M108", "M410", "M104 S0", "M140 S0"]


def test_a_cable_and_a_journal_lost_together_are_not_taken_for_a_machine_that_never_began(
    shed, commons, until, plugged
):
    cable, _ = plugged(60)
    (journal,) = (shed.home / "journals" / "a1").iterdir()
    with journal.open("r+b") as file:
        file.write(b"\0\0\0\n")
    cable.pull()
    commons.reached("a1", AttemptState.LOST)
    cable.plug()
    until(lambda: "virtual: heaters are off" in shed.log(), "made safe")


def test_a_stop_while_the_cable_is_out_ends_the_waiting(shed, commons, until, plugged):
    cable, _ = plugged(60)
    cable.pull()
    until(lambda: "waiting 60 s for it" in shed.log(), "the bridge waits for its port")
    stopped = shed.ask("stop")
    assert stopped.returncode == 1
    assert "its stop could not be confirmed" in stopped.stderr
    assert "has stopped" not in stopped.stdout
    commons.reached("a1", AttemptState.LOST)
    assert "stopped at the workshop; the machine did not confirm" in commons.reports["a1"].reason


def test_while_the_cable_is_out_everybody_is_told_and_no_old_temperature_is_shown(shed, commons, until, plugged):
    cable, _ = plugged(60)
    cable.pull()
    words = "the port vanished: waiting 60 s for it; the machine may be hot, look at it now"
    until(lambda: shed.status()["machines"][0]["trouble"] == words, "the owner is told")
    (attempt,) = shed.status()["attempts"]
    assert (attempt["hotend_c"], attempt["bed_c"], attempt["remaining_s"]) == (None, None, None)
    assert attempt["line"] > 0
    assert words in shed.ask("status").stdout
    until(lambda: commons.reports["a1"].progress.attention == words, "the commons is told")
    assert commons.reports["a1"].progress.hotend_c is None
    cable.plug()
    commons.reached("a1", AttemptState.FINISHED)
    until(lambda: shed.status()["machines"][0]["trouble"] == "", "nothing is wrong any more")


def test_why_a_machine_is_offline_is_said(shed, until):
    profile = shed.machine()
    shed.start()
    assert shed.status()["machines"][0]["trouble"].startswith(f"there is no port {profile.link.port}: check its cable")
    shed.printer()
    until(lambda: shed.status()["machines"][0]["trouble"] == "", "it is there")


def test_a_machine_that_may_still_be_hot_says_so_and_why(shed, commons, until, begin):
    begin("--vanish-after", "15")
    commons.reached("a1", AttemptState.LOST)
    until(lambda: "may still be hot" in shed.log(), "it was tried to switch it off")
    (machine,) = shed.status()["machines"]
    assert machine["may_be_hot"]
    assert machine["trouble"].startswith("it may still be hot since its last run, look at it: cannot open the port")
    assert machine["trouble"] in shed.ask("status").stdout


def test_a_sensor_that_opens_stops_the_print_and_turns_the_heaters_off(shed, commons, until, begin):
    begin("--sensor-drops-after", "15")
    commons.reached("a1", AttemptState.FAILED)
    assert "the hot end reads -20 °C: look at its sensor" in commons.reports["a1"].reason
    said = [row["line"] for row in shed.executed() if "n" in row and row["n"] is None]
    assert "M104 S0" in said
    assert "M140 S0" in said


def test_a_router_that_was_left_running_is_switched_off_in_its_own_words_without_its_profile(shed, until):
    """Its owner's typo leaves the machine out; its spindle still turns."""
    shed.machine()
    home = Home(shed.home)
    home.prepare()
    store = Store(home.database)
    link = Link(port=str(shed.folder / "router"))
    store.set_bench("router", Bench(hot=Hot("grbl", link)))
    store.close()
    shed.virtual(["grbl", "--link", link.port])
    shed.start()
    until(lambda: "router: heaters are off" in shed.log(), "made safe")
