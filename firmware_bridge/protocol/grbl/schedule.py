"""When a Grbl is asked for its state, and when a state of the conversation has lasted too long."""

import math

from firmware_bridge.protocol.grbl.states import ASKED_AT_ONCE, BEFORE, ENDING, LATE_S, NOT_ASKED, TRACKED, State
from firmware_bridge.protocol.silence import Timings

STATUS_S = 0.25
"""Grbl takes a question every 0.2 s at most."""
ATTEMPTS = 8
DEAF_S = 1.0
"""After a hard limit Grbl hears a reset and nothing else."""
SETTLED_S = 0.2
"""A report this long after a hold or its end was sent was written after it was heard."""


class Schedule:
    """`heard_at`: when it last said something that Grbl says; `stop_at`: when it was told to stop."""

    def __init__(self, timings: Timings) -> None:
        self.heard_at = self.stop_at = 0.0
        self._timings = timings
        self._state = State.GREETING
        self._entered_at = 0.0
        self._poll_at = self._late_at = math.inf
        self._attempts = 0

    @property
    def wake_at(self) -> float:
        return min(self._poll_at, self._late_at)

    def enter(self, state: State, now: float) -> None:
        self._state, self._entered_at = state, now
        if state in TRACKED:
            self._attempts = 0
        if state is State.ABORTING:
            self.stop_at = self.stop_at or now
        self.asked(now)
        if state in ASKED_AT_ONCE:
            self._poll_at = now
        else:
            self._poll_at = math.inf if state in NOT_ASKED else min(self._poll_at, now + STATUS_S)

    def asked(self, now: float) -> None:
        """What the state waits for may take its time from now on."""
        self._late_at = now + LATE_S.get(self._state, math.inf)

    def poll(self, now: float) -> None:
        """Ask for its state as soon as may be."""
        self._poll_at = now

    def poll_is_due(self, now: float) -> bool:
        """Once in its time."""
        if now < self._poll_at:
            return False
        self._poll_at = now + STATUS_S
        return True

    def settled(self, now: float) -> bool:
        return now >= self._entered_at + SETTLED_S

    def is_late(self, now: float) -> bool:
        deaf = self.heard_at <= self._entered_at and now >= self._entered_at + DEAF_S
        return now >= self._late_at or (self._state is State.HOLDING and deaf)

    def again(self) -> str:
        """It is late, and told once more; or why not, since that was done often enough."""
        if self._state in BEFORE and self._state is not State.GREETING:
            self._attempts += 1
            if self._attempts > ATTEMPTS:
                return f"it does not do what it is told ({self._state}, {ATTEMPTS} attempts)"
        return ""

    def hopeless(self, now: float) -> str:
        """Why to give it up; empty while there is hope."""
        if self._state in ENDING:
            return "the firmware does not turn off" if now - self.stop_at > self._timings.stop_within_s else ""
        limit_s = self._timings.greeting_s
        if now - self.heard_at <= limit_s:
            return ""
        unheard = "; has it a Grbl, is it switched on, and is the baud rate right (--baud auto finds it out)?"
        return f"the firmware has not answered as Grbl does for {limit_s:g} s" + (
            unheard if self._state is State.GREETING else ""
        )
