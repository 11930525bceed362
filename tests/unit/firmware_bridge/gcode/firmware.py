"""Where a machine goes by its firmware's own rules, read from its source and apart from the gate: place by place.

Arcs are taken by the angle that the firmware computes, in its 32-bit arithmetic, and drawn in many small steps.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from math import atan2, cos, hypot, sin, tau

Point = tuple[float, float]
Angle = Callable[[Point, Point, Point, bool], float]
"""Of the turn from the first place to the second around the first plus the third; the last: clockwise."""

STEPS = 720


def _f32(value: float) -> float:
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found


def _between(start: Point, end: Point, offset: Point) -> float:
    """The angle from `start` to `end`, as both firmwares begin: one `atan2` of cross and dot product."""
    (rx, ry), (tx, ty) = (
        (_f32(-offset[0]), _f32(-offset[1])),
        (_f32(_f32(end[k]) - _f32(_f32(start[k]) + _f32(offset[k]))) for k in (0, 1)),
    )
    cross = _f32(_f32(rx * ty) - _f32(ry * tx))
    return _f32(atan2(cross, _f32(_f32(rx * tx) + _f32(ry * ty))))


def grbl_angle(start: Point, end: Point, offset: Point, clockwise: bool) -> float:
    """`mc_arc` in `grbl/motion_control.c`, with `ARC_ANGULAR_TRAVEL_EPSILON` of `grbl/config.h`."""
    angle = _between(start, end, offset)
    if clockwise:
        return angle - tau if angle >= -5e-7 else angle
    return angle + tau if angle <= 5e-7 else angle


def marlin_angle(start: Point, end: Point, offset: Point, clockwise: bool) -> float:
    """`plan_arc` in `Marlin/src/gcode/motion/G2_G3.cpp`, 2.0."""
    angle = _between(start, end, offset)
    if angle < 0:
        angle = _f32(angle + _f32(tau))
    if clockwise:
        angle = _f32(angle - _f32(tau))
    if abs(angle) < 1e-6 and all(abs(_f32(a) - _f32(b)) < 1e-6 for a, b in zip(start, end, strict=True)):
        return tau
    return angle


def drawn(start: Point, offset: Point, angle: float) -> Iterator[Point]:
    """The radius is that of the start all along; whoever draws goes to the end after it."""
    cx, cy = start[0] + offset[0], start[1] + offset[1]
    first, radius = atan2(-offset[1], -offset[0]), hypot(*offset)
    for step in range(STEPS + 1):
        at = first + angle * step / STEPS
        yield cx + radius * cos(at), cy + radius * sin(at)


class Machine:
    """Executes canonical lines. Where it stands at first nobody knows; a step from there is a `KeyError`."""

    def __init__(self, angle: Angle, homes_to: Mapping[str, float]) -> None:
        self._angle, self._homes_to = angle, homes_to
        self._place: dict[str, float] = {}
        self._relative = False

    def goes(self, line: str) -> list[dict[str, float]]:
        """The places that a line leads through, as far as they are known."""
        command, *rest = line.split()
        words = {word[0]: float(word[1:] or 0) for word in rest}
        axes = words.keys() & set("XYZ")
        if command in {"G90", "G91"}:
            self._relative = command == "G91"
        elif command == "G28":
            self._place.update({axis: self._homes_to[axis] for axis in axes or "XYZ"})
        elif command in {"M18", "M84"}:
            for axis in axes if words else "XYZ":
                self._place.pop(axis, None)
        elif command in {"G0", "G1"} and axes:
            self._place = self._end(words)
            return [self._place]
        elif command in {"G2", "G3"}:
            return list(self._curves(words, clockwise=command == "G2"))
        return []

    def _end(self, words: Mapping[str, float]) -> dict[str, float]:
        here = self._place
        given = {axis: value for axis, value in words.items() if axis in "XYZ"}
        return here | {axis: here[axis] + value if self._relative else value for axis, value in given.items()}

    def _curves(self, words: Mapping[str, float], *, clockwise: bool) -> Iterator[dict[str, float]]:
        end = self._end(words)
        offset = (words.get("I", 0.0), words.get("J", 0.0))
        start = (self._place["X"], self._place["Y"])
        angle = self._angle(start, (end["X"], end["Y"]), offset, clockwise)
        if angle == 0:  # Marlin goes nowhere but to the height
            end |= {"X": start[0], "Y": start[1]}
        for x, y in drawn(start, offset, angle):
            yield end | {"X": x, "Y": y}
        self._place = end
        yield end
