"""The sender against a scripted firmware: what it says is written out, so that each rule is seen alone."""

import math

import pytest

from firmware_bridge.protocol.conversation import Ending
from firmware_bridge.protocol.marlin.framing import frame
from firmware_bridge.protocol.marlin.lines import PROBE, SYNC, TURN_OFF
from firmware_bridge.protocol.marlin.states import LIVE, TRANSITIONS, Signal, State
from firmware_bridge.protocol.marlin.stopping import AGAIN_S
from firmware_bridge.protocol.silence import Timings
from tests.unit.firmware_bridge.protocol.marlin.talk import Talk


@pytest.mark.parametrize("said", ["error:20", "Grbl 1.1h ['$' for help]", "GrblHAL 1.1f ['$' or '$HELP' for help]"])
def test_a_grbl_that_answers_instead_is_given_nothing(said):
    talk = Talk([b"G28"])
    assert talk.marlin.send(talk.now) == SYNC
    talk.hear("ok", said)
    assert talk.marlin.ending is Ending.REFUSED
    assert "a machine with Grbl answers" in talk.marlin.reason
    assert talk.marlin.tally.lines_sent == 0


def test_what_looks_like_a_grbls_error_in_mid_print_is_noise():
    talk = Talk([b"G28", b"G90"])
    talk.greet()
    talk.hear("error:20")
    assert not talk.marlin.over


def test_a_whole_job_asks_where_it_stands_at_both_ends(printing):
    assert printing.hear("ok") == frame(2, b"G1 X1")
    assert printing.hear("ok") == frame(3, b"G1 X2")
    assert b"M105*" in printing.hear("ok")
    assert printing.marlin.state is State.CLOSING
    assert printing.named(3) == b"M400\n"
    assert printing.hear("ok") == b"M155 S0\n"
    assert printing.hear("ok") == PROBE
    assert printing.hear("ok T:21.0 /0.0") == b""
    assert printing.marlin.state is State.FINISHED
    assert printing.marlin.acknowledged == printing.marlin.tally.lines_sent == 3


def test_an_ok_too_many_at_the_end_does_not_stand_for_the_last_motion():
    talk = Talk([b"G28"])
    assert talk.greet() == PROBE
    assert talk.hear("ok T:21.0 /0.0") == frame(1, b"G28")
    assert b"M105*" in talk.hear("ok")
    assert talk.named(1) == b"M400\n"
    assert talk.hear("ok") == PROBE
    talk.hear("ok")
    assert talk.marlin.state is State.SETTLING
    talk.hear("ok T:21.0 /0.0", after=20.0)
    assert talk.marlin.state is State.FINISHED


def test_a_question_asked_twice_at_the_end_is_answered_twice_before_anything_follows(printing):
    for _ in range(3):
        printing.hear("ok")
    assert b"M105*" in printing.wait(Timings().silence_most_s)
    assert printing.marlin.state is State.CLOSING
    assert printing.error(3) == b"M400\n"


def test_a_last_line_that_never_ran_is_sent_again_though_it_was_acknowledged(printing):
    printing.hear("ok")
    printing.hear("ok")
    printing.hear("ok")
    assert printing.error(2) == frame(3, b"G1 X2")
    assert printing.marlin.state is State.PRINTING


def test_nothing_is_sent_until_it_has_been_quiet(printing):
    printing.hear("Resend: 2", "ok")
    assert printing.wait(0.04) == b""
    assert printing.hear("ok") == b""
    assert printing.wait(0.04) == b""
    assert printing.wait(0.03) == frame(1, b"G28")


def test_a_lost_ok_is_found_by_a_probe(printing):
    assert printing.wait(0.0) == b""
    assert printing.wait(Timings().silence_most_s) == PROBE
    assert printing.hear("ok T:21.0 /0.0") == frame(2, b"G1 X1")
    assert printing.marlin.tally.probes == 1


def test_a_late_ok_after_a_probe_counts_once(printing):
    printing.wait(Timings().silence_most_s)
    assert printing.hear("ok") == b""
    assert printing.marlin.acknowledged == 1
    assert printing.hear("ok T:21.0 /0.0") == frame(2, b"G1 X1")


@pytest.mark.parametrize("sign", ["echo:busy: processing", " T:100.0 /200.0 W:?"])
def test_nobody_probes_a_busy_firmware(printing, sign):
    for _ in range(100):
        assert printing.hear(sign, after=2.0) == b""
    assert printing.marlin.state is State.PRINTING


REPORT = " T:200.0 /200.0 B:60.0 /60.0 @:64"


