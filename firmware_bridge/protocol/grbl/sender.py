"""Sending a program to Grbl 1.1 or grblHAL: rehearsed whole in check mode, then every line once and in order.

Pure: bytes and the time go in (`feed`), bytes come out (`send`), `wake_at` says when to call again.

What is relied on (`doc/markdown/interface.md`, `protocol.c`): one `ok` or `error:n` for each line, answers in the
order of the lines, real-time bytes that act at once. Nothing is ever sent twice, since Grbl would execute it twice.
There are no checksums: a byte damaged on its way to the machine may make another command, and nobody can know.
"""

import math
from collections.abc import Iterator

from firmware_bridge.protocol.conversation import Ending, Program, Temperatures, Whereabouts
from firmware_bridge.protocol.grbl.about import WHY_NOT_BEGIN, About, Expected, attention
from firmware_bridge.protocol.grbl.codes import alarm_text, error_text
from firmware_bridge.protocol.grbl.feeder import Feeder, name_of
from firmware_bridge.protocol.grbl.lines import (
    CHECK_MODE,
    HOLD,
    RESET,
    RESUME,
    STATUS,
    STATUS_ALL,
    SWITCH_OFF,
    SYNCHRONISE,
    Override,
)
from firmware_bridge.protocol.grbl.replies import Reply, Status, read_reply, read_status
from firmware_bridge.protocol.grbl.states import (
    BEFORE,
    ENDING,
    ENDINGS,
    LIVE,
    RUNNING,
    TRACKED,
    TRANSITIONS,
    Signal,
    State,
)
from firmware_bridge.protocol.grbl.window import Window
from firmware_bridge.protocol.silence import Timings

STATUS_S = 0.25
"""Grbl takes a question every 0.2 s at most."""
ATTEMPTS = 8
HOLD_WITHIN_S = 5.0
"""A hold that does not come to rest is cut short, and the position with it: stopping matters more."""
DEAF_S = 1.0
"""After a hard limit Grbl hears a reset and nothing else."""
SETTLED_S = 0.2
"""A report this long after a hold was sent was written after it was heard."""
PARTIAL_BYTES = 4_096

