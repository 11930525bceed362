"""`kill -9` of the bridge at each stage, a commons that goes away, a stop at the machine: never run twice."""

import os
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from firmware_bridge.wire import AttemptState


def bytes_of(lines):
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture
def printing(shed, commons, until):
    """A slow program that has executed some of its lines."""
    profile = shed.machine()
    shed.offer(profile, shed.slow_program(profile))
    shed.printer(speed=20)
    shed.start()
    shed.arm()
    until(lambda: len(shed.numbered()) > 20, "some lines executed")
    return profile


def off(shed):
    """Whether, since the last numbered line, the printer was told to turn both heaters off."""
    rows = shed.executed()
    last = max((n for n, row in enumerate(rows) if row.get("n") is not None), default=-1)
    said = [row.get("line") for row in rows[last + 1 :]]
    return "M104 S0" in said and "M140 S0" in said


def test_killed_while_leased_it_is_checked_again_and_still_waits_for_a_person(shed, commons, until):
    profile = shed.machine()
    data = shed.program(profile)
    shed.offer(profile, data)
    shed.printer()
    shed.start()
    until(lambda: "a1 is checked" in shed.log(), "checked")
    shed.kill()
    shed.start()
    until(lambda: shed.log().count("a1 is checked") == 2, "checked again")
    assert shed.numbered() == []
    shed.arm()
    commons.reached("a1", AttemptState.FINISHED)
    assert bytes_of(shed.numbered()) == data


def test_killed_while_armed_it_must_be_armed_again(shed, commons, until):
    profile = shed.machine(virtual=False)
    data = shed.program(profile)
    shed.printer()
    shed.start()
    shed.ask("clear", "virtual")
    shed.offer(profile, data)
    until(lambda: "a1 is checked" in shed.log(), "checked")
    commons.override("attempts/a1/start", 503)
    shed.arm()
    commons.reached("a1", AttemptState.ARMED)
    shed.kill()
    commons.overrides.clear()
    shed.start()
    until(lambda: commons.state("a1") is AttemptState.LEASED, "leased again")
    until(lambda: shed.log().count("a1 is checked") == 2, "checked again")
    seen = commons.syncs
    until(lambda: commons.syncs > seen + 3, "some more syncs")
    assert (shed.numbered(), commons.started) == ([], [])
    shed.arm()
    commons.reached("a1", AttemptState.FINISHED)
    assert bytes_of(shed.numbered()) == data


def test_killed_in_mid_print_it_is_lost_and_cold_and_never_run_again(shed, commons, until, printing):
    shed.kill()
    until(lambda: off(shed), "the run's own process turned the heaters off")
    executed = len(shed.numbered())
    shed.start()
    commons.reached("a1", AttemptState.LOST)
    assert "cut off at line" in commons.reports["a1"].reason
    assert "0.20 mm high" in commons.reports["a1"].reason
    until(lambda: "heaters are off" in shed.log(), "made safe again")
    until(lambda: commons.machines["virtual"].state == "free", "free")
    assert off(shed)
    commons.once.append(b'{"command":"withdraw","attempt":"a1","fence":1,"reason":"settled by a person"}')
    seen = commons.syncs
    until(lambda: commons.syncs > seen + 3, "some more syncs")
    assert len(shed.numbered()) == executed
    assert commons.started == ["a1"]
    assert [attempt["state"] for attempt in shed.status()["attempts"]] == ["lost"]
    # What a person needs to settle it: what was to be sent, and how far it came.
    assert len(list((shed.home / "programs").iterdir())) == 1
    assert len(list((shed.home / "journals" / "a1").iterdir())) == 1


WAITS = ["G21", "G90", "M82", "G92 E0", "G1 X10 Y10 F6000", "G1 Z0.2 F600", *(f"G4 P{900 + n}" for n in range(200))]
"""Every line another; some 10 s for a printer at speed 20."""


@pytest.fixture
def cut_off(shed, commons, until):
    """Bridge and run killed in mid-print, as in a power cut of the Pi alone: nobody was left to turn anything off."""

    def cut_off(**changes):
        profile = shed.machine(**changes)
        data = shed.program(profile, WAITS)
        shed.offer(profile, data)
        printer = shed.printer("virtual", 20)
        shed.start()
        shed.arm()
        until(lambda: len(shed.numbered()) > 30, "some lines executed")
        (runner,) = shed.children()
        shed.bridge.send_signal(signal.SIGSTOP)  # so that it does not see its run end
        os.kill(runner, signal.SIGKILL)
        shed.kill()
        assert not off(shed)
        return printer, data

    return cut_off


def lost_with_line_and_height(shed, commons):
    commons.reached("a1", AttemptState.LOST)
    reason = commons.reports["a1"].reason
    assert "cut off at line" in reason
    assert "0.20 mm high" in reason
    assert commons.started == ["a1"]
    return reason


