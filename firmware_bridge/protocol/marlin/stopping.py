"""What a firmware is told that is to stop, and which of the temperatures that come then say how it came out."""

import math

from firmware_bridge.protocol.marlin.flight import Flight
from firmware_bridge.protocol.marlin.lines import TURN_OFF

ANSWERS = 2 * (TURN_OFF.count(b"\n") - 1)
"""Two of them answered whole: one may have met answers that were still under way."""

AGAIN_S = 0.25
"""Before one that hears it is told again: it answered what was before the stop, or says that it is still hot. It may
never obey, as a Klipper whose heater failed."""

RESORT_S = 3.0
"""After so long not switched off, a firmware that has a last resort is given it."""


class Stopping:
    """Gives it up after `within_s`, even of one that says that it is busy: it may wait for a person, or for heat."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._end_at = self._resort_at = math.inf
        """The second: when to say its last resort; infinity where there is none, or it was said."""
        self._last_resort = b""
        self._stale = 0
        """Answers to an M105 from before the stop that are still to come: they tell of heat that was on then."""
        self._oks_to_come = 0
        self._hears = False

    def begin(self, flight: Flight, last_resort: bytes, now: float) -> None:
        self._end_at, self._last_resort = now + self._within_s, last_resort
        self._resort_at = now + RESORT_S if last_resort else math.inf
        self._stale, self._oks_to_come = flight.barriers, len(flight) + ANSWERS

    @property
    def due_at(self) -> float:
        """When something is to be done, whatever it said until then."""
        return min(self._resort_at, self._end_at)

    def hopeless(self, now: float) -> str:
        """Why not to tell it again; empty while there is hope."""
        return "it does not turn off" if now >= self._end_at else ""

    def forget(self) -> None:
        """It restarted: what was sent before is never answered."""
        self._stale, self._oks_to_come = 0, ANSWERS

    def again(self, now: float) -> bytes:
        """What one is told that is not switched off yet."""
        if now >= self._resort_at:
            self._resort_at = math.inf
            return self._last_resort
        # Klipper in a long move hears M112 only where less than 20 lines wait (klippy/gcode.py, `_process_data`).
        return TURN_OFF if self._hears or self._resort_at == math.inf else b""

    def answered(self) -> None:
        """By an `ok` alone."""
        self._oks_to_come -= 1

    def is_told(self, *, sent: bool) -> bool:
        """By an `ok T:`, which answers an M105; `sent`: that of the stop went out."""
        self._hears = True
        if not sent or self._stale:
            self._stale = max(0, self._stale - 1)
            return False
        return True

    @property
    def is_told_apart(self) -> bool:
        """By temperatures on a line of their own, which Repetier gives for an answer and others by themselves."""
        return self._oks_to_come <= 0
