"""Sending a program to a Marlin 2.1 firmware: every line once, in order, whatever the cable does.

Pure: bytes and the time go in (`feed`), bytes come out (`send`), `wake_at` says when to call again.

What is relied on (`gcode/queue.cpp`): numbered lines are accepted strictly in sequence, so the
firmware itself refuses a gap and drops a repetition. Hence acknowledgements may be lost or doubled
without harm: what they made us believe wrongly comes back as a resend, for which the last lines
sent are kept. The firmware is asked for its count before the first line and after the last one.
"""

import math
from collections import deque
from collections.abc import Iterator

from firmware_bridge.protocol.conversation import Ending, Program, Temperatures, Whereabouts
from firmware_bridge.protocol.marlin.attention import Action, read_action
from firmware_bridge.protocol.marlin.backlog import Backlog
from firmware_bridge.protocol.marlin.dialects import dialect_of
from firmware_bridge.protocol.marlin.flight import BARRIER, OWN, Flight
from firmware_bridge.protocol.marlin.lines import (
    AUTOREPORT_OFF,
    AUTOREPORT_ON,
    FINISH_MOVES,
    IDENTIFY,
    MOTORS_OFF,
    PROBE,
    SYNC,
    TURN_OFF,
    question,
    watchdog,
)
from firmware_bridge.protocol.marlin.replies import Reply, free_places, last_accepted, read_reply, read_temperatures
from firmware_bridge.protocol.marlin.states import ENDINGS, LIVE, TRACKED, TRANSITIONS, Signal, State
from firmware_bridge.protocol.marlin.warmup import Step, Waiting
from firmware_bridge.protocol.marlin.window import Window
from firmware_bridge.protocol.silence import Silence, Timings

BARRIER_LINES, BARRIER_LINES_AHEAD = 128, 32
"""After so many lines (the second: with more than one on its way) one M105 is awaited by its own kind of answer, which
ends any lead a doubled `ok` gave us before it overflows the firmware's 128 bytes: merged lines may pass an 8-bit
checksum."""
ATTEMPTS = 30
"""Rewinds to one line before we say that it cannot get through."""
STRANGE_REPORTS = 3
"""So many reports in a row of a line sent long ago mean a restart; one may be a garbled digit."""
PARTIAL_BYTES = 4_096
PROBES_MAX = 16
"""Unanswered at a time: more than 128 bytes of them would overflow a busy AVR board, and what is left of two M105
that ran into each other may be another command."""
POWER_LOST = "the power failed at the machine, which now offers to go on by itself: refuse that at its display"
CANCELLED = "cancelled at the machine"
STRANGER = "a machine with Grbl answers here: is it the right port? Otherwise say so, by --firmware grbl or its profile"
UNHEARD = "; is it switched on, and is the baud rate right?"

TEMPERATURE_REPLIES = frozenset({Reply.OK_TEMPERATURE, Reply.HEATING, Reply.TEMPERATURE})