def test_killed_with_its_run_it_goes_on_where_the_printer_stands(shed, commons, until, cut_off):
    _, data = cut_off()
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    assert bytes_of(shed.numbered()) == data
    assert commons.states["a1"][-2:] == [AttemptState.STARTED, AttemptState.FINISHED]
    assert commons.started == ["a1"]


def test_killed_again_and_again_every_line_is_executed_once(shed, commons, until, cut_off):
    _, data = cut_off()
    for _ in range(3):
        executed = len(shed.numbered())
        shed.start()
        until(lambda before=executed: len(shed.numbered()) > before + 20, "it goes on")
        (runner,) = shed.children()
        shed.bridge.send_signal(signal.SIGSTOP)
        os.kill(runner, signal.SIGKILL)
        shed.kill()
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    assert bytes_of(shed.numbered()) == data


def test_killed_with_its_run_for_too_long_it_is_lost_and_made_safe(shed, commons, until, cut_off):
    cut_off(resume_within_s=0.5)
    (journal,) = (shed.home / "journals" / "a1").iterdir()
    until(lambda: time.time() - journal.stat().st_mtime > 0.6, "the silence is over the limit")
    executed = len(shed.numbered())
    shed.start()
    assert "may go on by itself within 0.5 s" in lost_with_line_and_height(shed, commons)
    until(lambda: off(shed), "made safe")
    # What waited in the printer's own buffer may still have run.
    assert len(shed.numbered()) <= executed + 4


def test_a_printer_that_was_reset_meanwhile_is_lost_and_cold(shed, commons, until, cut_off):
    printer, _ = cut_off()
    printer.terminate()
    printer.wait(30)
    executed = len(shed.numbered())
    shed.printer("virtual", 20)
    shed.start()
    assert "reset since: it counts from 0 again" in lost_with_line_and_height(shed, commons)
    until(lambda: off(shed), "cold")
    assert len(shed.numbered()) == executed


def test_a_run_that_outlived_its_bridge_has_stopped_its_machine_and_is_lost(shed, commons, until, printing):
    """The next bridge comes while it is still at that: it waits, and then goes on with nothing."""
    (runner,) = shed.children()
    os.kill(runner, signal.SIGSTOP)
    shed.kill()
    shed.start()
    until(lambda: "asking the machine where it stands" in shed.log(), "a run that waits for the machine")
    os.kill(runner, signal.SIGCONT)
    stopped = "it was stopped, which loses the machine's position: the bridge went away"
    assert lost_with_line_and_height(shed, commons).endswith(stopped)
    assert off(shed)
    until(lambda: commons.machines["virtual"].state == "free", "free")


def test_a_run_that_dies_alone_is_lost_and_made_safe(shed, commons, until, printing):
    (runner,) = shed.children()
    os.kill(runner, signal.SIGKILL)
    commons.reached("a1", AttemptState.LOST)
    until(lambda: off(shed), "made safe")
    until(lambda: commons.machines["virtual"].state == "free", "free")


def test_a_run_told_to_end_with_its_bridge_turns_the_machine_off_itself(shed, commons, until, printing):
    """As a service manager does: the signal goes to every process at once."""
    (runner,) = shed.children()
    shed.bridge.send_signal(signal.SIGSTOP)  # so that only the run itself can have done it
    os.kill(runner, signal.SIGTERM)
    until(lambda: off(shed), "off")
    shed.bridge.send_signal(signal.SIGCONT)
    commons.reached("a1", AttemptState.FAILED)
    assert "told to end (SIGTERM)" in commons.reports["a1"].reason


def test_with_the_commons_gone_it_prints_to_the_end_and_reports_later(shed, commons, until):
    profile = shed.machine()
    data = shed.program(profile, ["G21", "G90", "G1 X10 Y10 F6000", *["G4 P500"] * 60])
    shed.offer(profile, data)
    shed.printer(speed=20)
    shed.start()
    shed.arm()
    commons.reached("a1", AttemptState.STARTED)
    commons.down()
    until(lambda: "finished" in shed.log(), "finished without the commons")
    assert bytes_of(shed.numbered()) == data
    assert AttemptState.FINISHED not in commons.states["a1"]
    commons.up()
    commons.reached("a1", AttemptState.FINISHED)


def test_what_ended_is_reported_after_a_kill_until_it_is_settled(shed, commons, until):
    profile = shed.machine(arm="policy")
    shed.offer(profile, shed.program(profile))
    commons.settling = False
    shed.printer()
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    shed.kill()
    commons.reports.clear()
    shed.start()
    until(lambda: "a1" in commons.reports, "reported again")
    assert commons.reports["a1"].state is AttemptState.FINISHED
    commons.settling = True
    until(lambda: shed.status()["attempts"] == [], "settled")


