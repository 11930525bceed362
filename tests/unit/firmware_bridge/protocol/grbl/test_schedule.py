"""A Grbl that is asked in time, and one that is late, deaf or silent."""

from firmware_bridge.protocol.conversation import Ending
from firmware_bridge.protocol.grbl.schedule import DEAF_S, STATUS_S
from firmware_bridge.protocol.grbl.states import LATE_S, State
from firmware_bridge.protocol.silence import Timings
from tests.unit.firmware_bridge.protocol.grbl.talk import MODES, WELCOME, Talk, status


def test_a_reset_that_is_not_heard_is_said_again():
    talk = Talk([b"G1 X999"])
    talk.until_check()
    assert talk.hear("ALARM:2") == b"\x18"
    assert talk.hear("[MSG:Reset to continue]") == b""
    assert talk.wait(1.1) == b"\x18"


def test_a_hold_that_does_not_come_to_rest_is_cut_short_and_the_lost_position_told(cutting):
    cutting.grbl.stop("asked", cutting.now)
    began, said = cutting.now, cutting.say()
    while b"\x18" not in said:
        said += cutting.hear(status("Hold:1"), after=0.25)
    assert cutting.now - began < LATE_S[State.HOLDING] + 0.5
    cutting.hear("ALARM:3", "ALARM:3", "", WELCOME)
    cutting.hear("error:9", MODES)
    assert cutting.grbl.ending is Ending.STOPPED
    assert cutting.grbl.reason == "asked; ALARM:3 (it was reset while moving; its position is lost)"


def test_who_hears_nothing_but_a_reset_is_reset_soon(cutting):
    cutting.grbl.stop("asked", cutting.now)
    assert cutting.wait(DEAF_S + 0.1).startswith(b"!\x18")


def test_a_stop_nobody_confirms_says_so(cutting):
    cutting.grbl.stop("asked", cutting.now)
    cutting.wait(60)
    assert cutting.grbl.ending is Ending.UNCONFIRMED
    assert cutting.now < 100 + Timings().stop_within_s + 70


def test_silence_ends_it(cutting):
    cutting.wait(Timings().greeting_s + 1)
    assert cutting.grbl.ending is Ending.SILENT


def test_who_never_says_what_grbl_says_is_no_grbl():
    talk = Talk()
    for _ in range(100):
        talk.hear("ok", "echo:Unknown command", after=0.5)
    assert talk.grbl.ending is Ending.SILENT


def test_it_is_asked_for_its_state_no_more_than_five_times_a_second(cutting):
    for _ in range(1_000):
        cutting.hear(status("Run"), after=0.01)
    gaps = [b - a for a, b in zip(cutting.asked, cutting.asked[1:], strict=False) if b - a < 0.2]
    assert STATUS_S > 0.2
    # Only entering a state asks out of turn.
    assert len(gaps) <= 4
