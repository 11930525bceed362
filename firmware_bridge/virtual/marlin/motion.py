"""Position and planner of a virtual printer. mm, mm/s, s of the virtual clock."""

import math
from collections import deque

PLANNER_MOVES = 16
AXES = "XYZE"
DEFAULT_FEED_MM_S = 25.0


class Motion:
    """Where the tool is going, and when each planned move will be over."""

    def __init__(self) -> None:
        self.position = dict.fromkeys(AXES, 0.0)
        self.relative = self.relative_e = False
        self.feed_mm_s = DEFAULT_FEED_MM_S
        self.moves = 0
        self._ends: deque[float] = deque()
        self.over_at = 0.0

    def linear(self, words: dict[str, float], now: float, *, extrudes: bool) -> None:
        self._plan(words, now, None, extrudes)

    def arc(self, words: dict[str, float], now: float, *, clockwise: bool, extrudes: bool) -> None:
        """I and J give the centre from the start; with no end in X and Y it is a full circle."""
        i, j = words.get("I", 0.0), words.get("J", 0.0)
        here = self.position
        end_x = self._target("X", words) - here["X"] - i
        end_y = self._target("Y", words) - here["Y"] - j
        turned = math.atan2(-i * end_y + j * end_x, -i * end_x - j * end_y)
        angle = -turned if clockwise else turned
        self._plan(words, now, math.hypot(i, j) * (angle if angle > 1e-9 else angle + math.tau), extrudes)

    def full_until(self, now: float) -> float | None:
        """When the planner has room again, or None if it has."""
        ends = self._ends
        while ends and ends[0] <= now:
            ends.popleft()
        return ends[0] if len(ends) >= PLANNER_MOVES else None

    def home(self, axes: str) -> None:
        self.position.update(dict.fromkeys(axes, 0.0))

    def break_off(self, now: float) -> None:
        self._ends.clear()
        self.over_at = now

    def _target(self, axis: str, words: dict[str, float]) -> float:
        word = words.get(axis)
        if word is None:
            return self.position[axis]
        relative = self.relative_e if axis == "E" else self.relative
        return self.position[axis] + word if relative else word

    def _plan(self, words: dict[str, float], now: float, length_mm: float | None, extrudes: bool) -> None:
        if "F" in words:
            self.feed_mm_s = max(words["F"] / 60, 0.01)
        here = self.position
        there = {axis: self._target(axis, words) for axis in AXES}
        if length_mm is None:
            length_mm = math.dist([here[axis] for axis in "XYZ"], [there[axis] for axis in "XYZ"])
        duration_s = (length_mm or (abs(there["E"] - here["E"]) if extrudes else 0.0)) / self.feed_mm_s
        # A cold extruder does not turn, and Marlin counts the filament as moved all the same.
        self.position = there
        if duration_s > 0:
            self.over_at = max(self.over_at, now) + duration_s
            self._ends.append(self.over_at)
            self.moves += 1
