"""Sending a program to Grbl 1.1 or grblHAL: rehearsed whole in check mode, then every line once and in order.

Pure: bytes and the time go in (`feed`), bytes come out (`send`), `wake_at` says when to call again.

What is relied on (`doc/markdown/interface.md`, `protocol.c`): one `ok` or `error:n` for each line, answers in the
order of the lines, real-time bytes that act at once. Nothing is ever sent twice, since Grbl would execute it twice.
There are no checksums: a byte damaged on its way to the machine may make another command, and nobody can know.
"""

import math
from collections.abc import Iterator

from firmware_bridge.protocol.conversation import (
    Attention,
    Ending,
    NoProgram,
    Program,
    Tally,
    Temperatures,
    Whereabouts,
)
from firmware_bridge.protocol.grbl.about import About, Expected
from firmware_bridge.protocol.grbl.codes import SOFT_LIMIT, alarm_text, error_text
from firmware_bridge.protocol.grbl.feeder import Feeder, name_of
from firmware_bridge.protocol.grbl.lines import HOLD, RESUME, STATUS, STATUS_ALL, SYNCHRONISE, Override
from firmware_bridge.protocol.grbl.replies import Reply, Status, read_reply, read_status
from firmware_bridge.protocol.grbl.reports import HOME_IT, attention, judge
from firmware_bridge.protocol.grbl.schedule import SETTLED_S, Schedule
from firmware_bridge.protocol.grbl.states import (
    BEFORE,
    BEGINNING,
    ENDING,
    ENDINGS,
    LIVE,
    PACKETS,
    RUNNING,
    TRACKED,
    TRANSITIONS,
    Signal,
    State,
)
from firmware_bridge.protocol.grbl.window import Window
from firmware_bridge.protocol.received import Received
from firmware_bridge.protocol.silence import Timings

UNNUMBERED = "Grbl does not number lines, so nobody can know where it stands: begin again at line 1"


