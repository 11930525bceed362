"""How long a firmware may say nothing before it is asked, and before it is given up."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Seconds. `quiet_s`: after an error the firmware empties its receive buffer, so nothing is sent
    before it has been quiet that long. Silence is adaptive between its bounds, and doubles, so that the
    questions of two minutes fit into the 128 bytes an AVR board can hold while it is busy.

    Reported temperatures say that the firmware lives and nothing of what it was sent: they postpone a
    question, up to `unsure_s` after the line was sent and twice as long after each question, and only after
    `deaf_s` of nothing else is it given up: somebody may have to come and change its filament. A firmware that says
    nothing at all while it works is given up after `mute_s`: a G29 takes up to a quarter of an hour, and a board that
    hangs, its heaters on and its USB chip alive, is left to nobody for much longer.

    `watchdog_s` is what the firmware's own is set to at the start and cleared from at the end; 0 leaves it alone."""

    quiet_s: float = 0.06
    boot_s: float = 0.5
    silence_first_s: float = 1.0
    silence_least_s: float = 0.1
    silence_most_s: float = 8.0
    busy_s: float = 3.0
    unsure_s: float = 10.0
    deaf_s: float = 3_600.0
    mute_s: float = 1_200.0
    poll_s: float = 2.0
    give_up_s: float = 120.0
    greeting_s: float = 30.0
    stop_within_s: float = 20.0
    watchdog_s: int = 0


class Silence:
    """`due_at`: when to ask; infinity while nothing is awaited. `due_by`: the latest that anything is due, whatever the
    firmware says; infinity but in a stop. `unanswered` counts questions in a row."""

    def __init__(self, timings: Timings) -> None:
        self.due_at = self.due_by = math.inf
        self.quiet_until = math.inf
        """Until when nothing may be sent, after an error; infinity while there is none."""
        self.unanswered = 0
        self._timings = timings
        self._alive_at = self._answered_at = 0.0
        self._unsure_at = math.inf
        self._round_trip_s, self._deviation_s = 0.0, timings.silence_first_s / 4
        self._patience_s = timings.silence_first_s

    def listen(self, now: float, *, adaptive: bool) -> None:
        """From now on, count the silence."""
        patience_s = self._patience_s if adaptive else self._timings.silence_first_s
        if self.unanswered:
            patience_s *= 2.0**self.unanswered
        self.due_at = now + min(patience_s, self._timings.silence_most_s)
        self._unsure_at = now + self._timings.unsure_s * 2.0**self.unanswered

    @property
    def wake_at(self) -> float:
        return min(self.quiet_until if self.hushed else self.due_at, self.due_by)

    def is_due(self, now: float) -> bool:
        """Whether it has been silent for too long, or the latest time has come."""
        return now >= self.due_by or (not self.hushed and now >= self.due_at)

    @property
    def hushed(self) -> bool:
        return self.quiet_until != math.inf

    def hush(self, now: float) -> None:
        """From now on, or for as much longer, send nothing."""
        quiet_until = now + self._timings.quiet_s
        self.quiet_until = max(self.quiet_until, quiet_until) if self.hushed else quiet_until

    def answered(self, now: float) -> None:
        """It said something that depends on what it was sent."""
        self._alive_at = self._answered_at = now

    def ask_by(self, due_at: float) -> None:
        """It hears what it is sent."""
        self.unanswered = 0
        self.due_at = min(self.due_at, due_at)

    def busy(self, now: float) -> None:
        """It said that it is still at work on what it was sent: nothing is lost, and nothing is asked."""
        self.answered(now)
        if self.due_at != math.inf:
            self.due_at = max(self.due_at, now + self._timings.busy_s)
            self._unsure_at = max(self._unsure_at, self.due_at)

    def alive(self, now: float) -> None:
        """It reported temperatures by itself."""
        self._alive_at = now
        if self.due_at != math.inf:
            self.due_at = max(self.due_at, min(now + self._timings.busy_s, self._unsure_at))

    def measure(self, round_trip_s: float) -> None:
        """An answer after so long. Smoothed round trip and deviation, as TCP does it (RFC 6298 §2)."""
        self.unanswered = 0
        off_s = round_trip_s - self._round_trip_s
        self._round_trip_s += off_s / 8
        self._deviation_s += (abs(off_s) - self._deviation_s) / 4
        self._patience_s = max(self._round_trip_s + 4 * self._deviation_s, self._timings.silence_least_s)

    def hopeless(self, now: float, limit_s: float) -> str:
        """Why not to ask again; empty while there is hope. It may say nothing at all for `limit_s`."""
        if now - self._alive_at > limit_s:
            return f"the firmware has not answered for {limit_s:g} s"
        if now - self._answered_at > self._timings.deaf_s:
            return f"for {self._timings.deaf_s:g} s the firmware has reported temperatures and answered nothing"
        return ""
