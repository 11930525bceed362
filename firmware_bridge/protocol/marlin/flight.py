"""What was sent and is not acknowledged yet."""

from collections import deque

from firmware_bridge.protocol.marlin.replies import Reply

OWN, BARRIER = 0, -1
"""What stands in flight in place of a line's number: a line of the bridge's own, or an M105."""


class Flight:
    """Oldest first. `acknowledged` is the highest program line that was."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.sent_at = 0.0
        """When what was acknowledged last had been sent."""
        self.answers_with_temperature = False
        """An M105 is answered by temperatures, as far as is known: a bare `ok` is never its answer."""
        self._lines: deque[tuple[int, float]] = deque()

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def barriers(self) -> int:
        return sum(number == BARRIER for number, _ in self._lines)

    @property
    def passed_over(self) -> int:
        """A line of the program that an M105 behind it overtakes with its answer; 0 where none does."""
        return max(OWN, self._lines[0][0]) if self.barriers else OWN

    def add(self, number: int, now: float) -> None:
        self._lines.append((number, now))

    def clear(self) -> None:
        self._lines.clear()

    def plain(self, oks: int) -> int:
        """So many bare `ok`s: how many of them were answers."""
        lines, taken = self._lines, 0
        for _ in range(oks):
            if not lines or (lines[0][0] == BARRIER and self.answers_with_temperature):
                break
            number, self.sent_at = lines.popleft()
            taken += 1
            if number > 0:
                self.acknowledged = number
        return taken

    def answered(self, reply: Reply, named: int | None) -> int:
        """An `ok T:`, or an `ok` that names its line: how many it answers."""
        count = 0
        if reply is Reply.OK_TEMPERATURE:
            self.answers_with_temperature = True
            count = self._through_barrier()
        else:
            # Repetier says the number it received last, also to a line that has none.
            to_own = bool(self._lines) and self._lines[0][0] == OWN
            count = next((index + 1 for index, (number, _) in enumerate(self._lines) if number == named), int(to_own))
        for _ in range(count):
            number, self.sent_at = self._lines.popleft()
            if number > 0:
                self.acknowledged = number
        return count

    def _through_barrier(self) -> int:
        """Up to the first M105 and any right behind it, since two may have become one line."""
        count = 0
        for index, (number, _) in enumerate(self._lines):
            if number == BARRIER:
                count = index + 1
            elif count:
                break
        return count
