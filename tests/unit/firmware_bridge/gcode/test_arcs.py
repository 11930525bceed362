"""Arcs against points taken along them, as far round as each firmware goes."""

from math import cos, hypot, pi, sin, tau

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from firmware_bridge.gcode.arcs import EITHER_MM, arc
from tests.unit.firmware_bridge.gcode.firmware import drawn, grbl_angle, marlin_angle

angles = st.floats(0, tau, exclude_max=True)


@given(angles, angles, st.floats(0.5, 100), st.booleans())
@example(0.0, pi / 2, 10.0, True)
@example(pi, pi, 10.0, False)
def test_the_box_of_an_arc_holds_it_and_no_more(first, last, radius, clockwise):
    start = (radius * cos(first), radius * sin(first))
    end = (radius * cos(last), radius * sin(last))
    turn = (first - last if clockwise else last - first) % tau
    assume(turn == 0 or radius * min(turn, tau - turn) > 0.02)
    found = arc(start, end, (-start[0], -start[1]), clockwise=clockwise)
    box = found.extent()
    turn = turn or tau
    points = list(drawn(start, (-start[0], -start[1]), -turn if clockwise else turn))
    for axis in (0, 1):
        values = [point[axis] for point in points]
        assert box.low[axis] == pytest.approx(min(values), abs=radius * 2e-5)
        assert box.high[axis] == pytest.approx(max(values), abs=radius * 2e-5)
    assert found.length == pytest.approx(radius * turn, abs=1e-6)


places = st.floats(-200, 200)


@given(st.tuples(places, places), angles, angles, st.floats(0.5, 100), st.booleans())
@example((0.0, 0.0), 0.0, 1.0, 50.0, True)
@example((100.0, 0.0), 3.0, 3.3, 50.0, True)
@example((100.0, 0.0), 3.0, 3.3, 50.0, False)
def test_how_far_an_arc_goes_from_zero(centre, first, last, radius, clockwise):
    turn = (first - last if clockwise else last - first) % tau
    assume(radius * min(turn, tau - turn) > 0.02)
    start, end = ((centre[0] + radius * cos(at), centre[1] + radius * sin(at)) for at in (first, last))
    offset = (centre[0] - start[0], centre[1] - start[1])
    found = arc(start, end, offset, clockwise=clockwise).extent().farthest_from_zero
    farthest = max(hypot(*point) for point in drawn(start, offset, -turn if clockwise else turn))
    assert farthest - 1e-9 <= found <= farthest + radius * 2e-5 + EITHER_MM * 2


hairs = st.one_of(st.just(0.0), st.floats(-0.05, 0.05), st.floats(-1e-3, 1e-3), st.floats(-1e-5, 1e-5))


@pytest.mark.parametrize("angle", [grbl_angle, marlin_angle])
@given(st.one_of(angles, st.sampled_from([0.0, pi / 2, pi])), st.floats(0.01, 1_000), hairs, hairs, st.booleans())
@example(0.0, 50.0, 0.04, 0.0, False)
@example(0.0, 50.0, 0.04, 0.0, True)
@example(0.0, 1_000.0, 0.0, 4e-4, False)
@example(0.0, 0.05, -0.05, 0.0, False)
@settings(max_examples=1_000, deadline=None)
def test_an_arc_whose_ends_nearly_meet_is_held_to_what_either_firmware_draws(
    angle, first, radius, outwards, along, clockwise
):
    across = (cos(first), sin(first))
    start = (100 + radius * across[0], 90 + radius * across[1])
    end = tuple(round(start[k] + outwards * across[k] + along * (-across[1], across[0])[k], 5) for k in (0, 1))
    start = (round(start[0], 5), round(start[1], 5))
    offset = (round(-radius * across[0], 5), round(-radius * across[1], 5))
    try:
        box = arc(start, end, offset, clockwise=clockwise).extent()
    except ValueError:
        return
    for point in drawn(start, offset, angle(start, end, offset, clockwise)):
        for axis in (0, 1):
            assert box.low[axis] - 1e-3 <= point[axis] <= box.high[axis] + 1e-3


@pytest.mark.parametrize("clockwise", [True, False])
@pytest.mark.parametrize("end", [(100.04, 90), (99.96, 90), (100.04, 90.00001), (100.04, 89.99999)])
def test_an_arc_that_ends_beside_its_start_is_refused(end, clockwise):
    with pytest.raises(ValueError, match="ends beside its start"):
        arc((100, 90), end, (-50, 0), clockwise=clockwise)


def test_an_arc_keeps_the_radius_of_its_start_up_to_its_end():
    eighth = 50 * cos(pi / 4)
    short = 0.999 * eighth
    assert arc((50, 0), (short, short), (-50, 0), clockwise=False).extent().high == (50, pytest.approx(eighth))


def along(angle, clockwise):
    """The direction of the circle at this angle."""
    way = -1 if clockwise else 1
    return -way * sin(angle), way * cos(angle)


@given(angles, angles, st.floats(0.5, 100), st.booleans())
@example(1.0, 1.0, 10.0, True)
def test_an_arc_begins_and_ends_along_its_circle(first, last, radius, clockwise):
    start, end = ((radius * cos(at), radius * sin(at)) for at in (first, last))
    assume(first == last or hypot(end[0] - start[0], end[1] - start[1]) > 0.02)
    found = arc(start, end, (-start[0], -start[1]), clockwise=clockwise)
    assert found.begins == pytest.approx(along(first, clockwise), abs=1e-9)
    assert found.ends == pytest.approx(along(last, clockwise), abs=1e-9)
