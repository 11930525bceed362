"""Grbl's receive buffer as it stands, seen from here: how many bytes may be on their way.

There are no line numbers, so an `ok` says only that *some* line was taken. A lost one makes us believe too little, a
doubled one too much, which would overflow the buffer. Hence barriers: `$G` between the lines has an answer of its
own kind, and whatever was sent before it was then taken, however many `ok` came.

What was sent after the last answered barrier always fits: that is proof, and slow. Once enough lines went by without
a doubled `ok`, they are believed between barriers too, with room kept for one of them being a doubled one.
"""

from collections import deque
from dataclasses import dataclass

from firmware_bridge.protocol.grbl.lines import BARRIER

OWN, MARK = 0, -1
"""What stands in flight in place of a line's number: a line of the bridge's own, or a barrier."""
KEPT_BYTES = 3 * len(BARRIER)
"""Kept free for questions after silence."""
TRUST_LINES = 64
"""Without a doubled `ok`, until they are believed."""
BARRIER_LINES = 24
"""Believed lines between two barriers."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A line on its way. `number` counts from 1; `command` is without its line end."""

    number: int
    command: bytes

    @property
    def length(self) -> int:
        return len(self.command) + 1


class Window:
    """`size` bytes, of which the firmware has said that it has them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.doubled = 0
        """How often an `ok` came for nothing."""
        self.in_flight: deque[Sent] = deque()
        """Everything since the last answered barrier, that one included until its own `ok` has come."""
        self._answered = 0
        self._unproven = self._unanswered = self._longest = 0
        self._marks = self._since_mark = self._bytes_since_mark = self._proven_lines = 0
        self._head_proven = self._believing = False

    def __str__(self) -> str:
        return f"{self.size} bytes" + (", counted by proof since an `ok` came twice" if self.doubled else "")

    @property
    def trusted(self) -> bool:
        return self._believing and not self.doubled

    @property
    def proven(self) -> bool:
        """Nothing is on its way: the last thing sent is a barrier, and it was answered."""
        return self._unproven == 0

    @property
    def oldest(self) -> Sent | None:
        """The first that has no `ok` yet, as far as they can be counted."""
        return self.in_flight[self._answered] if self._answered < len(self.in_flight) else None

    @property
    def ends_in_barrier(self) -> bool:
        return bool(self.in_flight) and self.in_flight[-1].number == MARK

    @property
    def barrier_due(self) -> bool:
        if not self._since_mark:
            return False
        if self.trusted:
            return self._since_mark >= BARRIER_LINES
        return self._bytes_since_mark >= self.size // 4

    def fits(self, length: int) -> bool:
        """A line of the program."""
        room = self.size - KEPT_BYTES - length
        longest = max(self._longest, length)
        return self._unproven <= room or (self.trusted and self._unanswered + longest <= room)

    @property
    def fits_barrier(self) -> bool:
        """Also where the trust was lost since the last one: what was sent in trust went out on the same terms."""
        room = self.size - len(BARRIER)
        return self._unproven <= room or (self._believing and self._unanswered + self._longest <= room)

    def add(self, number: int, command: bytes) -> None:
        sent = Sent(number, command)
        self.in_flight.append(sent)
        self._unproven += sent.length
        self._unanswered += sent.length
        self._longest = max(self._longest, sent.length)
        if number == MARK:
            self._marks += 1
            self._since_mark = self._bytes_since_mark = 0
        else:
            self._since_mark += 1
            self._bytes_since_mark += sent.length

    def answered(self) -> Sent | None:
        """An `ok` or an error: what it is counted for, or None if nothing waits for one."""
        sent = self.oldest
        if sent is None:
            self.doubled += 1
            return None
        self._answered += 1
        if not (self._answered == 1 and self._head_proven):
            self._unanswered -= sent.length
        return sent

    def prove(self) -> int:
        """A barrier was answered: the highest line number before it, 0 if there is none."""
        at = self._next_mark()
        if at is None:
            return 0
        self.doubled += self._answered > at
        highest = 0
        for _ in range(at):
            number = self.in_flight.popleft().number
            self._proven_lines += number >= OWN
            highest = max(highest, number)
        self._believing = not self.doubled and self._proven_lines >= TRUST_LINES
        self._marks -= 1
        self._head_proven = True
        self._answered = 0
        rest = [sent.length for sent in self.in_flight][1:]
        self._unproven = self._unanswered = sum(rest)
        self._longest = max(rest, default=0)
        return highest

    def _next_mark(self) -> int | None:
        if not self._marks:
            return None
        first = 1 if self._head_proven else 0
        return next(i for i, sent in enumerate(self.in_flight) if i >= first and sent.number == MARK)
