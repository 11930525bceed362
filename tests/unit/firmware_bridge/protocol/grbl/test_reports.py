"""What a scripted Grbl says of its state, and what follows from it."""

import pytest

from firmware_bridge.protocol.conversation import Ending
from firmware_bridge.protocol.grbl.reports import WHY_NOT_BEGIN
from tests.unit.firmware_bridge.protocol.grbl.talk import WELCOME, Talk, status


@pytest.mark.parametrize("state", WHY_NOT_BEGIN)
def test_a_machine_that_is_at_something_is_left_alone(state):
    talk = Talk()
    talk.say()
    assert talk.hear(status(state)) == b""
    assert talk.grbl.ending is Ending.REFUSED
    assert talk.grbl.reason == WHY_NOT_BEGIN[state]


def test_a_check_mode_left_behind_is_reset_since_nothing_moves_in_it():
    talk = Talk()
    talk.say()
    assert talk.hear(status("Check")) == b"\x18"
    assert talk.hear("", WELCOME) == b""
    assert talk.hear(status("Idle")) == b"$I\n"


def test_an_alarm_whose_line_was_lost_shows_in_the_next_report(cutting):
    cutting.hear(status("Alarm"))
    assert cutting.grbl.ending is Ending.HALTED


def test_check_mode_that_ends_by_itself_stops_too():
    talk = Talk()
    talk.until_check()
    assert talk.hear(status("Idle")) == b"!"


@pytest.mark.parametrize(
    ("state", "words", "may_go_on"),
    [
        ("Hold:0", "it is held", True),
        ("Hold:1", "it is being held", False),
        ("Door:1", "the safety door is open", False),
        ("Door:3", "waits for the spindle", False),
        ("Tool", "tool change", False),
    ],
)
def test_who_waits_for_a_person_says_so_and_is_waited_for(cutting, state, words, may_go_on):
    for _ in range(1_000):
        assert cutting.hear(status(state), after=1.0) == b""
    assert cutting.grbl.attention.paused
    assert words in cutting.grbl.attention.why
    assert cutting.grbl.attention.may_go_on is may_go_on
    cutting.hear(status("Run"))
    assert not cutting.grbl.attention.paused
    assert cutting.grbl.attention.why == ""


def test_a_pause_of_the_program_is_told_from_a_hold():
    talk = Talk([b"G21", b"M0", b"M5"])
    talk.answer_all(talk.until_check())
    talk.hear("", WELCOME)
    talk.hear(status("Idle"))
    talk.hear("ok", status("Hold:0"))
    assert talk.grbl.attention.why.startswith("the program waits for you (M0)")