def test_reported_temperatures_do_not_hide_a_lost_ok(printing):
    printing.hear(REPORT, after=0.5)
    said = [printing.hear(REPORT, after=2.0) for _ in range(5)]
    assert PROBE in said
    assert said.index(PROBE) >= 3  # not while they say that it lives and it may just be slow
    assert printing.hear("ok T:200.0 /200.0 B:60.0 /60.0") == frame(2, b"G1 X1")


def test_a_long_probing_that_only_reports_temperatures_is_waited_for(printing):
    said = b"".join(printing.hear(REPORT, after=2.0) for _ in range(900 // 2))
    assert printing.marlin.state is State.PRINTING
    assert 0 < len(said) < 128
    assert printing.hear("ok", *["ok T:200.0 /200.0"] * said.count(PROBE)) == frame(2, b"G1 X1")


@pytest.mark.parametrize("every_s", [2.0, 9.0, 60.0])
def test_questions_never_overflow_a_board_that_only_reports_temperatures(printing, every_s):
    said, until = b"", printing.now + 2_000
    while printing.now < until:
        said += printing.hear(REPORT)
        report_at = printing.now + every_s
        while printing.now < report_at:
            said += printing.wait(1.0)
    assert printing.marlin.state is State.PRINTING
    assert 0 < len(said) < 128


def test_who_only_ever_reports_temperatures_is_deaf(printing):
    while not printing.marlin.over:
        printing.hear(REPORT, after=2.0)
    assert printing.marlin.state is State.SILENT
    assert "reported temperatures and answered nothing" in printing.marlin.reason
    assert printing.now > 100 + Timings().deaf_s


def test_reported_temperatures_are_no_greeting():
    talk = Talk([b"G28"])
    while not talk.marlin.over:
        talk.hear(REPORT, after=2.0)
    assert talk.now < 100 + Timings().greeting_s + 20


def test_a_restart_in_mid_job_ends_it(printing):
    printing.hear("start", "echo:Marlin 2.1")
    assert printing.marlin.state is State.RESTARTED
    assert "restarted" in printing.marlin.reason


def test_a_restart_while_greeting_begins_the_greeting_anew():
    talk = Talk([b"G28"])
    assert talk.marlin.send(talk.now) == SYNC
    assert talk.hear("start", "echo:Marlin 2.1") == b""
    assert talk.wait(Timings().boot_s) == SYNC


def test_the_first_fault_named_is_the_reason(printing):
    printing.hear("Error:Thermal Runaway, system stopped! Heater_ID: 0", "Error:Printer halted. kill() called!")
    assert printing.marlin.state is State.HALTED
    assert printing.marlin.reason == "Thermal Runaway, system stopped! Heater_ID: 0"


def test_a_firmware_without_arcs_does_not_print_on_without_them(printing):
    """It runs on, so it is given as long to turn off as by any other stop."""
    assert printing.hear('echo:Unknown command: "G2 X10 I5 J0"', "ok") == TURN_OFF
    printing.wait(Timings().stop_within_s / 2)
    assert printing.hear("ok T:200.0 /0.0 B:60.0 /0.0") == b"M84\n"
    assert printing.marlin.ending is Ending.STOPPED
    assert printing.marlin.reason == "the firmware does not know G2, which the program moves by"


def test_a_line_that_is_not_done_before_the_program_begins_leaves_the_machine_alone():
    talk = Talk([b"G28"])
    assert talk.marlin.send(talk.now) == SYNC
    assert talk.hear("!! Printer is not ready") == b""
    assert talk.marlin.ending is Ending.HALTED


def test_a_board_that_restarts_in_a_stop_answers_nothing_from_before():
    talk = Talk([b"M104 S210"])
    assert talk.greet() == PROBE
    talk.marlin.stop("asked", talk.now)
    assert talk.wait(0) == TURN_OFF
    assert talk.hear("start") == b""
    assert talk.wait(Timings().boot_s) == TURN_OFF
    assert talk.hear("ok", "ok T:20.0 /0.0") == b"M84\n"


def test_its_successor_is_confirmed_where_nothing_from_before_is_answered_any_more(printing):
    """A link that was dead for a while has lost every question."""
    while not printing.marlin.over:
        printing.wait(1.0)
    heir, now = printing.marlin.successor(Timings()), printing.now
    heir.stop("made safe", now)
    while not heir.over:
        said = heir.send(now)
        heir.feed(b"ok\n" * 5 * said.count(TURN_OFF) + b"ok T:20.0 /0.0\n" * said.count(TURN_OFF), now)
        now += 0.01
    assert heir.ending is Ending.STOPPED
    assert now < printing.now + 10


def test_a_stop_by_its_successor_takes_no_answer_from_before_for_its_own(printing):
    while not printing.marlin.over:
        printing.wait(1.0)
    assert printing.marlin.ending is Ending.SILENT
    asked = printing.marlin.tally.probes
    heir = printing.marlin.successor(Timings())
    heir.stop("made safe", printing.now)
    assert heir.send(printing.now) == TURN_OFF
    heir.feed(b"ok T:20.0 /0.0\n" * asked, printing.now)
    assert not heir.over
    heir.feed(b"ok T:20.0 /0.0\n", printing.now)
    assert heir.ending is Ending.STOPPED


def test_stopping_goes_on_until_the_heaters_targets_are_zero(printing):
    printing.marlin.stop("asked", printing.now)
    assert printing.wait(0) == TURN_OFF
    assert TURN_OFF.index(b"M104 S0") < TURN_OFF.index(b"M140 S0") < TURN_OFF.index(b"M107")
    assert printing.hear("ok", "ok", "ok T:200.0 /200.0 B:60.0 /0.0") == b""
    assert printing.wait(AGAIN_S) == TURN_OFF
    assert printing.hear("ok T:200.0 /0.0 B:60.0 /0.0") == b"M84\n"
    assert printing.marlin.state is State.STOPPED
    assert printing.marlin.reason == "asked"


def test_an_answer_from_before_a_stop_confirms_nothing():
    """Heat may have been set behind the question that it answers."""
    before = Talk([b"M104 S210"])
    assert before.greet() == PROBE
    before.marlin.stop("asked", before.now)
    assert before.hear("ok T:20.0 /0.0") == TURN_OFF
    assert before.hear("ok T:20.0 /0.0") == b"M84\n"
    behind = Talk([b"M104 S210"])
    assert behind.greet() == PROBE
    behind.marlin.stop("asked", behind.now)
    assert behind.wait(0) == TURN_OFF
    assert behind.hear("ok T:20.0 /0.0") == b""
    assert behind.hear("ok T:20.0 /0.0") == b"M84\n"


def test_a_stop_nobody_confirms_says_so(printing):
    printing.marlin.stop("asked", printing.now)
    while not printing.marlin.over:
        printing.wait(0.5)
    assert printing.marlin.state is State.UNCONFIRMED


@pytest.mark.parametrize(
    ("said", "every_s"),
    [("echo:busy: paused for user", 0.5), ("start", 0.4), ("Resend: 5", 0.05)],
    ids=["waits for a person", "restarts in a loop", "asks for a line again and again"],
)
def test_whatever_it_says_a_stop_ends_in_its_time(printing, said, every_s):
    printing.marlin.stop("asked", printing.now)
    began = printing.now
    while not printing.marlin.over:
        assert printing.marlin.wake_at <= began + Timings().stop_within_s
        printing.hear(said, after=every_s)
    assert printing.marlin.state is State.UNCONFIRMED
    assert printing.now - began < Timings().stop_within_s + 1


def test_a_stop_that_is_heard_and_not_obeyed_is_told_again_in_time_and_not_for_ever(printing):
    printing.marlin.stop("asked", printing.now)
    told, began = 0, printing.now
    while not printing.marlin.over:
        told += printing.wait(0.01) == TURN_OFF
        printing.hear("!! Heater extruder not heating at expected rate", "ok T:22.0 /175.0 B:22.0 /40.0")
    assert printing.marlin.state is State.UNCONFIRMED
    assert printing.now - began < Timings().stop_within_s + 1
    assert 10 < told <= Timings().stop_within_s / AGAIN_S + 1


def test_cancel_at_the_machine_is_a_stop(printing):
    assert printing.hear("//action:cancel") == TURN_OFF


def test_a_pause_at_the_machine_holds_the_next_line(printing):
    assert printing.hear("//action:paused", "ok") == b""
    assert printing.wait(600) == b""
    assert printing.marlin.wake_at == math.inf
    assert printing.hear("//action:resumed") == frame(2, b"G1 X1")


def test_the_table_leaves_no_live_state_without_an_end():
    for state in LIVE:
        assert (state, Signal.HALT) in TRANSITIONS
        assert (state, Signal.GAVE_UP) in TRANSITIONS
    assert {state for state, _ in TRANSITIONS} == set(LIVE)
    assert set(State) == set(LIVE) | set(TRANSITIONS.values())


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("echo:busy: paused for user", "the machine is paused for user: look at its display"),
        ("//action:prompt_begin Filament Runout T0", "Filament Runout T0"),
    ],
)
def test_who_is_wanted_at_the_machine_is_said_until_it_is_done(printing, said, why):
    printing.hear(said)
    assert printing.marlin.attention.why == why
    printing.hear("ok")
    assert printing.marlin.attention.why == ""


def test_power_panic_ends_the_job(printing):
    printing.hear("//action:uvlo_recovery_ready")
    assert printing.marlin.state is State.RESTARTED
    assert "power failed" in printing.marlin.reason
