"""The sender against a scripted firmware: what it says is written out, so that each rule is seen alone."""

import pytest

from firmware_bridge.protocol.conversation import Ending, Whereabouts
from firmware_bridge.protocol.grbl.lines import Override
from firmware_bridge.protocol.grbl.states import LIVE, TRANSITIONS, Signal, State
from tests.unit.firmware_bridge.protocol.grbl.talk import MODES, OFFSETS, SETTINGS, WELCOME, Talk, status


def test_a_whole_job(cutting):
    assert cutting.hear("ok", "ok", "ok", MODES, "ok") == b"G4P0.01\n$G\n"
    assert cutting.grbl.acknowledged == cutting.grbl.tally.lines_sent == 3
    assert cutting.hear("ok", MODES, "ok") == b""
    assert cutting.hear(status("Run")) == b""
    assert cutting.grbl.state is State.CLOSING
    cutting.hear(status("Idle"))
    assert cutting.grbl.ending is Ending.FINISHED


def test_the_program_is_rehearsed_whole_before_the_journal_hears_of_a_line():
    talk = Talk()
    talk.until_check()
    assert talk.program.given == 0
    assert talk.grbl.tally.lines_sent == 0


@pytest.mark.parametrize("greeting", [WELCOME, "GrblHAL 1.1f ['$' or '$HELP' for help]", "GRBL 1.1g [x]"])
def test_it_may_greet_while_it_is_asked(greeting):
    talk = Talk()
    talk.say()
    assert talk.hear("", greeting) == b""
    assert talk.hear(status("Idle")) == b"$I\n"


def test_an_old_grbl_is_refused():
    talk = Talk()
    talk.say()
    talk.hear("Grbl 0.9j ['$' for help]")
    assert talk.grbl.ending is Ending.REFUSED
    assert "1.1 is needed" in talk.grbl.reason


def test_one_homed_by_hand_that_forgets_it_after_the_check_is_gone_on_with():
    talk = Talk()
    assert talk.answer_all(talk.until_check()).endswith(b"\x18")
    talk.hear("", "GrblHAL 1.1f ['$' or '$HELP' for help]")
    assert talk.hear(status("Idle", H="0")).startswith(b"G21\n")


def test_nothing_is_checked_before_it_says_that_it_is_in_check_mode():
    talk = Talk()
    talk.say()
    talk.hear(status("Idle"))
    talk.hear("[OPT:V,15,128]", "ok")
    talk.hear(*(f"${number}={value}" for number, value in SETTINGS.items()), "ok")
    assert talk.hear(*OFFSETS) == b"$C\n"
    assert talk.hear("[MSG:Enabled]", "ok", status("Idle")) == b""
    # It toggles: never twice without a reset in between.
    assert talk.wait(2.5).startswith(b"\x18")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (["ok", "error:20"], "line 2 (G81 X1): error:20 (it does not know this G-code)"),
        (
            ["ok", "ALARM:2"],
            "line 2 (G81 X1): ALARM:2 (a move would leave the machine's travel (soft limit)); set its zero (G54) so",
        ),
    ],
)
def test_a_program_that_fails_its_check_is_refused_by_line_and_the_check_mode_left(answers, words):
    talk = Talk([b"G21", b"G81 X1", b"M5"])
    assert talk.until_check() == b"G21\nG81 X1\nM5\n$G\n"
    assert talk.hear(*answers) == b"\x18"
    assert talk.hear("", WELCOME) == b"M5M9\n$G\n"
    talk.hear("error:9", MODES, "ok")
    assert talk.grbl.ending is Ending.REFUSED
    assert words in talk.grbl.reason
    assert talk.grbl.tally.lines_sent == 0
    assert talk.program.given == 0


def test_a_reset_in_the_check_stops_at_once_since_what_follows_would_be_executed():
    talk = Talk()
    talk.until_check()
    assert talk.hear("ok", "", WELCOME) == b"!"
    assert talk.hear(status("Hold:0")) == b"\x18"
    assert talk.hear("", WELCOME) == b"M5M9\n$G\n"
    talk.hear("ok", MODES)
    assert talk.grbl.ending is Ending.RESTARTED


