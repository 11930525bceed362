"""What tells machines of one kind apart, and what does not change it."""

import re

import pytest

from firmware_bridge.identity.fingerprint import KINDS, fingerprint, of_kind
from firmware_bridge.machine import Link, MachineProfile
from tests.unit.firmware_bridge.identity.answers import GRBL, GRBL_NAMELESS, KLIPPER, MARLIN_11, MARLIN_21

NO_UUID = {**MARLIN_21, "M115": (MARLIN_21["M115"][0].partition(" UUID")[0],)}


@pytest.mark.parametrize(
    ("firmware", "answers", "kind"),
    [
        ("marlin", MARLIN_21, "marlin-uuid"),
        ("marlin", NO_UUID, "marlin-settings"),
        ("marlin", MARLIN_11, "marlin-settings"),
        ("grbl", GRBL, "grbl-build"),
        ("grbl", GRBL_NAMELESS, "grbl-settings"),
    ],
)
def test_the_surest_mark_that_is_there_is_taken_and_a_profile_takes_it(firmware, answers, kind):
    mark = fingerprint(firmware, answers)
    assert re.fullmatch(rf"{kind}:[0-9a-f]{{16}}", mark)
    assert MachineProfile.parse(f'name = "M"\nlink = {{fingerprint = "{mark}"}}').link == Link(fingerprint=mark)
    assert of_kind(kind, {question: answers[question] for question in KINDS[kind][0]}) == mark


def test_a_machine_that_tells_nothing_of_itself_has_none():
    assert fingerprint("marlin", KLIPPER) == ""
    assert fingerprint("grbl", {}) == ""


@pytest.mark.parametrize(
    ("answers", "firmware", "question", "before", "after", "same"),
    [
        (MARLIN_21, "marlin", "M503", "M301 P21.81", "M301 P22.00", True),  # it has a UUID
        (NO_UUID, "marlin", "M503", "M301 P21.81", "M301 P22.00", False),
        (NO_UUID, "marlin", "M503", "E93.00", "E93.40", False),
        (NO_UUID, "marlin", "M503", "Z-1.85", "Z-1.90", True),  # its probe was set anew
        (NO_UUID, "marlin", "M503", "M420 S1", "M420 S0", True),
        (NO_UUID, "marlin", "M115", "2.1.2.1", "2.1.2.5", True),  # a newer firmware
        (GRBL, "grbl", "$$", "$130=300", "$130=310", True),  # it has a text
        (GRBL_NAMELESS, "grbl", "$$", "$130=300", "$130=310", False),
        (GRBL_NAMELESS, "grbl", "$$", "$10=1", "$10=2", True),
        (GRBL_NAMELESS, "grbl", "$#", "10.000", "11.000", True),
    ],
)
def test_what_it_depends_on(answers, firmware, question, before, after, same):
    changed = {**answers, question: tuple(line.replace(before, after) for line in answers[question])}
    assert changed != answers
    assert (fingerprint(firmware, changed) == fingerprint(firmware, answers)) is same
