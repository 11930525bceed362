"""Whatever comes in: refused, or canonical, idempotent and inside the profile."""

import re
from dataclasses import replace

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from firmware_bridge.gcode import check, compose
from firmware_bridge.gcode.canonical import number
from firmware_bridge.gcode.parse import plain_move, words
from tests.unit.firmware_bridge.gcode.firmware import Machine, marlin_angle
from tests.unit.firmware_bridge.gcode.fuzzing import (
    DELTA,
    ODDLY_HIGH,
    PRINTER,
    PROGRAMS_SHORT,
    ROUTER,
    WIPING,
    inside,
    watched,
    without_refused,
)


@given(PRINTER.programs)
@settings(max_examples=PROGRAMS_SHORT, deadline=None)
@example(["G91", "G1 X0.1 Y0.1", "M82", "G90", "G1 X5"])
@example(["G1 X219.999995"])
@example(["G1 X-0.000004"])
@example(["G28", "G91", "G1 Z249"])
@example(["G28", "G91", "G1 Z5", "G1 Z-5", "G90", "G1 Z3"])
@example(["G3 X100.04 Y100 I-150"])
@example(["G2 X100.04 Y100 I-150"])
def test_what_is_not_refused_is_idempotent_and_inside(given_lines):
    PRINTER.holds(given_lines)


@given(DELTA.programs)
@settings(max_examples=PROGRAMS_SHORT // 2, deadline=None)
@example(["G1 X0 Y200", "G1 X141.4", "G3 X-141.4 Y0 I-141.4"])
@example(["G1 X140 Y140", "G1 X150", "G91", "G1 X-150 Y60"])
@example(["G28", "G1 X199", "G1 X0 Y199", "G1 X100"])
@example(["G1 X150 Y0", "G3 X-150 Y0 I-150", "G2 X-150 Y0 I75", "G3 X-150 Y0 I-20"])
def test_what_a_round_bed_is_not_refused_is_idempotent_and_inside(given_lines):
    DELTA.holds(given_lines)


@given(WIPING.programs)
@settings(max_examples=PROGRAMS_SHORT // 2, deadline=None)
@example(["G1 X-130", "G1 X-131", "G1 X115", "G1 X116", "G1 Y-113", "G1 Y-114", "G1 Y110", "G1 Y111"])
def test_what_may_leave_the_bed_is_not_refused_is_idempotent_and_inside(given_lines):
    WIPING.holds(given_lines)


@given(ROUTER.programs)
@settings(max_examples=PROGRAMS_SHORT, deadline=None)
@example(["G91", "X0.1Y0.1", "M5", "G90 Z5", "M30", "%"])
@example(["G0 Z2.999999"])
@example(["M5", "G0 X100"])
@example(["M2"])
@example(["G3 X100.04 Y100 I-150"])
@example(["G2 X100.04 Y100 I-150"])
def test_what_a_router_is_not_refused_is_idempotent_inside_and_cuts_only_as_it_may(given_lines):
    ROUTER.holds(given_lines)


@given(ROUTER.programs)
@settings(max_examples=PROGRAMS_SHORT // 4, deadline=None)
@example(["G0 X5 Y5"])
@example(["G91 X1", "G90 X5", "G0 Z-1"])
@example(["M3 G1 X5 Y5 Z2", "M5 G0"])
@example(["G0 X900", "X5"])
def test_so_it_is_from_a_height_that_nobody_said(given_lines):
    for fuzzed in (ROUTER, ODDLY_HIGH):
        replace(fuzzed, ready=("G90", "M3 S1000", "F300")).holds(given_lines)


@pytest.mark.parametrize(
    "text",
    [
        "G90\nG0 Z5\nG0 X5\nG1 Z-1\nM30",
        "G90\nG0 Z5\nM3 S9\nG0 X5\nG1 Z-1\nG0 X6\nG0 Z5\nM5",
        "G90\nG0 Z5\nM3 S9\nG0 Z1\nG0 Z5\nM5",
        "G90\nG0 Z5\nM3 S9",
        "G90\nG0 Z5\nM3 S9\nG1 Z-1\nM5",
        "G90\nG0 X5",
        "G90\nG0 Z2.99999",
    ],
)
def test_the_second_look_sees_what_may_not_be(text):
    with pytest.raises(AssertionError):
        watched(text, 3)


@pytest.mark.parametrize(
    ("fuzzed", "text"),
    [
        (PRINTER, "G28\nG90\nG1 X221"),
        (PRINTER, "G28\nG90\nG1 X100 Y100\nG91\nG1 Y-101"),
        (PRINTER, "G28\nG91\nG1 Z21"),
        (PRINTER, "G28\nG91\nG1 Z-1"),
        (PRINTER, "G28\nG90\nG1 X100 Y100\nG2 X120 Y100 I10 J300"),
        (PRINTER, "G28\nG90\nG1 X100 Y100\nG3 X100 Y100 I-51"),
        (PRINTER, "G28\nG90\nG1 X100 Y100\nG2 X100.04 Y100 I-150"),
        (DELTA, "G28\nG90\nG1 X150 Y150"),
        (DELTA, "G28\nG90\nG1 X0 Y200\nG1 X10"),
        (DELTA, "G28\nG90\nG1 X141 Y141\nG2 X141 Y-141 I-10 J-141"),
        (WIPING, "G28\nG90\nG1 X-130.1"),
        (WIPING, "G28\nG90\nG1 Y110.1"),
        (ROUTER, "G90\nG0 X301"),
        (ROUTER, "G90\nG0 Z5\nG0 X100 Y90\nG2 X100.04 Y90 I-150"),
        (ROUTER, "G90\nG0 Z5\nG0 X100 Y90\nG3 X100.04 Y90 I-150"),
        (ROUTER, "G90\nG0 Z5\nG0 X10 Y10\nG2 X20 Y10 I5 Z21"),
        (ROUTER, "G90\nG0 Z-25.1"),
    ],
)
def test_the_second_look_sees_what_leaves_the_machine(fuzzed, text):
    with pytest.raises(AssertionError):
        for homes_to in fuzzed.homes_to:
            inside(text, fuzzed.profile, Machine(fuzzed.angle, homes_to))


@pytest.mark.parametrize("text", ["G91\nG1 X1", "M84\nG91\nG1 X1", "G28\nM84 Z\nG91\nG1 Z1", "G2 X5 I1"])
def test_no_step_is_taken_from_a_place_that_nobody_knows(text):
    with pytest.raises(KeyError):
        inside(text, PRINTER.profile, Machine(marlin_angle, PRINTER.homes_to[0]))


@given(st.lists(PRINTER.lines, max_size=8))
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