class Grbl:
    """A `Conversation` with Grbl. What `about` tells is for whoever describes the machine; `status` is the latest.

    `hold`, `resume` and `override` are for the owner alone; nothing here calls them.
    """

    def __init__(
        self,
        program: Program,
        timings: Timings | None = None,
        found: Whereabouts | None = None,
        *,
        expected: Expected | None = None,
    ) -> None:
        self.state = State.GREETING
        self.over = False
        self.ending: Ending | None = None
        self.reason = ""
        self.attention, self.tally, self.temperatures = Attention(), Tally(), Temperatures()
        self.acknowledged = 0
        self.heating_s = 0.0
        self.about = About()
        self.status: Status | None = None
        self._program, self._found, self._expected = program, found, expected or Expected()
        self._timings = timings or Timings()
        self._feeder = Feeder(iter(()), Window(self.about.receive_bytes), self.tally)
        self._received = Received()
        self._packet = self._realtime = self._asked = b""
        self._verdict = Signal.OFF_STOPPED
        self._schedule = Schedule(self._timings)
        self._began = 0.0
        self._resumed_at = -math.inf

    # ---- what the shell calls

    @property
    def wake_at(self) -> float:
        """When `send` has something to do even if nothing is received; infinity for never."""
        if self._packet or self._realtime:
            return -math.inf
        return min(self._schedule.wake_at, self._feeder.stall_at if self.state in TRACKED else math.inf)

    @property
    def window(self) -> str:
        return str(self._feeder.window)

    def begin(self, now: float) -> None:
        self._began = self._schedule.heard_at = now
        self._enter(State.GREETING, now)
        if self._found:
            self._go(Signal.ELSEWHERE, now, UNNUMBERED)

    def stop(self, reason: str, now: float) -> None:
        """Leave the program and turn everything off; the state ends as STOPPED or UNCONFIRMED."""
        if self.state not in ENDING and not self.over:
            self._go(Signal.STOP, now, reason, Signal.OFF_STOPPED)

    def successor(self, timings: Timings) -> "Grbl":
        return Grbl(NoProgram(), timings, expected=self._expected)

    def hold(self) -> None:
        """Feed hold: it comes to rest and keeps its position, its spindle turns on."""
        self._by_owner(HOLD)

    def resume(self) -> None:
        self._by_owner(RESUME)
        # What a later report says waits is another pause, or has not heard.
        self.attention = Attention()

    def override(self, step: Override) -> None:
        self._by_owner(step.value)

    def feed(self, data: bytes, now: float) -> None:
        for line in self._received.lines(data):
            if self.over:
                return
            if line in (b"ok\r", b"ok"):
                self._on_answer(None, now)
            else:
                self._take(line.rstrip(b"\r"), now)

    def send(self, now: float) -> bytes:
        """What to write now."""
        self._watch_the_clock(now)
        out, self._realtime = self._realtime, b""
        if RESUME in out:
            self._resumed_at = now
        out += self._take_packet()
        while self.state in TRACKED:
            out += self._feeder.lines(now)
            if self.state is State.CUTTING:
                self.tally.lines_sent = self._feeder.number
            if not self._feeder.drained:
                break
            self._go(Signal.DRAINED, now)
        out += self._take_packet()
        return out + STATUS if self._schedule.poll_is_due(now) else out

    def prepare(self) -> None:
        """Read the next line, while the firmware still works on what it has."""
        if self.state in (State.REHEARSING, State.CUTTING):
            self._feeder.peek()

    # ---- what the firmware says

    def _take(self, line: bytes, now: float) -> None:
        reply, words = read_reply(line)
        if reply is not Reply.OTHER:
            self._schedule.heard_at = now
        match reply:
            case Reply.ERROR:
                self._on_answer(int(words[0]), now)
            case Reply.STATUS:
                self._on_status(read_status(words), now)
            case Reply.MODES:
                self._on_modes(words[0].split(), now)
            case Reply.ALARM:
                self._on_alarm(int(words[0]), now)
            case Reply.WELCOME:
                self._on_welcome(line, (int(words[0]), int(words[1])), now)
            case _:
                self.about.hear(reply, words)
        if self.state is State.READING:
            self._ask(now)

    def _on_answer(self, error: int | None, now: float) -> None:
        if self.state not in TRACKED:
            return
        self._schedule.heard_at = now
        sent = self._feeder.answered(now)
        if error is None:
            return
        what = f"{name_of(sent, self._feeder.number)}: {error_text(error)}"
        if self.state is State.REHEARSING:
            self._go(Signal.REFUSE, now, f"checked without moving, {what}", Signal.OFF_REFUSED)
        else:
            self._go(Signal.WRONG, now, what, Signal.OFF_HALTED)

    def _on_modes(self, words: list[bytes], now: float) -> None:
        if self.state in TRACKED:
            highest = self._feeder.prove(now)
            if self.state is State.CUTTING:
                self.acknowledged = max(self.acknowledged, highest)
        elif self.state is State.SWITCHING_OFF and b"M5" in words and b"M9" in words:
            self._go(self._verdict, now)

    def _on_alarm(self, number: int, now: float) -> None:
        what = alarm_text(number)
        if self.state is State.REHEARSING:
            mend = "set its zero (G54) so that all of the program lies within, and " if number == SOFT_LIMIT else ""
            why = f"checked without moving, {self._feeder.named()}: {what}; {mend}{HOME_IT}"
            self._go(Signal.REFUSE, now, why, Signal.OFF_REFUSED)
        elif self.state in BEFORE:
            self._go(Signal.REFUSE, now, what)
        elif self.state in ENDING:
            # An impatient host resets more than once, and each reset in motion is an alarm.
            self.reason += f"; {what}" if what not in self.reason else ""
        else:
            self._go(Signal.ALARM, now, what)

    def _on_welcome(self, line: bytes, version: tuple[int, int], now: float) -> None:
        self.about.version = self.about.version or line.decode("ascii", "replace")
        if version < (1, 1) and self.state in BEGINNING:
            self._go(Signal.REFUSE, now, f"{line.decode('ascii', 'replace')} is too old: 1.1 is needed")
        elif self.state is State.REHEARSING or self.state in RUNNING:
            why = "the firmware restarted in mid-job (power supply, reset button?)"
            self._go(Signal.WELCOME, now, why, Signal.OFF_RESTARTED)
        else:
            if self.state is State.GREETING:
                self._schedule.poll(now)
            self._go(Signal.WELCOME, now)

    def _on_status(self, status: Status, now: float) -> None:
        self.status = status
        # Until that was sent and heard, a report may be of the pause that is over.
        resumed = RESUME not in self._realtime and now >= self._resumed_at + SETTLED_S
        if self.state in RUNNING and resumed:
            oldest = self._feeder.window.oldest
            in_program_pause = oldest is not None and oldest.command.split(b" ")[0] in (b"M0", b"M00")
            self.attention = attention(status, in_program_pause=in_program_pause)
        if happened := judge(self.state, status, settled=self._schedule.settled(now)):
            self._go(happened.signal, now, happened.reason, happened.verdict)

    # ---- moving through the table

    def _go(self, signal: Signal, now: float, reason: str = "", verdict: Signal | None = None) -> None:
        """`reason` is kept where there is one; `verdict`: what the safe stop that follows ends as."""
        state = TRANSITIONS.get((self.state, signal))
        if state is None:
            return
        self.reason = reason or self.reason
        if verdict:
            self._verdict, self._schedule.stop_at = verdict, now
        self._enter(state, now)

    def _enter(self, state: State, now: float) -> None:
        self.state = state
        self.over, self.ending = state not in LIVE, ENDINGS.get(state)
        self._schedule.enter(state, now)
        self._packet = PACKETS.get(state, b"")
        self.tally.own_lines += self._packet.count(b"\n")
        match state:
            case State.READING:
                self._asked, self._realtime = b"", STATUS_ALL
                self._ask(now)
            case State.REHEARSING:
                self._feeder = self._fed_with(self._program.rehearsal())
            case State.CUTTING:
                self._feeder = self._fed_with(self._program.lines(1))
                # Nothing of the program ran before this: its pace is counted from here.
                self.heating_s = now - self._began
            case State.SETTLING:
                own = iter((SYNCHRONISE.rstrip(b"\n"),))
                self._feeder = Feeder(own, self._feeder.window, self.tally, numbered=False)
            case _ if self.over:
                self.attention = Attention()
            case _:
                pass

    def _ask(self, now: float) -> None:
        """The next question, each once it is the first without an answer; late ones are asked again."""
        question = self.about.open_question()
        if question is None:
            why_not = self.about.why_not(self._expected)
            self._go(Signal.REFUSE if why_not else Signal.KNOWN, now, why_not)
        elif question != self._asked or self._schedule.is_late(now):
            self._asked, self._packet = question, question
            self.tally.own_lines += 1
            self._schedule.asked(now)

    # ---- lines

    def _fed_with(self, lines: Iterator[bytes]) -> Feeder:
        free = self.status.free_bytes if self.status else None
        if self.state is State.REHEARSING and free:
            # Nothing is in flight, so what is free is all there is.
            self.about.receive_bytes = min(self.about.receive_bytes, free) if self.about.told_size else free
        return Feeder(lines, Window(self.about.receive_bytes), self.tally)

    def _take_packet(self) -> bytes:
        packet, self._packet = self._packet, b""
        return packet

    def _by_owner(self, byte: bytes) -> None:
        if self.state in RUNNING:
            self._realtime += byte

    # ---- time

    def _watch_the_clock(self, now: float) -> None:
        if self.over:
            return
        if hopeless := self._schedule.hopeless(now):
            self._go(Signal.GAVE_UP, now, self.reason or hopeless)
        elif self._schedule.is_late(now):
            if why := self._schedule.again():
                self._go(Signal.TOO_OFTEN, now, why)
            elif self.state is State.READING:
                self._ask(now)
            else:
                self._go(Signal.LATE, now)
        elif self.state in TRACKED and now >= self._feeder.stall_at:
            self._on_stall(now)

    def _on_stall(self, now: float) -> None:
        feeder = self._feeder
        stands = self.status is not None and self.status.state in ("Idle", "Check")
        if stands and now - feeder.unanswered_since > self._timings.give_up_s:
            why = f"{feeder.named()} is never answered"
            self._go(Signal.WRONG, now, why, Signal.OFF_HALTED)
            return
        self._packet += feeder.on_stall(now, stands=stands)