class Marlin:
    """A `Conversation` with Marlin. With `found` it asks where the firmware stands and goes on from there."""

    def __init__(self, program: Program, timings: Timings | None = None, found: Whereabouts | None = None) -> None:
        self.state = State.GREETING
        self.over = self._tracked = False
        self.ending: Ending | None = None
        self.reason = self.attention = ""
        self.temperatures = Temperatures()
        self.capabilities: set[str] = set()
        self.acknowledged = self.lines_sent = self.own_lines = self.resends = self.probes = 0
        self.heating_s = 0.0
        self._program, self._found = program, found
        self._backlog, self._flight, self._window = Backlog(program, after=0), Flight(), Window()
        self._timings = timings or Timings()
        self._silence = Silence(self._timings)
        self._partial = b""
        self._packet = b""
        self._own: deque[bytes] = deque()
        self._located = self._proven = 0
        self._attempts = self._strange = self._asked = self._since_barrier = 0
        self._counts = self.paused = False
        self._quiet_until = self._poll_at = math.inf
        self._stop_at = 0.0
        self._heating_since: float | None = None
        self._waiting = Waiting()

    # ---- what the shell calls

    @property
    def wake_at(self) -> float:
        """When `send` has something to do even if nothing is received; infinity for never."""
        if self._quiet_until != math.inf:
            return self._quiet_until
        if self._packet:
            return -math.inf
        if self._waiting.line and not self._flight:
            return self._poll_at
        return self._silence.due_at

    @property
    def window(self) -> str:
        return str(self._window)

    def begin(self, now: float) -> None:
        self._silence.answered(now)
        self._enter(State.LOCATING if self._found else State.GREETING, now)

    def stop(self, reason: str, now: float) -> None:
        """Leave the program and turn everything off; the state ends as STOPPED or UNCONFIRMED."""
        if self.state is State.STOPPING or self.over:
            return
        self.reason, self._stop_at = reason, now
        self._quiet_until = math.inf
        self._go(Signal.STOP, now)

    def feed(self, data: bytes, now: float) -> None:
        if not self._partial and not self.over:
            oks = data.count(b"ok\n")
            if len(data) == 3 * oks:
                self._on_oks(oks, now)
                return
        if self._partial:
            data = self._partial + data
        *lines, rest = data.split(b"\n")
        self._partial = rest[-PARTIAL_BYTES:]
        for line in lines:
            self._take(line.rstrip(b"\r"), now)

    def send(self, now: float) -> bytes:
        """What to write now."""
        if self._quiet_until != math.inf:
            if now < self._quiet_until:
                return b""
            self._quiet_until = math.inf
            self._listen(now)
        elif now >= self._silence.due_at:
            self._on_silence(now)
        out = self._take_packet() if self._packet else b""
        while self._tracked and len(self._flight) < self._window.lines:
            line = self._next_line(now)
            if line:
                out += line
            elif self._flight or self.paused or self._waiting.line:
                break
            else:
                self._go(Signal.DRAINED, now)
                out += self._take_packet()
        return out

    def prepare(self) -> None:
        """Frame the next lines, while the firmware still works on these."""
        if self.state is State.PRINTING:
            self._backlog.prepare(self._window.lines)

    # ---- what the firmware says

    def _take(self, line: bytes, now: float) -> None:
        if self.over:
            return
        if line == b"ok":
            self._on_oks(1, now)
            return
        reply, detail = read_reply(line)
        if reply in TEMPERATURE_REPLIES:
            self._on_temperatures(reply, line, now)
        match reply:
            case Reply.OK | Reply.OK_TEMPERATURE:
                self._window.advertised(free_places(line))
                self._on_ok(reply, detail, now)
            case Reply.WHEREABOUTS if detail:
                self._on_whereabouts(last_accepted(line, detail), now)
            case Reply.BUSY | Reply.HEATING:
                self._on_busy(reply, detail, now)
            case Reply.IDLE if self._flight:
                self._silence.due_at = now
            case Reply.IDENTITY | Reply.CAPABILITY | Reply.STRANGER if detail:
                self._on_self_description(reply, detail, now)
            case Reply.RESTARTED:
                self._quiet_until = now + self._timings.boot_s
                self._end(Signal.RESTART, "the firmware restarted in mid-job (power supply, reset, watchdog?)", now)
            case Reply.HALTED:
                self._end(Signal.HALT, line.decode("ascii", "replace").removeprefix("Error:").strip(), now)
            case Reply.ACTION if detail:
                self._on_action(detail, now)
            case _:
                pass

    def _on_self_description(self, reply: Reply, detail: bytes, now: float) -> None:
        if reply is Reply.STRANGER:
            self._end(Signal.STRANGER, STRANGER, now)
        elif reply is Reply.IDENTITY:
            self._window.never_more(dialect_of(detail).one_line_why)
        else:
            self.capabilities.add(detail.decode())

    def _on_temperatures(self, reply: Reply, line: bytes, now: float) -> None:
        self.temperatures = read_temperatures(line, self.temperatures)
        if reply is Reply.TEMPERATURE and self._tracked:
            self._silence.alive(now)

    def _on_busy(self, reply: Reply, waits_for: bytes | None, now: float) -> None:
        if reply is Reply.HEATING and self._heating_since is None:
            self._heating_since = now
        if waits_for:
            self.attention = f"the machine is {waits_for.decode()}: look at its display"
        self._silence.busy(now)

    def _on_oks(self, count: int, now: float) -> None:
        """Bare ones, in a row."""
        if self._quiet_until == math.inf and self._tracked:
            self._silence.answered(now)
            self._acknowledged(self._flight.plain(count), now)
            return
        for _ in range(count):
            self._on_ok(Reply.OK, None, now)

    def _on_ok(self, reply: Reply, named: bytes | None, now: float) -> None:
        if self._quiet_until != math.inf:
            # An error brings an `ok` of its own, and lines queued before it still give theirs.
            self._hush(now)
            return
        self._silence.answered(now)
        if self._tracked:
            plain = reply is Reply.OK and not named
            flight = self._flight
            taken = flight.plain(1) if plain else flight.answered(reply, int(named) if named else None)
            self._acknowledged(taken, now)
        elif reply is Reply.OK:
            self._go(Signal.OK, now)
        elif self.state is State.STOPPING:
            targets = (self.temperatures.hotend_target_c, self.temperatures.bed_target_c)
            self._go(Signal.OK_TEMPERATURE if any(targets) else Signal.COLD, now)
        elif self.state is State.LOCATING:
            if not self._counts:
                self._end(Signal.ELSEWHERE, "the firmware does not number lines: nobody can know where it stands", now)
        elif self.state is State.CHECKING or not self._counts:
            self._go(Signal.OK_TEMPERATURE, now)

    def _acknowledged(self, count: int, now: float) -> None:
        if not count:
            return
        self.acknowledged = self._flight.acknowledged
        self._window.answered(count)
        self._silence.measure(now - self._flight.sent_at)
        if self.attention and not self.paused:
            self.attention = ""
        if self._heating_since is not None and not self._waiting.line:
            self.heating_s += now - self._heating_since
            self._heating_since = None
        if self._flight:
            self._listen(now)
        else:
            self._silence.due_at = math.inf

    def _on_whereabouts(self, last: int, now: float) -> None:
        """`last` is what the firmware says it accepted last. It says so twice: error, then resend."""
        fresh = self._quiet_until == math.inf
        self._counts = True
        self._hush(now)
        self._silence.answered(now)
        if self.state is State.LOCATING:
            self._locate(last, fresh, now)
            return
        if not fresh and last == self._located:
            self._proven = max(self._proven, last) if last <= self._backlog.reached else self._proven
        expected = {State.CHECKING: 0, State.CLOSING: self._backlog.total}.get(self.state)
        if last == expected:
            self._located, self._attempts = last, 0
            self._go(Signal.IN_PLACE, now)
            return
        if fresh:
            self._attempts = self._attempts + 1 if last <= self._located else 1
            if self._attempts > ATTEMPTS:
                self._end(Signal.TOO_OFTEN, f"line {last + 1} does not get through ({ATTEMPTS} attempts)", now)
                return
        self._located = last
        if self.state in (State.PRINTING, State.CLOSING):
            self._rewind(last, fresh, now)
        self._go(Signal.OUT_OF_PLACE, now)

    def _locate(self, last: int, fresh: bool, now: float) -> None:
        """Believed where error and resend name the same line: either may be garbled."""
        if fresh or last != self._located:
            self._located = last
            return
        found = self._found or Whereabouts(0, 0)
        if last > 0 and found.acknowledged <= last <= found.reserved:
            self.acknowledged = self._flight.acknowledged = last
            self._backlog = Backlog(self._program, after=last)
            self._go(Signal.IN_PLACE, now)
            return
        asked = f"it stands at line {last}, and lines {found.acknowledged} to {found.reserved} were possible"
        self._end(Signal.ELSEWHERE, f"the machine was reset or used since: {asked}", now)

    def _rewind(self, last: int, fresh: bool, now: float) -> None:
        self.resends += fresh
        if fresh:
            self._window.damaged()
        if max(self._backlog.oldest, self._proven) <= last <= self._backlog.reached:
            self._strange = 0
            self.acknowledged = self._flight.acknowledged = last
        elif fresh:
            # A garbled number, or a firmware that forgot: send what is unacknowledged and listen again.
            self._strange += 1
            if self._strange >= STRANGE_REPORTS:
                why = f"the firmware asks for line {last + 1}, sent long ago: it must have restarted"
                self._end(Signal.RESTART, why, now)
        self._backlog.rewind(self.acknowledged)

    def _on_action(self, detail: bytes, now: float) -> None:
        action, words = read_action(detail)
        match action:
            case Action.STOP:
                self.stop(CANCELLED, now)
            case Action.POWER_LOST:
                self._end(Signal.RESTART, POWER_LOST, now)
            case Action.PAUSED:
                self.paused = True
                self.attention = self.attention or "paused at the machine"
            case Action.RESUMED:
                self.paused, self.attention = False, ""
            case Action.WANTED:
                self.attention = words
            case Action.UNWANTED:
                self.attention = ""
            case None:
                pass

    # ---- moving through the table

    def _go(self, signal: Signal, now: float) -> None:
        state = TRANSITIONS.get((self.state, signal))
        if state is not None:
            self._enter(state, now)

    def _end(self, signal: Signal, reason: str, now: float) -> None:
        """A signal that ends the job in most states; `reason` is kept where it does."""
        self._go(signal, now)
        if self.over:
            self.reason = reason

    def _enter(self, state: State, now: float) -> None:
        before, self.state = self.state, state
        self.over, self._tracked = state not in LIVE, state in TRACKED
        self.ending = ENDINGS.get(state)
        self._flight.clear()
        self._packet = b""
        match state:
            case State.GREETING:
                self._packet = SYNC
            case State.LOCATING | State.CHECKING | State.CLOSING:
                self._packet = self._question()
            case State.IDENTIFYING:
                self._own.clear()
                self._own.append(IDENTIFY)
            case State.PRINTING if before is State.IDENTIFYING:
                self._poll_at = math.inf if self._reports_by_itself else now
                self._own += self._around(AUTOREPORT_ON, watchdog(self._timings.watchdog_s))
            case State.SETTLING:
                self._own += (FINISH_MOVES, *self._around(AUTOREPORT_OFF, watchdog(0)))
            case State.STOPPING:
                self._packet = TURN_OFF
            case State.STOPPED:
                self._packet = MOTORS_OFF + b"".join(self._around(b"", watchdog(0)))
            case _:
                pass
        if state is not before:
            self._silence.unanswered = 0
        self._listen(now)

    @property
    def _reports_by_itself(self) -> bool:
        return "AUTOREPORT_TEMP" in self.capabilities

    def _around(self, reports: bytes, watchdog_line: bytes) -> Iterator[bytes]:
        """Of two lines that go around a program, those that are for this firmware and this machine."""
        if self._reports_by_itself and reports:
            yield reports
        if self._timings.watchdog_s:
            yield watchdog_line

    def _question(self) -> bytes:
        """With another number at each asking: in [last-1, last] it would be dropped without an answer."""
        self._asked += 1
        return question(self._program.total + 1_000 + 7 * self._asked)

    def _next_line(self, now: float) -> bytes | None:
        barrier = BARRIER_LINES if self._window.lines == 1 else BARRIER_LINES_AHEAD
        if self._since_barrier >= barrier or (self._poll_at <= now and self.state is State.PRINTING):
            self._poll(now)
        held = self.state is not State.PRINTING or self.paused or self._waits_for_heat(now)
        if self._own:
            line = self._own.popleft()
            self.own_lines += 1
            self._put(BARRIER if line is PROBE else OWN, now)
            return line
        if held:
            return None
        taken = self._backlog.take()
        if taken is None:
            return None
        number, line = taken
        self._since_barrier += 1
        self.lines_sent += 1
        self._put(number, now)
        return line

    def _waits_for_heat(self, now: float) -> bool:
        """Whether it is too early for the next line."""
        line = None if "EMERGENCY_PARSER" in self.capabilities else self._backlog.warmup
        match self._waiting.step(line, self.temperatures, answered=not (self._flight or self._own)):
            case Step.SEND:
                if self._reports_by_itself:
                    self._poll_at = math.inf
                return False
            case Step.SET if line is not None:
                self._heating_since = self._heating_since or now
                self._poll_at = now + self._timings.poll_s
                self._own += (line.set_line, PROBE)
        return True

    def _poll(self, now: float) -> None:
        if self._poll_at != math.inf:
            self._poll_at = now + self._timings.poll_s
        self._since_barrier = 0
        self._own.append(PROBE)

    def _put(self, number: int, now: float) -> None:
        self._flight.add(number, now)
        self._listen(now)

    def _take_packet(self) -> bytes:
        packet, self._packet = self._packet, b""
        self.own_lines += packet.count(b"\n") - packet.startswith(b"\n")
        return packet

    # ---- time

    def _hush(self, now: float) -> None:
        quiet_until = now + self._timings.quiet_s
        self._quiet_until = quiet_until if self._quiet_until == math.inf else max(self._quiet_until, quiet_until)

    def _listen(self, now: float) -> None:
        """From now on, count the silence."""
        if self._tracked and not self._flight:
            self._silence.due_at = math.inf
        else:
            self._silence.listen(now, adaptive=self._tracked)

    def _on_silence(self, now: float) -> None:
        if self.state is State.STOPPING:
            limit_s = self._timings.stop_within_s
            hopeless = "it does not turn off" if now - self._stop_at > limit_s else ""
        else:
            limit_s = self._timings.greeting_s if self.state is State.GREETING else self._timings.give_up_s
            hopeless = self._silence.hopeless(now, limit_s)
        if hopeless:
            hopeless += UNHEARD if self.state is State.GREETING else ""
            self._end(Signal.GAVE_UP, self.reason or hopeless, now)
            return
        self._silence.unanswered += 1
        if not self._tracked:
            self._go(Signal.SILENCE, now)
        elif self._flight.barriers < PROBES_MAX:
            self.probes += 1
            self.own_lines += 1
            self._window.unsure()
            self._flight.add(BARRIER, now)
            self._packet = PROBE
        self._listen(now)
