"""Arcs in the XY plane, as firmware draws them: from the start, around a centre given relative to it."""

from math import atan2, cos, hypot, inf, pi, sin, tau
from typing import NamedTuple

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


Point = tuple[float, float]


class Extent(NamedTuple):
    """The corners of the box that an arc reaches, and how far it goes from X0 Y0; mm."""

    low: Point
    high: Point
    farthest_from_zero: float


class Arc(NamedTuple):
    """No point of it is further than `within` from its centre. It sets out in the direction `begins` and arrives in
    `ends`, both unit vectors; 0, 0 where it arrives at its centre, of which nobody can tell. mm, and `turn` in radians.

    A tuple: making a frozen dataclass of so many fields takes nearly as long as all the rest of an arc."""

    centre: Point
    within: float
    length: float
    begins: Point
    ends: Point
    start: Point
    end: Point
    turn: float
    clockwise: bool

    def extent(self) -> Extent:
        (cx, cy), start, end, turn = self.centre, self.start, self.end, self.turn
        radius = hypot(start[0] - cx, start[1] - cy)
        first, last = atan2(start[1] - cy, start[0] - cx), atan2(end[1] - cy, end[0] - cx)
        # Counted from the end that the angle grows away from, so that one test serves both directions.
        base = last if self.clockwise else first
        passed = [quarter * pi / 2 for quarter in range(4) if turn == tau or (quarter * pi / 2 - base) % tau <= turn]
        # Firmware keeps the radius of the start up to the end, and only then steps to it.
        xs = [start[0], end[0], cx + radius * cos(last), *(cx + radius * round(cos(angle)) for angle in passed)]
        ys = [start[1], end[1], cy + radius * sin(last), *(cy + radius * round(sin(angle)) for angle in passed)]
        from_zero = hypot(cx, cy)
        reaches_away = turn == tau or (atan2(cy, cx) - base) % tau <= turn
        return Extent(
            (min(xs), min(ys)),
            (max(xs), max(ys)),
            max(from_zero + radius if reaches_away or from_zero < EITHER_MM else 0.0, *map(hypot, xs[:3], ys[:3])),
        )


def arc(
    start: Point,
    end: Point,
    offset: Point,
    *,
    clockwise: bool,
    slack_mm: float = RADIUS_SLACK_MM,
) -> Arc:
    """The arc from `start` to `end` around `start + offset`, mm.

    Raises `ValueError` with a sentence when there is none.
    """
    i, j = offset
    radius = hypot(i, j)
    if radius < 1e-3:
        raise ValueError("the arc has no radius")
    if radius > RADIUS_MAX_MM:
        raise ValueError(f"the arc's radius is over {RADIUS_MAX_MM:g} mm")
    centre = cx, cy = start[0] + i, start[1] + j
    end_x, end_y = end[0] - cx, end[1] - cy
    end_radius = hypot(end_x, end_y)
    if abs(end_radius - radius) > slack_mm:
        raise ValueError("the arc's end is not on its circle: have more decimals written, or lines in place of arcs")
    # From the spoke of the start, which is the offset turned about, to that of the end.
    spin = -1 if clockwise else 1
    turn = spin * atan2(j * end_x - i * end_y, -i * end_x - j * end_y) % tau
    # An end near the centre lies in a direction that nobody can tell.
    if min(turn, tau - turn) * min(radius, end_radius) < EITHER_MM:
        if hypot(end[0] - start[0], end[1] - start[1]) >= EITHER_MM:
            raise ValueError("the arc ends beside its start, not along its circle: a whole turn ends where it starts")
        turn = tau
    at_start, at_end = spin / radius, spin / (end_radius or inf)
    return Arc(
        centre,
        max(radius, end_radius),
        radius * turn,
        (j * at_start, -i * at_start),
        (-end_y * at_end, end_x * at_end),
        start,
        end,
        turn,
        clockwise,
    )
