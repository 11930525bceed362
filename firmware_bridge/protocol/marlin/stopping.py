"""Whether temperatures that come after a stop tell how it came out, or are older than it."""

from firmware_bridge.protocol.marlin.flight import Flight
from firmware_bridge.protocol.marlin.lines import TURN_OFF

ANSWERS = 2 * (TURN_OFF.count(b"\n") - 1)
"""Two of them answered whole: one may have met answers that were still under way."""

AGAIN_S = 0.25
"""Before one that says that it is still hot is told again: it may never obey, as a Klipper that shut down."""

RESORT_S = 3.0
"""Without an answer, until a firmware that has one is given its last resort."""


class Stopping:
    def __init__(self) -> None:
        self.began_at = 0.0
        self._stale = 0
        """Answers to an M105 from before the stop that are still to come: they tell of heat that was on then."""
        self._oks_to_come = 0
        self._resorted = False

    def begin(self, flight: Flight, now: float) -> None:
        self.began_at, self._stale, self._oks_to_come = now, flight.barriers, len(flight) + ANSWERS

    def again(self, last_resort: bytes, now: float) -> bytes:
        """What one is told that does not answer."""
        if not last_resort or self._resorted:
            return TURN_OFF
        # Not the same again before that: Klipper hears its M112 only where less than 20 lines wait.
        self._resorted = now >= self.began_at + RESORT_S
        return last_resort if self._resorted else b""

    def answered(self) -> None:
        """By an `ok` alone."""
        self._oks_to_come -= 1

    def is_told(self, *, sent: bool) -> bool:
        """By an `ok T:`, which answers an M105; `sent`: that of the stop went out."""
        if not sent or self._stale:
            self._stale = max(0, self._stale - 1)
            return False
        return True

    @property
    def is_told_apart(self) -> bool:
        """By temperatures on a line of their own, which Repetier gives for an answer and others by themselves."""
        return self._oks_to_come <= 0
