"""Arcs in the XY plane, as firmware draws them: from the start, around a centre given relative to it."""

from dataclasses import dataclass
from math import atan2, cos, hypot, pi, sin

RADIUS_MAX_MM = 2_000.0
"""Beyond it the firmware's 32-bit arithmetic is no longer good to a tenth of a micrometre's scale of a step."""
RADIUS_SLACK_MM = 0.05
"""How far start and end may differ in radius: slicers round coordinates to a micrometre or ten."""
EITHER_MM = 0.01
"""A turn that is shorter than this along the circle, or that much from whole, may be read as a whole one or as none. So
ends nearer than this are held against the bounds as a whole turn, and others are refused: where Marlin reads none, it
does not even go to the end. Grbl takes angles up to 5e-7 for none (`ARC_ANGULAR_TRAVEL_EPSILON`, `mc_arc` in
`grbl/motion_control.c`): 0.001 mm at the largest radius. Marlin asks for the sign alone (`plan_arc` in `G2_G3.cpp`). To
both it comes from 32-bit places, good to 0.0001 mm at 1,000 mm, with the errors of some four sums."""


@dataclass(frozen=True)
class Arc:
    """Extent, length and distance in mm, and the directions (unit vectors) in which it begins and ends."""

    low: tuple[float, float]
    high: tuple[float, float]
    length: float
    begins: tuple[float, float]
    ends: tuple[float, float]
    farthest_from_zero: float


def arc(
    start: tuple[float, float],
    end: tuple[float, float],
    offset: tuple[float, float],
    *,
    clockwise: bool,
    slack_mm: float = RADIUS_SLACK_MM,
) -> Arc:
    """The arc from `start` to `end` around `start + offset`, mm.

    Raises `ValueError` with a sentence when there is none.
    """
    radius = hypot(*offset)
    if radius < 1e-3:
        raise ValueError("the arc has no radius")
    if radius > RADIUS_MAX_MM:
        raise ValueError(f"the arc's radius is over {RADIUS_MAX_MM:g} mm")
    cx, cy = start[0] + offset[0], start[1] + offset[1]
    end_radius = hypot(end[0] - cx, end[1] - cy)
    if abs(end_radius - radius) > slack_mm:
        raise ValueError("the arc's end is not on its circle: have more decimals written, or lines in place of arcs")
    first = atan2(start[1] - cy, start[0] - cx)
    last = atan2(end[1] - cy, end[0] - cx)
    turn = (first - last if clockwise else last - first) % (2 * pi)
    # An end near the centre lies in a direction that nobody can tell.
    if min(turn, 2 * pi - turn) * min(radius, end_radius) < EITHER_MM:
        if hypot(end[0] - start[0], end[1] - start[1]) >= EITHER_MM:
            raise ValueError("the arc ends beside its start, not along its circle: a whole turn ends where it starts")
        turn = 2 * pi
    # Counted from the end that the angle grows away from, so that one test serves both directions.
    base = last if clockwise else first
    passed = [
        quarter * pi / 2 for quarter in range(4) if turn == 2 * pi or (quarter * pi / 2 - base) % (2 * pi) <= turn
    ]
    # Firmware keeps the radius of the start up to the end, and only then steps to it.
    xs = [start[0], end[0], cx + radius * cos(last), *(cx + radius * round(cos(angle)) for angle in passed)]
    ys = [start[1], end[1], cy + radius * sin(last), *(cy + radius * round(sin(angle)) for angle in passed)]
    way = -1 if clockwise else 1
    from_zero = hypot(cx, cy)
    reaches_away = turn == 2 * pi or (atan2(cy, cx) - base) % (2 * pi) <= turn
    return Arc(
        (min(xs), min(ys)),
        (max(xs), max(ys)),
        radius * turn,
        (-way * sin(first), way * cos(first)),
        (-way * sin(last), way * cos(last)),
        max(from_zero + radius if reaches_away or from_zero < EITHER_MM else 0.0, *map(hypot, xs[:3], ys[:3])),
    )
