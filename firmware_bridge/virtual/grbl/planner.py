"""Grbl's planned moves, and where the tool is among them. mm, s of the virtual clock."""

import math
from collections import deque
from dataclasses import dataclass

BLOCKS = 15
REST_S = 0.1
"""From a feed hold to standing still."""
Place = tuple[float, float, float]


@dataclass
class Move:
    """`left_s` at 100 %."""

    begin: Place
    end: Place
    seconds: float
    left_s: float
    rapid: bool


class Planner:
    """Times go forward only, by `run`. A hold stops the time in the moves, and loses nothing."""

    def __init__(self, position: Place = (0.0, 0.0, 0.0), blocks: int = BLOCKS) -> None:
        self.position = position
        self.moves: deque[Move] = deque()
        self.made = 0
        self.blocks = blocks
        self.feed_share = self.rapid_share = self.spindle_share = 1.0
        self.held = False
        self._now = 0.0
        self._rest_at = math.inf

    @property
    def free(self) -> int:
        return self.blocks - len(self.moves)

    @property
    def at_rest(self) -> bool:
        return not self.moves or (self.held and self._now >= self._rest_at)

    @property
    def speed_mm_min(self) -> float:
        if self.at_rest:
            return 0.0
        move = self.moves[0]
        return math.dist(move.begin, move.end) / move.seconds * 60 * self._share(move)

    @property
    def next_at(self) -> float:
        """When a move ends or a hold comes to rest; infinity when nothing moves."""
        if self.at_rest:
            return math.inf
        move = self.moves[0]
        return min(self._now + move.left_s / self._share(move), self._rest_at)

    def add(self, begin: Place, end: Place, seconds: float, *, rapid: bool) -> None:
        self.moves.append(Move(begin, end, seconds, seconds, rapid))

    def hold(self) -> None:
        if not self.held:
            self.held, self._rest_at = True, self._now + REST_S

    def resume(self) -> None:
        self.held, self._rest_at = False, math.inf

    def run(self, until: float) -> None:
        while not self.at_rest and self._now < until:
            move = self.moves[0]
            share = self._share(move)
            end_at = min(until, self.next_at)
            move.left_s -= (end_at - self._now) * share
            self._now = end_at
            if move.left_s <= 1e-9:
                self.position = self.moves.popleft().end
                self.made += 1
            else:
                done = 1 - move.left_s / move.seconds
                x, y, z = (a + (b - a) * done for a, b in zip(move.begin, move.end, strict=True))
                self.position = (x, y, z)
        self._now = max(self._now, until)

    def _share(self, move: Move) -> float:
        return self.rapid_share if move.rapid else self.feed_share
