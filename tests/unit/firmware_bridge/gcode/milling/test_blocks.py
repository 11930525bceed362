"""Lines of several words: whatever the order on the line, the same commands; the short way and the long agree."""

import re

import msgspec
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from firmware_bridge.gcode import generic_profile
from firmware_bridge.gcode.dialect import Place
from firmware_bridge.gcode.grbl import GRBL
from firmware_bridge.gcode.milling.blocks import EXECUTED, read
from firmware_bridge.gcode.milling.motion import Milling
from firmware_bridge.gcode.milling.quick import quick_arc, quick_move
from firmware_bridge.gcode.parse import LineRefused

LIMITS = msgspec.structs.replace(generic_profile("grbl").limits, feed_max_mm_min=10_000_000)
TABLE = GRBL.tables[Place.WHOLE]


def state(motion="G1", rpm=None):
    fresh = Milling(generic_profile("grbl"))
    fresh.motion, fresh.speed_rpm = motion, rpm
    return fresh


def taken(line, at=None):
    """Texts, and the modes that the line leaves."""
    at = at or state()
    texts = [command.text for command in read(at, line, TABLE, LIMITS) if command.text]
    return texts, at.motion, at.speed_rpm


one_of_each = st.fixed_dictionaries(
    {},
    optional={
        **{group: st.sampled_from(group.split()) for group in EXECUTED if group not in {"F", "G49"}},
        **{letter: st.integers(1, 50).map(f"{letter}{{}}".format) for letter in "XYFS"},
    },
)


@given(one_of_each, st.randoms())
@settings(max_examples=300, deadline=None)
def test_the_order_on_the_line_does_not_matter(words, random):
    listed = [*words.values(), *(["I5"] if "G2" in words.values() or "G3" in words.values() else [])]
    listed += ["P1"] if "G4" in words.values() else []
    shuffled = random.sample(listed, len(listed))
    try:
        straight = taken(" ".join(listed))
    except LineRefused:
        with pytest.raises(LineRefused):
            taken("".join(shuffled))
        return
    event("taken")
    assert taken("".join(shuffled)) == straight


@given(one_of_each)
@settings(max_examples=300, deadline=None)
def test_taken_apart_it_is_taken_as_it_is(words):
    listed = [*words.values(), *(["P1"] if "G4" in words.values() else [])]
    try:
        texts, _, rpm = taken(" ".join(listed), state(motion="G0"))
    except LineRefused:
        return
    after = state(motion="")
    again = [text for line in texts for text in taken(line, after)[0]]
    assert again == texts
    if "S" in words and any(text.startswith("M3") for text in texts):
        assert after.speed_rpm == rpm


plain_numbers = st.one_of(
    st.integers(-9_999_999, 9_999_999).map(str),
    st.decimals(-999, 999, places=3).map(str),
    st.decimals(-999, 999, places=3).map(lambda value: f"{value.normalize():f}"),
    st.decimals(-1, 1, places=5).map(lambda value: f"{value:f}".replace("0.", ".")),
    st.sampled_from(
        [
            "-0",
            "-0.0",
            "0.000",
            ".5",
            "-.5",
            "5.",
            "10.",
            "100",
            "0.50",
            "00.5",
            "-.00001",
            "0.000001",
            "1.234567",
            "12345678",
            "1.0000000",
        ]
    ),
)
lines = st.tuples(
    st.sampled_from(["", "", "N5 ", "N5", "N0"]),
    st.sampled_from(["", "G0", "G1", "G01", "G00", "G1 ", "G2", "G3 ", "G03", "g1"]),
    st.fixed_dictionaries({}, optional=dict.fromkeys("XYZIJF", plain_numbers)),
    st.sampled_from(["", " ", "  "]),
    st.sampled_from(["", "\n", " ; skirt", ";X5", "\t\r\n", " ", " ; no?", ";\x7f", "; é", " (x)", "; ~", "; !"]),
).map(
    lambda parts: (
        parts[0] + parts[1] + "".join(parts[3] + letter + value for letter, value in parts[2].items()) + parts[4]
    )
)


@given(lines, st.sampled_from(["", "G0", "G1", "G2", "G80"]))
@settings(max_examples=1_500, deadline=None)
@example("N5X1", "G1")
@example("N0 X-.5Y100.000F10.0", "G0")
@example("G1 X12345670", "G1")
@example("G03X-.5Y1.00I.5J-.50F10.0", "")
@example("Y1 J2", "G2")
@example("Y1 J2", "G1")
@example("Z1 I2", "G2")
def test_the_short_way_says_what_the_long_way_says(line, motion):
    if found := quick_move(line, motion):
        text, *values = found
        words = {letter: value for letter, value in zip("XYZF", values, strict=True) if value is not None}
    elif arc := quick_arc(line, motion):
        text, *values = arc
        words = {letter: value for letter, value in zip("XYZIJF", values, strict=True) if value is not None}
    else:
        event("the long way")
        return
    event(f"the short way: {text[:2]}")
    at = state(motion=motion)
    (command,) = read(at, line, TABLE, LIMITS)
    assert command.text == text
    assert {**dict.fromkeys("IJ" if "I" in words else "", 0.0), **command.words} == words
    assert at.motion == text[:2]


def test_every_kept_command_has_its_turn():
    kept = [command for command, entry in TABLE.items() if not hasattr(entry, "reason")]
    turns = re.findall(r"[GM][0-9.]+", " ".join(EXECUTED))
    assert sorted(kept) == sorted(turns)
