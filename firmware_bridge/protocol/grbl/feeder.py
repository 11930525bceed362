"""Lines into Grbl's receive buffer, never more than it holds, and what becomes of them."""

import math
from collections.abc import Iterator

from firmware_bridge.protocol.conversation import Tally
from firmware_bridge.protocol.grbl.lines import BARRIER, writes_eeprom
from firmware_bridge.protocol.grbl.window import MARK, OWN, Sent, Window

STALL_S = 0.1
"""Without an answer, until a barrier is put behind what is in flight."""
EEPROM_S = 1.0
"""The same after a line that writes the EEPROM, while received bytes are dropped."""
IDLE_STALL_S = 2.0
"""The same where it stands idle and a barrier is out already; doubles, since a dwell (G4) looks like that."""
QUESTIONS_MAX = 3


class Feeder:
    """One program through one window. `numbered` is False for lines that are the bridge's own.

    `stall_at` is when to call `on_stall`; infinity while nothing is awaited.
    """

    def __init__(self, lines: Iterator[bytes], window: Window, tally: Tally, *, numbered: bool = True) -> None:
        self.window = window
        self.number = 0
        """The last line sent."""
        self.stall_at = math.inf
        self.unanswered_since = math.inf
        self._lines, self._tally, self._numbered = lines, tally, numbered
        self._next: bytes | None = None
        self._alone = False
        self._questions = 0

    @property
    def drained(self) -> bool:
        """Nothing is left to send, and everything was taken."""
        return self.window.proven and self.peek() is None

    def peek(self) -> bytes | None:
        if self._next is None:
            self._next = next(self._lines, None)
        return self._next

    def lines(self, now: float) -> bytes:
        """As many as there is room for."""
        out = b""
        while (line := self._next_line(now)) is not None:
            out += line
        return out

    def _next_line(self, now: float) -> bytes | None:
        """The next line, if there is one and room for it."""
        window, command = self.window, self.peek()
        if self._alone and not window.proven:
            return self._barrier(now) if window.oldest is None and not window.ends_in_barrier else None
        if command is None or window.barrier_due or writes_eeprom(command):
            if not window.proven:
                return None if window.ends_in_barrier else self._barrier(now)
            if command is None:
                return None
        if not window.fits(len(command) + 1):
            return None if window.ends_in_barrier or window.trusted else self._barrier(now)
        self._next = None
        self._alone = writes_eeprom(command)
        if self._numbered:
            self.number += 1
        else:
            self._tally.own_lines += 1
        window.add(self.number if self._numbered else OWN, command)
        self._listen(now)
        return command + b"\n"

    def answered(self, now: float) -> Sent | None:
        """An `ok` or an error: what it is counted for."""
        sent = self.window.answered()
        self._listen(now)
        return sent

    def prove(self, now: float) -> int:
        """A barrier was answered: up to which line everything was taken, 0 if that says nothing new."""
        highest = self.window.prove()
        self._listen(now)
        return highest

    def on_stall(self, now: float, *, stands: bool) -> bytes:
        """An `ok` may be lost, and a barrier behind everything tells. `stands`: it is not in motion and not held,
        where there would just be nothing to say yet."""
        repeats = self.window.ends_in_barrier
        out = b""
        questions, since = self._questions, self.unanswered_since if stands else now
        if not repeats or (stands and questions < QUESTIONS_MAX):
            questions += repeats
            self._tally.probes += stands
            out = self._barrier(now) or b""
        self._questions, self.unanswered_since = questions, since
        self.stall_at = now + IDLE_STALL_S * 2.0**questions
        return out

    def named(self) -> str:
        """The line whose answer is awaited, as far as answers can be counted."""
        return name_of(self.window.oldest, self.number)

    def _barrier(self, now: float) -> bytes | None:
        if not self.window.fits_barrier:
            return None
        self.window.add(MARK, BARRIER.rstrip(b"\n"))
        self._tally.own_lines += 1
        self._listen(now)
        return BARRIER

    def _listen(self, now: float) -> None:
        """From now on, count the silence."""
        self._questions, self.unanswered_since = 0, now
        self.stall_at = math.inf if self.window.proven else now + (EEPROM_S if self._alone else STALL_S)


def name_of(sent: Sent | None, number: int) -> str:
    """A line by number and text; the place where a line of the bridge's own stands, which has neither."""
    if sent is None or sent.number <= OWN:
        return f"after line {number}"
    return f"line {sent.number} ({sent.command.decode('ascii', 'replace')})"