LATE_S = {
    State.GREETING: 1.0,
    State.READING: 2.0,
    State.CLEARING: 1.0,
    State.ENTERING: 2.0,
    State.LEAVING: 1.0,
    State.RETURNING: 1.0,
    State.HOLDING: HOLD_WITHIN_S,
    State.ABORTING: 1.0,
    State.SWITCHING_OFF: 1.0,
}
PACKETS = {
    State.CLEARING: RESET,
    State.ENTERING: CHECK_MODE,
    State.LEAVING: RESET,
    State.HOLDING: HOLD,
    State.ABORTING: RESET,
    State.SWITCHING_OFF: SWITCH_OFF,
}
"""What goes out when a state is entered, and again when it is entered because it is late."""
RESETTING = (State.CLEARING, State.LEAVING, State.ABORTING)
POLLED_AT_ONCE = (State.GREETING, State.RETURNING, State.CLOSING, State.HOLDING)
UNCHECKED = (State.GREETING, State.READING, State.ENTERING)
"""A grblHAL that was homed by hand (`$22`, bit 5) forgets it at the reset that ends the check
(`limits_set_homing_axes`, machine_limits.c): its position stays, and every line was held against its travel before."""
BEGINNING = (*UNCHECKED, State.RETURNING)
AT_REST = frozenset({("Hold", 0), ("Door", 0), ("Door", 1), ("Tool", None)})
AT_REST_BY_ITSELF = frozenset({"Idle", "Check", "Alarm", "Sleep"})
PAUSED = frozenset({"Hold", "Door", "Tool", "Sleep"})
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
        self.reason = self.attention = ""
        self.paused = False
        self.temperatures = Temperatures()
        self.acknowledged = self.rehearsed = self.lines_sent = self.own_lines = self.resends = self.probes = 0
        self.heating_s = 0.0
        self.about = About()
        self.status: Status | None = None
        self._program, self._found, self._expected = program, found, expected or Expected()
        self._timings = timings or Timings()
        self._feeder = Feeder(iter(()), Window(self.about.receive_bytes))
        self._partial = self._packet = self._realtime = self._asked = b""
        self._verdict = Signal.OFF_STOPPED
        self._attempts = 0
        self._began = self._heard_at = self._entered_at = self._stop_at = 0.0
        self._poll_at = self._late_at = math.inf

    # ---- what the shell calls

    @property
    def wake_at(self) -> float:
        """When `send` has something to do even if nothing is received; infinity for never."""
        if self._packet or self._realtime:
            return -math.inf
        stall_at = self._feeder.stall_at if self.state in TRACKED else math.inf
        return min(self._poll_at, self._late_at, stall_at)

    @property
    def window(self) -> str:
        window = self._feeder.window
        return f"{window.size} bytes" + (", counted by proof since an `ok` came twice" if window.doubled else "")

    def begin(self, now: float) -> None:
        self._began = self._heard_at = now
        self._enter(State.GREETING, now)
        if self._found:
            self._end(Signal.ELSEWHERE, UNNUMBERED, now)

    def stop(self, reason: str, now: float) -> None:
        """Leave the program and turn everything off; the state ends as STOPPED or UNCONFIRMED."""
        if self.state not in ENDING and not self.over:
            self._give_up_on_it(Signal.STOP, Signal.OFF_STOPPED, reason, now)

    def hold(self) -> None:
        """Feed hold: it comes to rest and keeps its position, its spindle turns on."""
        self._by_owner(HOLD)

    def resume(self) -> None:
        self._by_owner(RESUME)

    def override(self, step: Override) -> None:
        self._by_owner(step.value)

    def feed(self, data: bytes, now: float) -> None:
        if self._partial:
            data = self._partial + data
        *lines, rest = data.split(b"\n")
        self._partial = rest[-PARTIAL_BYTES:]
        for line in lines:
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
        out += self._take_packet()
        while self.state in TRACKED:
            line = self._next_line(now)
            if line is not None:
                out += line
            elif self._feeder.drained:
                self._go(Signal.DRAINED, now)
            else:
                break
        out += self._take_packet()
        if now >= self._poll_at:
            self._poll_at = now + STATUS_S
            out += STATUS
        return out

    def prepare(self) -> None:
        """Read the next line, while the firmware still works on what it has."""
        if self.state in (State.REHEARSING, State.CUTTING):
            self._feeder.peek()

    # ---- what the firmware says

    def _take(self, line: bytes, now: float) -> None:
        reply, words = read_reply(line)
        if reply is not Reply.OTHER:
            self._heard_at = now
        match reply:
            case Reply.ERROR:
                self._on_answer(int(words[0]), now)
            case Reply.STATUS:
                self._on_status(read_status(words), now)
            case Reply.MODES:
                self._on_modes(words[0].split(), now)
            case Reply.ALARM:
                self._on_alarm(alarm_text(int(words[0])), now)
            case Reply.WELCOME:
                self._on_welcome(line, (int(words[0]), int(words[1])), now)
            case Reply.SETTING:
                self.about.hear_setting(*words)
            case Reply.OPTIONS:
                self.about.hear_options(words[0], words[2])
            case Reply.VERSION:
                self.about.version = words[0].decode("ascii", "replace")
            case Reply.OFFSET:
                self.about.hear_offset(*words)
            case _:
                pass
        if self.state is State.READING:
            self._ask(now)

    def _on_answer(self, error: int | None, now: float) -> None:
        if self.state not in TRACKED:
            return
        self._heard_at = now
        sent = self._feeder.answered(now)
        if error is None:
            return
        what = f"{name_of(sent, self._feeder.number)}: {error_text(error)}"
        if self.state is State.REHEARSING:
            self._verdict = Signal.OFF_REFUSED
            self._end(Signal.REFUSE, f"checked without moving, {what}", now)
        else:
            self._give_up_on_it(Signal.WRONG, Signal.OFF_HALTED, what, now)

    def _on_modes(self, words: list[bytes], now: float) -> None:
        if self.state in TRACKED:
            highest = self._feeder.prove(now)
            if self.state is State.CUTTING:
                self.acknowledged = max(self.acknowledged, highest)
        elif self.state is State.SWITCHING_OFF and b"M5" in words and b"M9" in words:
            self._go(self._verdict, now)

    def _on_alarm(self, what: str, now: float) -> None:
        if self.state is State.REHEARSING:
            what = f"checked without moving, {self._feeder.named()}: {what}; unlock or home it at the machine"
            self._verdict = Signal.OFF_REFUSED
        if self.state in BEFORE:
            self._end(Signal.REFUSE, what, now)
        elif self.state in ENDING:
            # An impatient host resets more than once, and each reset in motion is an alarm.
            self.reason += f"; {what}" if what not in self.reason else ""
        else:
            self._end(Signal.ALARM, what, now)

    def _on_welcome(self, line: bytes, version: tuple[int, int], now: float) -> None:
        self.about.version = self.about.version or line.decode("ascii", "replace")
        if version < (1, 1) and self.state in BEGINNING:
            self._end(Signal.REFUSE, f"{line.decode('ascii', 'replace')} is too old: 1.1 is needed", now)
        elif self.state is State.REHEARSING or self.state in RUNNING:
            why = "the firmware restarted in mid-job (power supply, reset button?)"
            self._give_up_on_it(Signal.WELCOME, Signal.OFF_RESTARTED, why, now)
        else:
            if self.state is State.GREETING:
                self._poll_at = now
            self._go(Signal.WELCOME, now)

    def _on_status(self, status: Status, now: float) -> None:
        self.status = status
        state = status.state
        if self.state in BEGINNING and (why_not := WHY_NOT_BEGIN.get(state)):
            self._end(Signal.REFUSE, why_not, now)
        elif self.state in UNCHECKED and status.homed is False:
            self._end(Signal.REFUSE, "it was not homed: home it ($H) at the machine", now)
        elif self.state is State.HOLDING:
            by_itself = state in AT_REST_BY_ITSELF and now >= self._entered_at + SETTLED_S
            if by_itself or (state, status.sub) in AT_REST:
                self._go(Signal.STILL, now)
        elif self.state is State.REHEARSING and state != "Check":
            why = f"it left check mode by itself and is in state {state}"
            self._give_up_on_it(Signal.WRONG, Signal.OFF_RESTARTED, why, now)
        elif self.state in RUNNING:
            self._on_status_of_run(status, now)
        elif state in ("Idle", "Check"):
            self._go(Signal.IDLE if state == "Idle" else Signal.CHECKING, now)

    def _on_status_of_run(self, status: Status, now: float) -> None:
        oldest = self._feeder.window.oldest
        self.paused = status.state in PAUSED
        in_program_pause = oldest is not None and oldest.command.split(b" ")[0] in (b"M0", b"M00")
        self.attention = attention(status, in_program_pause=in_program_pause)
        if status.state == "Alarm":
            self._end(Signal.ALARM, "it is locked by an alarm", now)
        elif status.state == "Check":
            self._give_up_on_it(Signal.WRONG, Signal.OFF_HALTED, "it is in check mode and executes nothing", now)
        elif status.state == "Idle" and self.state is State.CLOSING:
            self._go(Signal.IDLE, now)

    # ---- moving through the table

    def _go(self, signal: Signal, now: float) -> None:
        state = TRANSITIONS.get((self.state, signal))
        if state is not None:
            self._enter(state, now)

    def _end(self, signal: Signal, reason: str, now: float) -> None:
        """A signal that ends the job in most states; `reason` is kept where it does."""
        before = self.state
        self._go(signal, now)
        if self.state is not before:
            self.reason = reason

    def _give_up_on_it(self, signal: Signal, verdict: Signal, reason: str, now: float) -> None:
        """To a safe stop, which ends as `verdict`."""
        self._verdict, self.reason, self._stop_at = verdict, reason, now
        self._go(signal, now)

    def _enter(self, state: State, now: float) -> None:
        self.state = state
        self.over, self.ending = state not in LIVE, ENDINGS.get(state)
        self._entered_at = now
        self._late_at = now + LATE_S.get(state, math.inf)
        self._packet = PACKETS.get(state, b"")
        self.own_lines += self._packet.count(b"\n")
        if state in POLLED_AT_ONCE:
            self._poll_at = now
        elif state in RESETTING:
            self._poll_at = math.inf
        else:
            self._poll_at = min(self._poll_at, now + STATUS_S)
        if state in TRACKED:
            self._attempts = 0
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
                self._feeder = Feeder(own, self._feeder.window, numbered=False)
            case State.ABORTING:
                self._stop_at = self._stop_at or now
            case _ if self.over:
                self.paused, self.attention = False, ""
            case _:
                pass

    def _ask(self, now: float) -> None:
        """The next question, each once it is the first without an answer; late ones are asked again."""
        question = self.about.open_question()
        if question is None:
            why_not = self.about.why_not(self._expected)
            if why_not:
                self._end(Signal.REFUSE, why_not, now)
            else:
                self._go(Signal.KNOWN, now)
        elif question != self._asked or now >= self._late_at:
            self._asked, self._packet = question, question
            self.own_lines += 1
            self._late_at = now + LATE_S[State.READING]

    # ---- lines

    def _fed_with(self, lines: Iterator[bytes]) -> Feeder:
        free = self.status.free_bytes if self.status else None
        if self.state is State.REHEARSING and free:
            # Nothing is in flight, so what is free is all there is.
            self.about.receive_bytes = min(self.about.receive_bytes, free) if self.about.told_size else free
        return Feeder(lines, Window(self.about.receive_bytes))

    def _next_line(self, now: float) -> bytes | None:
        feeder = self._feeder
        number, own_lines = feeder.number, feeder.own_lines
        line = feeder.next_line(now)
        self.own_lines += feeder.own_lines - own_lines
        if self.state is State.CUTTING:
            self.lines_sent += feeder.number - number
        elif self.state is State.REHEARSING:
            self.rehearsed = feeder.number
        return line

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
        limit_s, since = self._timings.greeting_s, self._heard_at
        if self.state in ENDING:
            limit_s, since = self._timings.stop_within_s, self._stop_at
        if now - since > limit_s:
            what = "does not turn off" if self.state in ENDING else f"has not answered as Grbl does for {limit_s:g} s"
            if self.state is State.GREETING:
                what += "; has it a Grbl, is it switched on, and is the baud rate right?"
            self._end(Signal.GAVE_UP, self.reason or f"the firmware {what}", now)
        elif now >= self._late_at or (self.state is State.HOLDING and self._deaf(now)):
            self._on_late(now)
        elif self.state in TRACKED and now >= self._feeder.stall_at:
            self._on_stall(now)

    def _deaf(self, now: float) -> bool:
        return self._heard_at <= self._entered_at and now >= self._entered_at + DEAF_S

    def _on_late(self, now: float) -> None:
        if self.state in BEFORE and self.state is not State.GREETING:
            self._attempts += 1
            if self._attempts > ATTEMPTS:
                self._end(Signal.TOO_OFTEN, f"it does not do what it is told ({self.state}, {ATTEMPTS} attempts)", now)
                return
        if self.state is State.READING:
            self._ask(now)
        else:
            self._go(Signal.LATE, now)

    def _on_stall(self, now: float) -> None:
        feeder = self._feeder
        stands = self.status is not None and self.status.state in ("Idle", "Check")
        if stands and now - feeder.unanswered_since > self._timings.give_up_s:
            why = f"{feeder.named()} is never answered"
            self._give_up_on_it(Signal.WRONG, Signal.OFF_HALTED, why, now)
            return
        probes, own_lines = feeder.probes, feeder.own_lines
        self._packet += feeder.on_stall(now, stands=stands)
        self.probes += feeder.probes - probes
        self.own_lines += feeder.own_lines - own_lines
