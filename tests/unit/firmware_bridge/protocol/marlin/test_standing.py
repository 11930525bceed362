"""Where a scripted firmware says that it stands, and what follows from it."""

import pytest

from firmware_bridge.protocol.conversation import Ending, Whereabouts
from firmware_bridge.protocol.marlin.framing import frame
from firmware_bridge.protocol.marlin.lines import SYNC
from firmware_bridge.protocol.marlin.standing import ATTEMPTS_S
from firmware_bridge.protocol.marlin.states import State
from firmware_bridge.protocol.silence import Timings
from tests.unit.firmware_bridge.protocol.marlin.talk import QUIET, Talk


def test_a_firmware_that_counts_nothing_is_believed_by_its_answers():
    talk = Talk([b"G28"])
    talk.marlin.send(talk.now)
    talk.hear("ok")
    assert talk.hear("ok T:21.0 /0.0") == b"M115\n"


def test_a_stale_count_is_reset_before_the_first_line():
    talk = Talk([b"G28"])
    talk.marlin.send(talk.now)
    talk.hear("ok")
    assert talk.error(2) == SYNC


def test_the_ok_of_an_error_acknowledges_nothing(printing):
    assert printing.error(0) == frame(1, b"G28")
    assert printing.marlin.acknowledged == 0
    assert printing.marlin.tally.resends == 1


def test_a_resend_reaches_back_to_a_line_a_doubled_ok_had_acknowledged(printing):
    assert printing.hear("ok", "ok") == frame(2, b"G1 X1")
    assert printing.hear("ok") == frame(3, b"G1 X2")
    assert printing.error(1) == frame(2, b"G1 X1")
    assert printing.hear("ok") == frame(3, b"G1 X2")


def test_a_garbled_resend_falls_back_to_what_is_unacknowledged(printing):
    printing.hear("ok")
    printing.hear("Resend: 34497", "ok")
    assert printing.wait(QUIET) == frame(2, b"G1 X1")


def test_a_restart_whose_greeting_was_lost_shows_in_its_count():
    talk = Talk([b"G1 X%d" % i for i in range(200)])
    talk.greet("AUTOREPORT_TEMP")
    for _ in range(150):
        talk.hear("ok")
    for _ in range(3):
        talk.hear("Error:Line Number is not Last Line Number+1, Last Line: 0", "Resend: 1", "ok")
        talk.wait(QUIET)
    assert talk.marlin.state is State.RESTARTED


def test_a_line_that_never_gets_through_ends_the_job(printing):
    for _ in range(40):
        printing.hear("Resend: 2", "ok")
        printing.wait(QUIET)
    # What damages them all may pass.
    assert printing.marlin.state is State.PRINTING
    while not printing.marlin.over:
        printing.hear("Resend: 2", "ok")
        printing.wait(QUIET)
    assert printing.marlin.state is State.STUCK
    assert ATTEMPTS_S < printing.now - 100 < 2 * ATTEMPTS_S
    assert "line 1 " in printing.marlin.reason


class TestGoingOn:
    """With a journal of lines 1 to 40 acknowledged, up to 60 possibly sent."""

    @staticmethod
    def talk() -> Talk:
        talk = Talk([b"G1 X%d" % i for i in range(1, 100)], found=Whereabouts(40, 60))
        assert b"M105*" in talk.marlin.send(talk.now)
        return talk

    @pytest.mark.parametrize("last", [40, 47, 60])
    def test_it_goes_on_after_the_firmwares_last_line(self, last):
        talk = self.talk()
        assert talk.error(last) == b"M115\n"
        assert talk.hear("Cap:AUTOREPORT_TEMP:1", "ok") == b"M155 S2\n"
        assert talk.hear("ok") == frame(last + 1, b"G1 X%d" % (last + 1))
        assert talk.marlin.acknowledged == last

    @pytest.mark.parametrize("last", [0, 39, 61])
    def test_a_line_that_was_not_possible_is_no_place_to_go_on(self, last):
        talk = self.talk()
        talk.error(last)
        assert talk.marlin.ending is Ending.ELSEWHERE
        assert f"line {last}, and lines 40 to 60" in talk.marlin.reason

    def test_who_took_no_line_yet_is_told_from_who_was_reset(self):
        talk = Talk([b"G28"], found=Whereabouts(0, 1))
        talk.marlin.send(talk.now)
        assert talk.error(0) == b"M115\n"
        talk = Talk([b"G28"], found=Whereabouts(0, 1))
        talk.marlin.send(talk.now)
        talk.hear("Error:Line Number is not Last Line Number+1, Last Line: 0", "Resend: 1", "ok")
        assert talk.marlin.ending is Ending.ELSEWHERE
        assert "reset" in talk.marlin.reason

    def test_a_garbled_number_is_asked_for_again(self):
        talk = self.talk()
        assert talk.hear("Error:Line Number is not Last Line Number+1, Last Line: 48", "Resend: 4", "ok") == b""
        asked = talk.wait(QUIET) + talk.wait(Timings().silence_first_s)
        assert b"M105*" in asked
        assert talk.error(47) == b"M115\n"

    def test_who_restarted_does_not_go_on(self):
        talk = self.talk()
        talk.hear("start")
        assert talk.marlin.ending is Ending.RESTARTED

    def test_who_does_not_number_lines_cannot_be_asked(self):
        talk = self.talk()
        talk.hear("ok T:200.0 /200.0")
        assert talk.marlin.ending is Ending.ELSEWHERE
