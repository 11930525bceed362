"""What a scripted Grbl says of its settings, and what is made of it."""

import pytest

from firmware_bridge.protocol.conversation import Ending
from firmware_bridge.protocol.grbl.about import Expected
from firmware_bridge.protocol.grbl.states import State
from tests.unit.firmware_bridge.protocol.grbl.talk import OFFSETS, SETTINGS, Talk, status


def test_a_grblhal_that_says_it_is_not_homed_is_refused():
    talk = Talk()
    talk.say()
    assert talk.hear(status("Idle")) == b"$I\n"
    assert talk.asked_all == 1
    talk.hear(status("Idle", H="0"))
    assert talk.grbl.ending is Ending.REFUSED


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({20: 0}, "soft limits are off"),
        ({22: 0}, "homing is off"),
        ({32: 1}, "laser mode is on"),
        ({131: 150}, "its Y travels 150 mm"),
        ({30: 1000}, "turns at 1000 rpm"),
    ],
)
def test_settings_that_do_not_fit_are_refused_and_nothing_moved(settings, words):
    talk = Talk(expected=Expected(travel_mm=(300, 180, 45), spindle_max_rpm=12_000))
    assert talk.until_check(settings) == b""
    assert talk.grbl.ending is Ending.REFUSED
    assert words in talk.grbl.reason


def test_all_that_does_not_fit_is_said_at_once_in_the_order_in_which_it_can_be_mended():
    talk = Talk(expected=Expected(travel_mm=(300, 180, 45), spindle_max_rpm=12_000))
    talk.until_check({20: 0, 22: 0, 131: 150})
    said = talk.grbl.reason.split("; ")
    for words, objection in zip(("homing is off", "soft limits are off", "its Y travels 150 mm"), said, strict=True):
        assert words in objection


def test_what_is_not_expected_of_it_is_only_reported():
    talk = Talk()
    talk.until_check({131: 150, 30: 1000})
    assert talk.grbl.state is State.REHEARSING
    assert talk.grbl.about.settings[131] == 150
    assert talk.grbl.about.offsets["G54"] == (-300, -180, -45)
    assert talk.grbl.about.version == "1.1h.20190830:"


@pytest.mark.parametrize(("line", "words"), [("[G92:1.000,0.000,0.000]", "G92"), ("[TLO:2.000]", "G43.1")])
def test_an_offset_that_the_check_would_clear_is_refused(line, words):
    talk = Talk()
    talk.say()
    talk.hear(status("Idle"))
    talk.hear("[OPT:V,15,128]", "ok")
    talk.hear(*(f"${number}={value}" for number, value in SETTINGS.items()), "ok")
    talk.hear(line, *(other for other in OFFSETS if other[:4] != line[:4]))
    assert talk.grbl.ending is Ending.REFUSED
    assert words in talk.grbl.reason


def test_an_answer_that_was_cut_short_is_asked_for_again():
    talk = Talk()
    talk.say()
    talk.hear(status("Idle"))
    talk.hear("[OPT:V,15,128]", "ok")
    assert talk.hear("$20=1", "ok") == b""
    assert talk.wait(2.5) == b"$$\n"


def test_who_never_tells_its_settings_is_given_up():
    talk = Talk()
    talk.say()
    talk.hear(status("Idle"))
    for _ in range(40):
        talk.wait(1.0)
        talk.hear(status("Idle"), "error:3")
    assert talk.grbl.ending is Ending.STUCK