def test_a_start_whose_answer_was_lost_is_asked_again_and_runs_once(shed, commons, until):
    profile = shed.machine(arm="policy")
    data = shed.program(profile)

    def swallow(handler):
        commons.started.append("a1")
        commons.overrides.clear()
        handler.close_connection = True

    commons.overrides["/agent/v1/attempts/a1/start"] = swallow
    shed.offer(profile, data)
    shed.printer()
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    assert commons.started == ["a1", "a1"]
    assert bytes_of(shed.numbered()) == data


def test_stop_works_with_the_commons_gone(shed, commons, until, printing):
    commons.down()
    done = shed.ask("stop")
    assert (done.returncode, done.stdout) == (0, "virtual has stopped\n")
    assert off(shed)
    commons.up()
    commons.reached("a1", AttemptState.FAILED)
    assert "stopped at the workshop" in commons.reports["a1"].reason


def test_a_slow_commons_does_not_delay_stop(shed, commons, until, printing):
    hanging = []

    def hang(handler):
        hanging.append(handler)
        until(lambda: not hanging, "let go")
        handler.close_connection = True

    commons.overrides["/agent/v1/sync"] = hang
    until(lambda: hanging, "a sync that hangs")
    done = shed.ask("stop", "virtual")
    assert (done.returncode, done.stdout) == (0, "virtual has stopped\n")
    assert hanging
    commons.overrides.clear()
    hanging.clear()
    commons.reached("a1", AttemptState.FAILED)


def test_ending_the_bridge_stops_its_machines(shed, commons, until, printing):
    shed.bridge.terminate()
    assert shed.bridge.wait(30) == 0
    assert off(shed)
    shed.start()
    commons.reached("a1", AttemptState.FAILED)
    assert "the bridge was ended" in commons.reports["a1"].reason


def test_stop_gives_back_what_has_not_begun(shed, commons, until):
    profile = shed.machine()
    shed.offer(profile, shed.program(profile))
    shed.printer()
    shed.start()
    until(lambda: "a1 is checked" in shed.log(), "checked")
    assert shed.ask("stop").returncode == 0
    commons.reached("a1", AttemptState.LAPSED)
    assert shed.numbered() == []


def test_stop_says_failed_where_the_commons_may_believe_that_it_began(shed, commons, until):
    profile = shed.machine(arm="policy")
    commons.override("attempts/a1/start", 503)
    shed.offer(profile, shed.program(profile))
    shed.printer()
    shed.start()
    commons.reached("a1", AttemptState.ARMED)
    until(lambda: shed.status()["attempts"][0]["waits_for"] == "", "only the commons is waited for")
    assert shed.ask("stop").returncode == 0
    commons.reached("a1", AttemptState.FAILED)
    assert shed.numbered() == []


def test_a_withdrawn_lease_is_dropped_and_a_started_one_goes_on(shed, commons, until, printing):
    commons.once.append(b'{"command":"withdraw","attempt":"a1","fence":1,"reason":"cancelled"}')
    seen, executed = commons.syncs, len(shed.numbered())
    until(lambda: commons.syncs > seen + 2, "the withdrawal was heard")
    until(lambda: len(shed.numbered()) > executed + 20, "it goes on")
    assert commons.state("a1") is AttemptState.STARTED


def test_a_withdrawn_lease_cannot_be_armed(shed, commons, until):
    profile = shed.machine()
    shed.offer(profile, shed.program(profile))
    shed.printer()
    shed.start()
    until(lambda: "a1 is checked" in shed.log(), "checked")
    commons.once.append(b'{"command":"withdraw","attempt":"a1","fence":1,"reason":"cancelled"}')
    commons.reached("a1", AttemptState.LAPSED)
    assert shed.ask("arm", "a1").returncode != 0
    until(lambda: commons.machines["virtual"].state == "free", "free")


def test_a_lease_that_runs_out_is_given_up(shed, commons):
    profile = shed.machine()
    commons.renewing = False
    shed.offer(profile, shed.program(profile), expires_in_s=1.0)
    shed.printer()
    shed.start()
    commons.reached("a1", AttemptState.LAPSED)


def test_a_print_outlives_its_bridges_database(shed, commons, until):
    """Which here can be read and takes nothing more, as on a disk that is full."""
    profile = shed.machine(arm="policy")
    data = shed.program(profile, ["G21", "G90", "G1 X10 F6000", *["G4 P1000"] * 200])
    shed.offer(profile, data)
    shed.printer(speed=20)
    shed.start()
    until(lambda: len(shed.numbered()) > 10, "some lines executed")
    with closing(sqlite3.connect(shed.home / "bridge.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        until(lambda: "the bridge ends when its runs have" in shed.log(), "it is told")
        assert "bridge.db fails" in shed.status()["trouble"]
        assert shed.bridge.wait(60) == 1
    assert bytes_of(shed.numbered()) == data
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    assert bytes_of(shed.numbered()) == data
