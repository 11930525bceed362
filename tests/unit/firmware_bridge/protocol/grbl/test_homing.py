"""Homing against a scripted Grbl: what it says is written out, so that each rule is seen alone."""

import pytest

from firmware_bridge.protocol.grbl.homing import AGAIN_S, DEAF_S, GIVE_UP_S, HOMING_S, SETTLE_S, Homing
from firmware_bridge.protocol.grbl.lines import HOME, RESET, STATUS
from tests.unit.firmware_bridge.protocol.grbl.talk import WELCOME, status


class Talk:
    def __init__(self) -> None:
        self.homing = Homing()
        self.now = 100.0
        self.homing.begin(self.now)
        assert self.homing.send(self.now) == STATUS

    def hear(self, *lines: str) -> bytes:
        self.homing.feed("".join(f"{line}\r\n" for line in lines).encode(), self.now)
        return self.homing.send(self.now)

    def wait(self, seconds: float) -> bytes:
        """As its shell does it: whenever it wants to be woken."""
        out, until = b"", self.now + seconds
        while not self.homing.over and self.homing.wake_at <= until:
            self.now = max(self.now, self.homing.wake_at)
            out += self.homing.send(self.now)
        self.now = until
        return out

    @property
    def ended(self) -> str | None:
        """None while it is under way, empty once it is homed."""
        return self.homing.reason if self.homing.over else None


@pytest.fixture
def talk():
    return Talk()


@pytest.fixture
def homing(talk):
    assert talk.hear(status("Idle")) == HOME
    return talk


def test_an_idle_router_is_homed_and_then_asked_whether_it_is(homing):
    assert homing.wait(120.0) == b""
    assert homing.hear("ok") == STATUS
    assert homing.ended is None
    homing.hear(status("Idle"))
    assert homing.ended == ""


@pytest.mark.parametrize("state", ["Alarm", "Check", "Sleep", None])
def test_one_in_which_nothing_moves_is_reset_first_and_so_is_one_behind_a_limit_that_hears_nothing_else(talk, state):
    said = talk.wait(DEAF_S) if state is None else talk.hear(status(state))
    assert said.strip(STATUS) == RESET
    assert talk.hear(WELCOME, "[MSG:'$H'|'$X' to unlock]") == b""
    assert talk.hear("ALARM:11") == b""  # grblHAL: it must be homed first
    assert talk.wait(SETTLE_S) == HOME
    talk.hear("ok")
    talk.hear(status("Idle"))
    assert talk.ended == ""


@pytest.mark.parametrize("state", ["Run", "Hold:0", "Jog", "Home", "Door:1", "Tool", "Dwell"])
def test_one_that_is_at_something_is_left_alone(talk, state):
    assert talk.hear(status(state)) == b""
    assert talk.ended
    assert talk.wait(60.0) == b""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("error:5", "homing is switched off"),
        ("ALARM:8", "the limit switch stays closed"),
        ("ALARM:9", "found no limit switch"),
        (WELCOME, "it was reset"),
    ],
)
def test_what_it_says_instead_is_told(homing, said, told):
    assert homing.hear(said) == b""
    assert told in homing.ended


def test_an_ok_alone_is_not_believed(homing):
    homing.hear("ok")
    homing.hear(status("Alarm"))
    assert "in state Alarm" in homing.ended


def test_an_ok_that_was_for_something_else_does_not_end_it(homing):
    homing.hear("ok")
    homing.hear(status("Home"))
    homing.hear(status("Run"))  # a start-up line
    assert homing.wait(2 * GIVE_UP_S).count(STATUS) == 2 * GIVE_UP_S / AGAIN_S
    homing.hear("ok", status("Idle"))
    assert homing.ended == ""


def test_a_stop_resets_it_until_it_greets(homing):
    homing.homing.stop("stopped by SIGINT", homing.now)
    assert homing.homing.send(homing.now) == RESET
    homing.homing.stop("stopped by SIGINT", homing.now)
    assert homing.wait(AGAIN_S) == RESET
    homing.hear("ALARM:6", WELCOME)
    assert homing.ended == "stopped by SIGINT: homing was broken off, so its position is not known: home it again"


def test_a_stop_that_is_not_confirmed_says_so(homing):
    homing.homing.stop("stopped by SIGINT", homing.now)
    homing.wait(2 * GIVE_UP_S)
    assert homing.ended.endswith("look at it now")


def test_before_it_moves_a_stop_sends_nothing(talk):
    talk.homing.stop("stopped by SIGINT", talk.now)
    assert talk.homing.send(talk.now) == b""
    assert talk.ended == "stopped by SIGINT: nothing was moved"


def test_one_that_never_says_that_it_is_homed_is_broken_off(homing):
    assert homing.wait(HOMING_S) == RESET
    homing.hear(WELCOME)
    assert "within 900 s" in homing.ended


def test_silence_is_asked_again_and_given_up(talk):
    assert talk.wait(2 * GIVE_UP_S).strip(STATUS).count(RESET) == GIVE_UP_S / AGAIN_S
    assert talk.ended == "it has not answered for 15 s"
