"""The program's lines around the next one: what was sent lately, and what is framed ahead."""

from collections import deque
from collections.abc import Iterator

from firmware_bridge.protocol.conversation import Program
from firmware_bridge.protocol.marlin.framing import frame
from firmware_bridge.protocol.marlin.warmup import Warmup, warmup

HISTORY_LINES = 64
"""How far back a resend may reach beyond what is unacknowledged: doubled `ok`s make a sender run ahead."""


class Backlog:
    """Holds 64 lines, however long the program is. Numbers count from 1."""

    def __init__(self, program: Program) -> None:
        self.total = program.total
        self.reached = 0
        """The highest number taken."""
        self._program = program
        self._lines: Iterator[bytes] | None = None
        self._next = 1
        self._sent: deque[bytes] = deque(maxlen=HISTORY_LINES)
        self._ready: deque[tuple[bytes, Warmup | None]] = deque()

    @property
    def warmup(self) -> Warmup | None:
        """What the line that is sent for the first time next will wait for."""
        if self._next <= self.reached:
            return None
        if not self._ready:
            self.prepare()
        return self._ready[0][1] if self._ready else None

    @property
    def oldest(self) -> int:
        """The line before the first that can still be sent again."""
        return self.reached - len(self._sent)

    def take(self) -> tuple[int, bytes] | None:
        """The next line with its number, framed; None after the last."""
        number = self._next
        if number <= self.reached:
            line = self._sent[number - self.reached - 1]
        elif number <= self.total:
            if not self._ready:
                self.prepare()
            line, _ = self._ready.popleft()
            self._sent.append(line)
            self.reached = number
        else:
            return None
        self._next = number + 1
        return number, line

    def prepare(self, lines: int = 1) -> None:
        """Have so many framed ahead."""
        ready = self._ready
        while len(ready) < lines and self.reached + len(ready) < self.total:
            number = self.reached + len(ready) + 1
            if self._lines is None:
                self._lines = self._program.lines(number)
            command = next(self._lines)
            ready.append((frame(number, command), warmup(command)))

    def begin(self, *, after: int) -> None:
        """With another line than the first; nothing was taken or prepared yet."""
        self.reached, self._next = after, after + 1

    def rewind(self, last: int) -> None:
        """Go on after line `last`, which is not before `oldest`."""
        self._next = last + 1
