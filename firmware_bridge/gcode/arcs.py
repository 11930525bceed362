"""Arcs in the XY plane, as firmware draws them: from the start, around a centre given relative to it."""

from dataclasses import dataclass
from math import atan2, cos, hypot, pi, sin

RADIUS_MAX_MM = 2_000.0
"""Beyond it the firmware's 32-bit arithmetic is no longer good to a tenth of a micrometre's scale of a step."""
RADIUS_SLACK_MM = 0.05
"""How far start and end may differ in radius: slicers round coordinates to a micrometre or ten."""
SAME_POINT_MM = 0.01
"""Ends nearer than this may be read as a whole turn or as none, so both are held against the bounds."""


@dataclass(frozen=True)
class Arc:
    """Extent and length in mm, and the directions (unit vectors) in which it begins and ends."""

    low: tuple[float, float]
    high: tuple[float, float]
    length: float
    begins: tuple[float, float]
    ends: tuple[float, float]


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
    if abs(hypot(end[0] - cx, end[1] - cy) - radius) > slack_mm:
        raise ValueError("the arc's end is not on its circle")
    first = atan2(start[1] - cy, start[0] - cx)
    last = atan2(end[1] - cy, end[0] - cx)
    turn = (first - last if clockwise else last - first) % (2 * pi)
    if hypot(end[0] - start[0], end[1] - start[1]) < SAME_POINT_MM:
        turn = 2 * pi
    # Counted from the end that the angle grows away from, so that one test serves both directions.
    base = last if clockwise else first
    passed = [
        quarter * pi / 2 for quarter in range(4) if turn == 2 * pi or (quarter * pi / 2 - base) % (2 * pi) <= turn
    ]
    xs = [start[0], end[0], *(cx + radius * round(cos(angle)) for angle in passed)]
    ys = [start[1], end[1], *(cy + radius * round(sin(angle)) for angle in passed)]
    way = -1 if clockwise else 1
    return Arc(
        (min(xs), min(ys)),
        (max(xs), max(ys)),
        radius * turn,
        (-way * sin(first), way * cos(first)),
        (-way * sin(last), way * cos(last)),
    )
