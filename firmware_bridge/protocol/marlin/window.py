"""How many lines may be on their way at once: one at first, more on evidence, one again at the first anomaly.

What there is room for: Marlin's queue takes `BUFSIZE` commands (4 by default, `Configuration_adv.h`), each answered
once it is done; as long as no more lines than that are unanswered, each one received is taken off the receive buffer
at once. A firmware with ADVANCED_OK says how many places are free, and so how many there are.

Why not from the first line on: after a damaged line the firmware empties its receive buffer. Of a line that was
arriving just then the rest comes later; where the cut lies right before its command, that command runs without its
number, and again when it is sent anew (`GCodeQueue::gcode_line_error`). With one line on its way there is none to be
cut. So a cable has to show that it does not damage lines, and one that did has to show it for far longer.
"""

BUFFERED_LINES = 4
LINES_MAX = 16
CLEAN_LINES = 256
"""To be answered without an anomaly before the second line is let go: at one damaged line in a hundred that is a
chance of 8 %, and of those hardly one line in twenty would be cut there."""
CLEAN_LINES_MORE = 32
"""Before each further one, and after an answer that was lost, which harms nothing."""
CLEAN_LINES_DAMAGED = 4_096
"""After a damaged line; doubled with each."""


class Window:
    """`lines` may be unanswered. `most`: how many at best, where the firmware does not say."""

    def __init__(self, most: int = BUFFERED_LINES) -> None:
        self.lines = self._widest = 1
        self._most, self._why = most, f"the firmware's queue holds {most}"
        self._never = False
        self._left, self._after_damage = CLEAN_LINES, CLEAN_LINES_DAMAGED

    def __str__(self) -> str:
        # A wait at the end (M84, M400) narrows it last of all, which says nothing of the run.
        widest = f", {self._widest} at its widest" if self._widest > self.lines else ""
        return f"{self.lines} line{'s' if self.lines > 1 else ''}{widest} ({self._why})"

    def answered(self, lines: int) -> None:
        """So many more lines were answered as they should be."""
        if self.lines < self._most:
            self._left -= lines
            if self._left <= 0:
                self.lines += 1
                self._widest = max(self._widest, self.lines)
                self._left = CLEAN_LINES_MORE

    def advertised(self, free: int | None) -> None:
        """The firmware has so many free places beside the one it has just answered; None where it does not say."""
        places = 0 if free is None or self._never else min(free + 1, LINES_MAX)
        if places > self._most:
            self._most, self._why = places, f"the firmware says that its queue holds {places}"

    def unsure(self) -> None:
        """An answer did not come."""
        self.lines, self._left = 1, max(self._left, CLEAN_LINES_MORE)

    def damaged(self) -> None:
        """A line did not arrive whole, or not in its turn."""
        self.lines, self._left = 1, self._after_damage
        self._after_damage *= 2
        self._why = "lines were damaged on their way"

    def never_more(self, why: str) -> None:
        """One line at a time to the end, where there is a reason."""
        if why:
            self._never = True
            self.lines = self._most = 1
            self._why = why
