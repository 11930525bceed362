"""Which firmware it is, from what it says."""

import pytest

from firmware_bridge.protocol.detection import GIVE_UP_S, QUESTIONS, QUIET_S, Detection


class Talk:
    def __init__(self) -> None:
        self.detection, self.now = Detection(), 10.0
        self.detection.begin(self.now)

    def wait(self, seconds: float) -> list[bytes]:
        said, until = [], self.now + seconds
        while not self.detection.over:
            out = self.detection.send(self.now)
            said += [out] if out else []
            if self.detection.wake_at > until:
                break
            self.now = max(self.now, self.detection.wake_at)
        self.now = max(self.now, until)
        return said

    def hear(self, text: str) -> None:
        self.detection.feed(text.encode(), self.now)


@pytest.mark.parametrize(
    ("said", "firmware"),
    [
        ("\r\nGrbl 1.1h ['$' for help]\r\n", "grbl"),
        ("[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n", "grbl"),
        ('echo:Unknown command: "?$I"\nok\n', "marlin"),
        ("FIRMWARE_NAME:Marlin 2.1\nCap:EEPROM:1\nok\n", "marlin"),
    ],
)
def test_each_is_known_by_what_only_it_says(said, firmware):
    talk = Talk()
    talk.hear(said)
    talk.wait(QUIET_S)
    assert talk.detection.firmware == firmware


def test_it_is_asked_in_turn_and_given_up():
    talk = Talk()
    said = talk.wait(GIVE_UP_S + 1)
    assert said[:3] == [*QUESTIONS, QUESTIONS[0]]
    assert talk.detection.over
    assert talk.detection.firmware == ""
    assert "baud" in talk.detection.reason


@pytest.mark.parametrize("said", ["ok\r\nok\r\n", "\xff\xfe noise\n", "half of a line: Grbl 1.1"])
def test_what_both_may_say_says_nothing(said):
    talk = Talk()
    talk.hear(said)
    talk.wait(1.0)
    assert not talk.detection.over


def test_signs_of_both_are_no_answer():
    talk = Talk()
    talk.hear("start\nerror:20\n")
    talk.wait(QUIET_S)
    assert talk.detection.over
    assert talk.detection.firmware == ""
    assert "more than one firmware" in talk.detection.reason


def test_nothing_of_its_answer_is_left_for_the_conversation():
    talk = Talk()
    talk.hear("[VER:1.1h.20190830:]\r\n")
    talk.wait(QUIET_S / 2)
    talk.hear("[OPT:V,15,128]\r\n")
    talk.wait(QUIET_S / 2)
    assert not talk.detection.over
    talk.wait(QUIET_S)
    assert talk.detection.over


def test_a_line_in_pieces_is_one_line():
    talk = Talk()
    for piece in ("\r\nGr", "bl 1.1h [", "'$' for help]\r", "\n"):
        talk.hear(piece)
    talk.wait(QUIET_S)
    assert talk.detection.firmware == "grbl"
