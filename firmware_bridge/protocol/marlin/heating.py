"""Heat, as far as a sender has to do with it: what is known of it, when to ask for it, and waiting for it."""

import math

from firmware_bridge.protocol.conversation import Temperatures
from firmware_bridge.protocol.marlin.lines import PROBE
from firmware_bridge.protocol.marlin.warmup import Warmup

TRIES_MAX = 10
"""After so many attempts to set the target the program's own line goes out."""


class Heating:
    """Holds a line back until its heater is nearly warm. `poll_s`: between two questions for temperatures."""

    def __init__(self, poll_s: float) -> None:
        self.temperatures = Temperatures()
        self.poll_at = math.inf
        """When to ask for them; infinity where they come by themselves."""
        self.waited_s = 0.0
        self.line: Warmup | None = None
        """What is waited for, None while nothing is."""
        self._poll_s = poll_s
        self._tries = 0
        self._since: float | None = None
        self._by_themselves = False

    def begin(self, now: float, *, by_themselves: bool) -> None:
        """The program begins. `by_themselves`: temperatures come without a question."""
        self._by_themselves = by_themselves
        self.poll_at = math.inf if by_themselves else now

    def polled(self, now: float) -> None:
        if self.poll_at != math.inf:
            self.poll_at = now + self._poll_s

    def before(self, line: Warmup | None, now: float, *, answered: bool) -> tuple[bytes, ...] | None:
        """The bridge's own lines for now, maybe none, before the program's next one; None once that may go out.

        `line`: what it waits for, if anything; `answered`: the bridge's own lines so far were.
        """
        if line is not None and line is not self.line:
            self.line, self._tries = line, 0
            return self._set(line, now)
        if line is None or (answered and (line.is_near(self.temperatures) or self._tries >= TRIES_MAX)):
            self.line = None
            if self._by_themselves:
                self.poll_at = math.inf
            return None
        if answered and not line.is_set(self.temperatures):
            return self._set(line, now)
        return ()

    def waits(self, now: float) -> None:
        """The firmware says that it waits for heat, or is about to."""
        if self._since is None:
            self._since = now

    def answered(self, now: float) -> None:
        """A line was: none of the program's waits any more, unless it is held back here."""
        if self._since is not None and self.line is None:
            self.waited_s += now - self._since
            self._since = None

    def _set(self, line: Warmup, now: float) -> tuple[bytes, ...]:
        """Set the target, and read it back."""
        self._tries += 1
        self.waits(now)
        self.poll_at = now + self._poll_s
        return line.set_line, PROBE
