"""Whatever comes in: refused, or canonical, idempotent and inside the profile."""

import io
import re

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import check, compose, generic_profile
from firmware_bridge.gcode.canonical import number
from firmware_bridge.gcode.dialect import Place
from firmware_bridge.gcode.marlin import MARLIN
from firmware_bridge.gcode.parse import plain_move, words

PROFILE = generic_profile("marlin")
READY = ["G28", "G90", "M83", "M104 S210", "G1 X100 Y100 Z10 F3000"]
LINE = re.compile(r"[GMT][0-9]+(?: [A-Z](?:-?[0-9]{1,7}(?:\.[0-9]{1,5})?)?)*")

numbers = st.one_of(
    st.integers(-300, 300).map(str),
    st.floats(-300, 300, allow_nan=False).map(lambda value: f"{value:.3f}"),
    st.floats(-1, 1, allow_nan=False).map(lambda value: f"{value:.9f}"),
    st.sampled_from([".5", "-.5", "5.", "+5", "005", "1e5", "nan", "--1", "", "-0", "0.000004", "9999999.99999"]),
)
moves = st.tuples(
    st.sampled_from(["G0", "G1", "G1", "G1", "G2", "G3", "g1", "G01"]),
    st.lists(st.tuples(st.sampled_from("XYZEFIJ"), numbers), max_size=5),
).map(lambda parts: " ".join([parts[0], *(letter + digits for letter, digits in parts[1])]))
others = st.tuples(
    st.sampled_from([*sorted(MARLIN.tables[Place.START]), "G99", "M9999", "N1 G1", "T7"]),
    st.lists(st.tuples(st.sampled_from("XYZEFSPRTIJKQNG*"), numbers), max_size=3),
).map(lambda parts: " ".join([parts[0], *(letter + digits for letter, digits in parts[1])]))
noise = st.text(st.sampled_from("GMTNXYZEFS0123456789.-+*;() \t\r\x00é@$/%"), max_size=30)
tails = st.sampled_from(["", "", "", " ; comment", "\r", " (x)", "\n", " M500", "*12"])
lines = st.tuples(st.one_of(moves, moves, others, noise), tails).map("".join)


def without_refused(call, given_lines):
    """The report on what is left when each refused line is taken out, until nothing is refused."""
    left = list(given_lines)
    while True:
        out = io.BytesIO()
        try:
            return call(left, out), out.getvalue().decode("ascii")
        except ProgramRefused as refused:
            bad = {refusal.line for refusal in refused.refusals}
            assert all(refusal.reason for refusal in refused.refusals)
            kept = [line for number, line in enumerate(left, 1) if number not in bad]
            if len(kept) == len(left):  # it is the owner's end program that does not fit after this body
                return None
            left = kept


@given(st.lists(lines, max_size=12))
@settings(max_examples=400, deadline=None)
@example(["G91", "G1 X0.1 Y0.1", "M82", "G90", "G1 X5"])
@example(["G1 X219.999995"])
@example(["G1 X-0.000004"])
def test_what_is_not_refused_is_idempotent_and_inside(given_lines):
    report, text = without_refused(lambda left, out: check(left, PROFILE, out), [*READY, *given_lines])
    again = io.BytesIO()
    assert check(text.split("\n"), PROFILE, again) == report
    assert again.getvalue().decode("ascii") == text
    for line in text.splitlines():
        assert LINE.fullmatch(line)
        assert len(line) <= 80
    volume, limits = PROFILE.volume, PROFILE.limits
    assert all(low >= -1e-6 for low in report.low_mm)
    assert all(
        high <= size + 1e-6 for high, size in zip(report.high_mm, (volume.x_mm, volume.y_mm, volume.z_mm), strict=True)
    )
    assert report.hotend_max_c <= limits.hotend_max_c
    assert report.bed_max_c <= limits.bed_max_c
    assert 0 <= report.time_s <= limits.time_max_s


@given(st.lists(lines, max_size=8))
@settings(max_examples=200, deadline=None)
def test_a_composed_body_is_idempotent_and_never_homes(owned, given_lines):
    found = without_refused(
        lambda left, out: compose(left, owned, "PLA", out), ["G1 X100 Y100 Z10 F3000", *given_lines]
    )
    if found is None:
        return
    report, text = found
    assert check(text.splitlines(), owned) == report
    assert sum(line.startswith(("G28", "G29", "M420")) for line in text.splitlines()) == 4


plain_numbers = st.one_of(
    st.integers(-9_999_999, 9_999_999).map(str),
    st.decimals(-999, 999, places=3).map(lambda value: f"{value.normalize():f}"),
    st.decimals(-1, 1, places=5).map(lambda value: f"{value.normalize():f}".replace("0.", ".")),
    st.sampled_from(["-0", ".5", "-.5", "0.50", "00.5", "-.00001", "0.000001"]),
)
plain_moves = st.fixed_dictionaries({}, optional=dict.fromkeys("XYZEF", plain_numbers)).flatmap(
    lambda parts: st.sampled_from(["G0", "G1"]).map(
        lambda command: " ".join([command, *(letter + parts[letter] for letter in "XYZEF" if letter in parts)])
    )
)


@given(plain_moves, st.sampled_from(["", "\n", " ; skirt", ";X5", "\t\r\n", " "]))
@settings(max_examples=1_000, deadline=None)
def test_the_short_cut_says_what_the_long_way_says(line, tail):
    found = plain_move(line + tail)
    if found is None:
        event("the long way")
        return
    event("the short cut")
    text, *values = found
    long = words(line[2:])
    assert long
    assert [long.get(letter) for letter in "XYZEF"] == values
    assert text == " ".join([line[:2], *(letter + number(value) for letter, value in long.items())])


@given(st.floats(-9_999_999, 9_999_999))
def test_a_number_has_one_form_that_reads_back(value):
    text = number(value)
    assert abs(float(text) - value) <= 0.000005 + abs(value) * 1e-15
    assert number(float(text)) == text
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]{0,4}[1-9])?", text)
    assert text != "-0"
