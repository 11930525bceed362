"""How what is refused is told: by kinds of reason, each with its first line, and not for ever."""

from itertools import repeat

import pytest

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import check


def test_every_refused_line_is_named(bare, refusals, ready):
    found = refusals(ready + "M500\nG1 X50\nM302 S0\nG1 X300\n", bare)
    first = ready.count("\n") + 1
    assert [line for line, _ in found] == [first, first + 2, first + 3]


@pytest.mark.parametrize(
    ("lines", "counts"),
    [
        ("M500\nM500\nG1 X50\nM500", [3]),
        ("M500\nM501\nM500", [2, 1]),
        ("G1 X300\nG1 X301.5 Y9\nG1 X-1\nG1 X-2", [2, 2]),
        ("G1 Y300\nG1 X301", [1, 1]),
        ("G1 X1,5\nG1 X1.7,5 Y2", [2]),
        ("M104 S300\nM104 S301\nM109 S300", [2, 1]),
        ("G1 Q5\nG1 Q6\nG1 R5", [2, 1]),
        # what has its cause further up is told of once, and not counted
        ("M104 S0\nG1 X90 E1\nG1 X80 E1\nG1 X70 E1", [1]),
    ],
)
def test_lines_refused_for_one_kind_of_reason_are_told_of_once_and_counted(lines, counts, bare, ready):
    with pytest.raises(ProgramRefused) as caught:
        check((ready + lines).splitlines(), bare)
    assert [refusal.count for refusal in caught.value.refusals] == counts
    first = ready.count("\n") + 1
    assert caught.value.refusals[0].place == f"line {first + lines.startswith('M104 S0')}" + (
        f" and {counts[0] - 1} more" if counts[0] > 1 else ""
    )


def test_the_gate_stops_reading_a_program_that_is_wrong_in_every_way(bare, refusals):
    unread = iter(f"M{number}" for number in range(1000, 9999))
    with pytest.raises(ProgramRefused) as caught:
        check(unread, bare)
    assert len(caught.value.refusals) == 100 + 1
    assert caught.value.refusals[-1].said == "so much is wrong with it that what follows line 100 was not read"
    assert next(unread) < "M9000"


def test_nor_does_it_count_for_ever(bare):
    with pytest.raises(ProgramRefused) as caught:
        check(repeat("G1 X1 M500", 9_999), bare)
    assert [refusal.count for refusal in caught.value.refusals] == [9_999]
    with pytest.raises(ProgramRefused) as caught:
        check(repeat("G1 X1 M500"), bare)
    assert [refusal.count for refusal in caught.value.refusals] == [10_000, 1]
    assert caught.value.refusals[-1].said == "so much is wrong with it that what follows line 10000 was not read"
