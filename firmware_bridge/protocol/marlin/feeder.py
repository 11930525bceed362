"""Lines into Marlin's queue, the program's and the bridge's own, never more than may be on their way."""

import math
from collections import deque

from firmware_bridge.protocol.conversation import Program, Tally
from firmware_bridge.protocol.marlin.backlog import Backlog
from firmware_bridge.protocol.marlin.dialects import UNTOLD, dialect_of
from firmware_bridge.protocol.marlin.flight import BARRIER, OWN, Flight
from firmware_bridge.protocol.marlin.heating import Heating
from firmware_bridge.protocol.marlin.lines import IDENTIFY, PROBE, WHY, after_program, before_program, watchdog
from firmware_bridge.protocol.marlin.replies import Reply
from firmware_bridge.protocol.marlin.window import Window
from firmware_bridge.protocol.silence import Timings

BARRIER_LINES, BARRIER_LINES_AHEAD = 128, 32
"""After so many lines (the second: with more than one on its way) one M105 is awaited by its own kind of answer, which
ends any lead a doubled `ok` gave us before it overflows the firmware's 128 bytes: merged lines may pass an 8-bit
checksum."""

PROBES_MAX = 16
"""Unanswered at a time: more than 128 bytes of them would overflow a busy AVR board, and what is left of two M105
that ran into each other may be another command."""

PROBES_MUTE = 4
"""Of one whose silence says nothing: it just has to answer them all in the end."""


class Feeder:
    """One program through one window."""

    def __init__(self, program: Program, tally: Tally, timings: Timings) -> None:
        self.backlog, self.flight, self.window = Backlog(program), Flight(), Window()
        self.heating = Heating(timings.poll_s)
        self.dialect = UNTOLD
        self._tally, self._watchdog_s = tally, timings.watchdog_s
        self._capabilities: set[str] = set()
        self._own: deque[bytes] = deque()
        self._since_barrier = 0

    def lines(self, now: float, *, program: bool) -> bytes:
        """As many as there is room for, the bridge's own first; without `program` only those."""
        flight, own, most = self.flight, self._own, self.window.lines
        barrier = BARRIER_LINES if most == 1 else BARRIER_LINES_AHEAD
        out = b""
        while len(flight) < most:
            if self._since_barrier >= barrier or self.heating.poll_at <= now:
                self._since_barrier = 0
                self.heating.polled(now)
                if self._watchdog_s and self.heating.line:
                    # This wait is ours, and the firmware counts moves and its own ones (`reset_stepper_timeout`).
                    own.append(watchdog(self._watchdog_s))
                own.append(PROBE)
            may_go = program and self._is_warm(now)
            if own:
                line = own.popleft()
                self._tally.own_lines += 1
                flight.add(BARRIER if line is PROBE else OWN, now)
            elif may_go and (taken := self.backlog.take()):
                number, line = taken
                self._since_barrier += 1
                self._tally.lines_sent += 1
                flight.add(number, now)
            else:
                break
            out += line
        return out

    def learn(self, reply: Reply, detail: bytes) -> None:
        """What the firmware says of itself in answer to M115."""
        if reply is Reply.IDENTITY:
            self.dialect = dialect_of(detail)
            self.window.never_more(self.dialect.one_line_why)
            self.flight.answers_with_temperature |= self.dialect.heat_apart
        else:
            self._capabilities.add(detail.decode())

    def identify(self) -> None:
        """Nothing but this is left to send of the bridge's own, whatever was before."""
        self._own.clear()
        self._own.append(IDENTIFY)

    def succeed(self, before: "Feeder") -> None:
        """What is known of the firmware, and what it may still answer."""
        self.dialect, self.flight = before.dialect, before.flight

    def ask_why(self) -> None:
        """It has shut itself down."""
        self._own.append(WHY)

    def begin_program(self, now: float) -> None:
        self.heating.begin(now, by_themselves=self._reports)
        self._own += before_program(self._watchdog_s, reports=self._reports)

    def end_program(self) -> None:
        self.heating.poll_at = math.inf
        self._own += after_program(self._watchdog_s, reports=self._reports)
        # An `ok` too many may have answered the M400, and Repetier's says that the line came in: temperatures are told
        # once it was executed.
        self._own.append(PROBE)

    @property
    def _reports(self) -> bool:
        return "AUTOREPORT_TEMP" in self._capabilities and not self.dialect.heat_apart

    def probe(self, now: float) -> bytes:
        """An answer did not come: an M105 behind everything tells, as long as there are not too many of them."""
        if self.flight.barriers >= (PROBES_MUTE if self.dialect.mute_at_work else PROBES_MAX):
            return b""
        self._tally.probes += 1
        self.window.unsure()
        self.flight.add(BARRIER, now)
        return PROBE

    def rewind(self, *, damaged: bool) -> None:
        """To the line after the last acknowledged one; `damaged`: since one did not arrive whole, or in its turn."""
        if damaged:
            self._tally.resends += 1
            self.window.damaged()
        self.backlog.rewind(self.flight.acknowledged)

    def answered(self, reply: Reply, named: int | None, now: float) -> bool:
        """An `ok T:`, or an `ok` that names its line; False where it is an answer to nothing."""
        return self._taken(self.flight.answered(reply, named), now)

    def plain(self, oks: int, now: float) -> bool:
        """The same of so many bare `ok`s in a row."""
        return self._taken(self.flight.plain(oks), now)

    def _taken(self, lines: int, now: float) -> bool:
        if not lines:
            return False
        self.window.answered(lines)
        self.heating.answered(now)
        return True

    def _is_warm(self, now: float) -> bool:
        """Whether it is time for the program's next line."""
        warmup = self.backlog.warmup
        if warmup is None and self.heating.line is None:
            return True
        line = None if "EMERGENCY_PARSER" in self._capabilities else warmup
        own = self.heating.before(line, now, answered=not (self.flight or self._own))
        if own is None:
            return True
        self._own += own
        self._tally.heated |= bool(own)
        return False