def test_an_error_in_the_real_run_holds_comes_to_rest_resets_and_ends_halted(cutting):
    assert cutting.hear("ok", "error:33") == b"!"
    assert cutting.hear(status("Hold:1"), after=0.3) == b""
    assert cutting.hear(status("Hold:0"), after=0.3) == b"\x18"
    assert cutting.hear("", WELCOME) == b"M5M9\n$G\n"
    cutting.hear("ok", MODES)
    assert cutting.grbl.ending is Ending.HALTED
    assert cutting.grbl.reason == "line 2 (G1 X1 F600): error:33 (the target of the move is impossible)"


@pytest.mark.parametrize("number", [1, 14, 99])
def test_an_alarm_ends_halted(cutting, number):
    cutting.hear(f"ALARM:{number}")
    assert cutting.grbl.ending is Ending.HALTED
    assert f"ALARM:{number}" in cutting.grbl.reason


def test_a_restart_in_mid_job_is_a_stop_and_nothing_is_sent_again(cutting):
    assert cutting.hear("ok", "", WELCOME) == b"!"
    assert cutting.hear(status("Alarm"), after=0.3) == b"\x18"
    assert cutting.hear("", WELCOME, "[MSG:'$H'|'$X' to unlock]") == b"M5M9\n$G\n"
    cutting.hear("error:9", MODES, "ok")
    assert cutting.grbl.ending is Ending.RESTARTED
    assert "restarted in mid-job" in cutting.grbl.reason


def test_a_stop_comes_to_rest_before_the_reset_and_confirms_that_all_is_off(cutting):
    cutting.grbl.stop("asked", cutting.now)
    assert cutting.say() == b"!"
    assert cutting.hear("ok", status("Run")) == b""
    assert cutting.hear(status("Hold:1"), after=0.3) == b""
    assert cutting.hear(status("Hold:0"), after=0.3) == b"\x18"
    assert cutting.hear("", WELCOME) == b"M5M9\n$G\n"
    assert cutting.hear("ok", MODES.replace("M5", "M3")) == b""
    assert cutting.wait(1.1) == b"\x18"
    assert cutting.hear("", WELCOME) == b"M5M9\n$G\n"
    cutting.hear("ok", MODES)
    assert cutting.grbl.ending is Ending.STOPPED
    assert cutting.grbl.reason == "asked"


def test_a_greeting_that_was_on_its_way_does_not_end_a_hold():
    talk = Talk()
    talk.grbl.stop("made safe", talk.now)
    assert talk.say() == b"!"
    assert talk.hear("", WELCOME) == b""
    assert talk.hear(status("Hold:0")) == b"\x18"


def test_a_run_that_was_cut_off_is_never_gone_on_with():
    talk = Talk(found=Whereabouts(5, 512))
    assert talk.grbl.ending is Ending.ELSEWHERE
    assert "does not number lines" in talk.grbl.reason
    assert talk.say() == b""


def test_overrides_hold_and_resume_are_single_bytes_and_the_owners(cutting):
    cutting.grbl.override(Override.FEED_PLUS_10)
    cutting.grbl.hold()
    assert cutting.say() == b"\x91!"
    cutting.grbl.resume()
    cutting.grbl.override(Override.SPINDLE_STOP)
    assert cutting.say() == b"~\x9e"
    assert cutting.grbl.tally.lines_sent == 3


def test_a_pause_that_was_answered_is_over_until_a_report_tells_of_another(cutting):
    held = status("Hold:0")
    cutting.hear(held)
    assert cutting.grbl.attention.may_go_on
    cutting.grbl.resume()
    cutting.grbl.feed(f"{held}\r\n".encode(), cutting.now)  # was on its way when it was answered
    assert cutting.say() == b"~"
    cutting.hear(held)  # written before that was heard
    assert not cutting.grbl.attention.paused
    assert not cutting.grbl.attention.may_go_on
    cutting.hear(held, after=0.2)
    assert cutting.grbl.attention.may_go_on


def test_owners_bytes_mean_nothing_outside_a_run():
    talk = Talk()
    talk.until_check()
    talk.grbl.resume()
    assert talk.say() == b""


def test_the_table_leaves_no_live_state_without_an_end():
    for state in LIVE:
        assert (state, Signal.GAVE_UP) in TRANSITIONS
    assert {state for state, _ in TRANSITIONS} == set(LIVE)
    assert set(State) == set(LIVE) | set(TRANSITIONS.values())
