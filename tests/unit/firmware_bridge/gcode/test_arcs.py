"""Arcs against points taken along them."""

from math import atan2, cos, hypot, pi, sin, tau

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware_bridge.gcode.arcs import arc

angles = st.floats(0, tau, exclude_max=True)


@given(angles, angles, st.floats(0.5, 100), st.booleans())
@example(0.0, pi / 2, 10.0, True)
@example(pi, pi, 10.0, False)
def test_the_box_of_an_arc_holds_it_and_no_more(first, last, radius, clockwise):
    start = (radius * cos(first), radius * sin(first))
    end = (radius * cos(last), radius * sin(last))
    drawn = arc(start, end, (-start[0], -start[1]), clockwise=clockwise)
    turn = (first - last if clockwise else last - first) % tau
    if hypot(end[0] - start[0], end[1] - start[1]) < 0.01:
        turn = tau
    way = -1 if clockwise else 1
    points = [
        (radius * cos(first + way * turn * k / 2000), radius * sin(first + way * turn * k / 2000)) for k in range(2001)
    ]
    for axis in (0, 1):
        values = [point[axis] for point in points]
        assert drawn.low[axis] == pytest.approx(min(values), abs=radius * 2e-5)
        assert drawn.high[axis] == pytest.approx(max(values), abs=radius * 2e-5)
    assert drawn.length == pytest.approx(radius * turn, abs=1e-6)


@given(angles, st.floats(0.5, 100), st.booleans())
def test_an_arc_begins_along_its_tangent(first, radius, clockwise):
    start = (radius * cos(first), radius * sin(first))
    offset = (-start[0], -start[1])
    drawn = arc(start, start, offset, clockwise=clockwise)
    step = (-1 if clockwise else 1) * 1e-4
    ahead = (radius * cos(first + step) - start[0], radius * sin(first + step) - start[1])
    assert atan2(ahead[1], ahead[0]) - atan2(drawn.begins[1], drawn.begins[0]) == pytest.approx(0, abs=1e-3) or abs(
        atan2(ahead[1], ahead[0]) - atan2(drawn.begins[1], drawn.begins[0])
    ) == pytest.approx(tau, abs=1e-3)
