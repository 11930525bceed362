"""Sending a program to a Marlin 2.1 firmware: every line once, in order, whatever the cable does.

Pure: bytes and the time go in (`feed`), bytes come out (`send`), `wake_at` says when to call again.

What is relied on (`gcode/queue.cpp`): numbered lines are accepted strictly in sequence, so the
firmware itself refuses a gap and drops a repetition. Hence acknowledgements may be lost or doubled
without harm: what they made us believe wrongly comes back as a resend, for which the last lines
sent are kept. The firmware is asked for its count before the first line and after the last one.
"""

import math

from firmware_bridge.protocol.conversation import (
    Attention,
    Ending,
    NoProgram,
    Program,
    Tally,
    Temperatures,
    Whereabouts,
)
from firmware_bridge.protocol.marlin.attention import Action, heed, read_action
from firmware_bridge.protocol.marlin.feeder import Feeder
from firmware_bridge.protocol.marlin.lines import SYNC, TURN_OFF, after_stop
from firmware_bridge.protocol.marlin.replies import (
    TEMPERATURES,
    TROUBLE,
    Reply,
    free_places,
    last_accepted,
    line_named,
    read_reply,
    read_temperatures,
)
from firmware_bridge.protocol.marlin.standing import Standing
from firmware_bridge.protocol.marlin.states import ENDINGS, LIVE, TRACKED, TRANSITIONS, Signal, State
from firmware_bridge.protocol.marlin.stopping import AGAIN_S, Stopping
from firmware_bridge.protocol.marlin.trouble import CANCELLED, POWER_LOST, STRANGER, UNHEARD, UNPROVEN, judge
from firmware_bridge.protocol.received import Received
from firmware_bridge.protocol.silence import Silence, Timings
from firmware_bridge.protocol.words import speaker

PACKETS = {State.GREETING: SYNC, State.STOPPING: TURN_OFF}
UNHEARD_OF = (State.SILENT, State.STUCK)
"""What was sent may still be answered, and so to its `successor`."""
ASKING = (State.LOCATING, State.CHECKING, State.CLOSING)
"""In these the firmware is asked where it stands."""


class Marlin:
    """A `Conversation` with Marlin. With `found` it asks where the firmware stands and goes on from there."""

    def __init__(self, program: Program, timings: Timings | None = None, found: Whereabouts | None = None) -> None:
        self.state = State.GREETING
        self.over = self._tracked = self._shut_down = False
        self.ending: Ending | None = None
        self.reason = ""
        self.attention, self.tally = Attention(), Tally()
        self._timings = timings or Timings()
        self._silence = Silence(self._timings)
        self._feeder = Feeder(program, self.tally, self._timings)
        self._standing = Standing(self._feeder, found)
        self._received = Received()
        self._packet = b""
        self._resumes = found is not None
        self._stopping = Stopping(self._timings.stop_within_s)

    # ---- what the shell calls

    @property
    def wake_at(self) -> float:
        """When `send` has something to do even if nothing is received; infinity for never."""
        if self._packet and not self._silence.hushed:
            return -math.inf
        feeder = self._feeder
        if self._tracked and feeder.heating.line and not feeder.flight and not self._silence.hushed:
            return feeder.heating.poll_at
        return self._silence.wake_at

    @property
    def window(self) -> str:
        return str(self._feeder.window)

    @property
    def acknowledged(self) -> int:
        return self._feeder.flight.acknowledged

    @property
    def temperatures(self) -> Temperatures:
        return self._feeder.heating.temperatures

    @property
    def heating_s(self) -> float:
        return self._feeder.heating.waited_s

    def begin(self, now: float) -> None:
        self._silence.answered(now)
        self._enter(State.LOCATING if self._resumes else State.GREETING, now)

    def stop(self, reason: str, now: float) -> None:
        """Leave the program and turn everything off; the state ends as STOPPED or UNCONFIRMED."""
        if self.state is State.STOPPING or self.over:
            return
        self.reason = reason
        self._stopping.begin(self._feeder.flight, self._feeder.dialect.last_resort, now)
        self._silence.quiet_until, self._silence.due_by = math.inf, self._stopping.due_at
        self._go(Signal.STOP, now)

    def successor(self, timings: Timings) -> "Marlin":
        heir = Marlin(NoProgram(), timings)
        heir._feeder.succeed(self._feeder)
        return heir

    def resume(self) -> None:
        """A printer's pause belongs to its own panel."""

    def feed(self, data: bytes, now: float) -> None:
        if not self._received.partial and not self.over:
            oks = data.count(b"ok\n")
            if len(data) == 3 * oks:
                self._on_oks(oks, now)
                return
        for line in self._received.lines(data):
            self._take(line.rstrip(b"\r"), now)

    def send(self, now: float) -> bytes:
        """What to write now."""
        silence = self._silence
        if silence.is_due(now):
            self._on_silence(now)
        elif silence.hushed:
            if now < silence.quiet_until:
                return b""
            silence.quiet_until = math.inf
            self._listen(now)
        out = self._take_packet()
        feeder = self._feeder
        while self._tracked:
            lines = feeder.lines(now, program=self.state is State.PRINTING and not self.attention.paused)
            if lines:
                out += lines
                silence.listen(now, adaptive=True)
            if feeder.flight or feeder.heating.line or self.attention.paused:
                break
            self._go(Signal.DRAINED, now)
            out += self._take_packet()
        return out

    def prepare(self) -> None:
        """Frame the next lines, while the firmware still works on these."""
        if self.state is State.PRINTING:
            self._feeder.backlog.prepare(self._feeder.window.lines)

    # ---- what the firmware says

    def _take(self, line: bytes, now: float) -> None:
        if self.over:
            return
        if line == b"ok":
            self._on_oks(1, now)
            return
        reply, detail = read_reply(line)
        if reply in TEMPERATURES:
            self._on_temperatures(reply, line, now)
        match reply:
            case Reply.OK | Reply.OK_TEMPERATURE:
                self._feeder.window.advertised(free_places(line))
                self._on_ok(reply, detail, now)
            case Reply.WHEREABOUTS if detail:
                self._on_whereabouts(last_accepted(line, detail), now)
            case Reply.BUSY | Reply.HEATING:
                self._on_busy(reply, detail, now)
            case Reply.OK_IDENTITY if detail:
                self._feeder.learn(Reply.IDENTITY, detail)
                self._on_ok(Reply.OK, None, now)
            case Reply.IDLE if self._feeder.flight:
                self._silence.due_at = now
            case Reply.IDENTITY | Reply.CAPABILITY if detail:
                self._feeder.learn(reply, detail)
            case reply if reply in TROUBLE:
                self._on_trouble(reply, (detail or line).decode("ascii", "replace"), now)
            case Reply.ACTION if detail:
                self._on_action(detail, now)
            case Reply.OTHER if speaker(line) == "grbl":
                self._end(Signal.STRANGER, STRANGER, now)

    def _on_trouble(self, reply: Reply, said: str, now: float) -> None:
        if reply is Reply.RESTARTED:
            self._shut_down = False
            self._silence.quiet_until = now + self._timings.boot_s
            self._stopping.forget()
        elif reply is Reply.SHUT_DOWN:
            self._shut_down = True
            self._feeder.ask_why()
        runs_on = (self.tally.touched or self._resumes) and not self._shut_down
        judgement = judge(reply, said, self.state, error_ends=self._feeder.dialect.error_ends, runs_on=runs_on)
        if judgement and judgement[0] is Signal.STOP:
            self.stop(judgement[1], now)
        elif judgement:
            self._end(*judgement, now)

    def _on_temperatures(self, reply: Reply, line: bytes, now: float) -> None:
        heating = self._feeder.heating
        heating.temperatures = read_temperatures(line, heating.temperatures)
        if reply is not Reply.TEMPERATURE:
            return
        apart = self._feeder.dialect.heat_apart
        if self.state is State.STOPPING and self._stopping.is_told_apart and self.temperatures.all_off:
            self._go(Signal.COLD, now)
        elif self.state is State.STOPPING and apart:
            self._silence.ask_by(now + AGAIN_S)
        elif self._tracked and apart and self._feeder.answered(Reply.OK_TEMPERATURE, None, now):
            self._silence.answered(now)
            self._on_answered(now)
        elif self._tracked:
            self._silence.alive(now)

    def _on_busy(self, reply: Reply, waits_for: bytes | None, now: float) -> None:
        if reply is Reply.HEATING:
            self._feeder.heating.waits(now)
        if waits_for:
            self.attention.why = f"the machine is {waits_for.decode()}: look at its display"
        self._silence.busy(now)

    def _on_oks(self, count: int, now: float) -> None:
        """Bare ones, in a row."""
        if self._tracked and not self._silence.hushed:
            self._silence.answered(now)
            if self._feeder.plain(count, now):
                self._on_answered(now)
            return
        for _ in range(count):
            self._on_ok(Reply.OK, None, now)

    def _on_ok(self, reply: Reply, named: bytes | None, now: float) -> None:
        if self._silence.hushed:
            # An error brings an `ok` of its own, and lines queued before it still give theirs.
            if self._standing.is_heard_out:
                self._silence.quiet_until = now
            else:
                self._silence.hush(now)
            return
        self._silence.answered(now)
        if self._tracked:
            plain = reply is Reply.OK and not named
            feeder = self._feeder
            if reply is Reply.OK_TEMPERATURE and feeder.dialect.never_asks and (line := feeder.flight.passed_over):
                self._end(Signal.TOO_OFTEN, UNPROVEN.format(line=line), now)
                return
            if feeder.plain(1, now) if plain else feeder.answered(reply, line_named(named), now):
                self._on_answered(now)
        elif reply is Reply.OK:
            self._stopping.answered()
            self._go(Signal.OK, now)
        elif self.state is State.STOPPING:
            if self._stopping.is_told(sent=not self._packet) and self.temperatures.all_off:
                self._go(Signal.COLD, now)
            else:
                self._silence.ask_by(now + AGAIN_S)
        elif judgement := self._standing.executed(self.state):
            self._end(*judgement, now)

    def _on_answered(self, now: float) -> None:
        self._silence.measure(now - self._feeder.flight.sent_at)
        if self.attention.why and not self.attention.paused:
            self.attention.why = ""
        self._listen(now)

    def _on_whereabouts(self, last: int, now: float) -> None:
        """`last` is what the firmware says it accepted last. It says so twice: error, then resend."""
        fresh = not self._silence.hushed
        self._silence.hush(now)
        self._silence.answered(now)
        judgement = self._standing.report(last, self.state, now, fresh=fresh)
        if judgement:
            self._end(*judgement, now)

    def _on_action(self, detail: bytes, now: float) -> None:
        action, words = read_action(detail)
        if action is Action.STOP:
            self.stop(CANCELLED, now)
        elif action is Action.POWER_LOST:
            self._end(Signal.RESTART, POWER_LOST, now)
        elif action:
            heed(self.attention, action, words)

    # ---- moving through the table

    def _go(self, signal: Signal, now: float) -> None:
        state = TRANSITIONS.get((self.state, signal))
        if state is not None:
            self._enter(state, now)

    def _end(self, signal: Signal, reason: str, now: float) -> None:
        """A signal that ends the job in most states; `reason` is kept where it does."""
        self._go(signal, now)
        if self.over:
            self.reason = reason or self.reason

    def _enter(self, state: State, now: float) -> None:
        before, self.state = self.state, state
        self.over, self._tracked = state not in LIVE, state in TRACKED
        self.ending = ENDINGS.get(state)
        if state not in UNHEARD_OF:
            self._feeder.flight.clear()
        self._packet = self._standing.question() if state in ASKING else PACKETS.get(state, b"")
        match state:
            case State.IDENTIFYING:
                self._feeder.identify()
            case State.PRINTING if before is State.IDENTIFYING:
                self._feeder.begin_program(now)
            case State.SETTLING:
                self._feeder.end_program()
            case State.STOPPED:
                self._packet = after_stop(self._timings.watchdog_s)
            case _:
                pass
        if state is not before:
            self._silence.unanswered = 0
        self._listen(now)

    def _take_packet(self) -> bytes:
        if not self._packet:
            return b""
        packet, self._packet = self._packet, b""
        self.tally.own_lines += packet.count(b"\n") - packet.startswith(b"\n")
        return packet

    # ---- time

    def _listen(self, now: float) -> None:
        """From now on, count the silence."""
        if self._tracked and not self._feeder.flight:
            self._silence.due_at = math.inf
        else:
            self._silence.listen(now, adaptive=self._tracked)

    @property
    def _patience_s(self) -> float:
        """How long it may say nothing at all."""
        if self.state is State.GREETING:
            return self._timings.greeting_s
        return self._timings.mute_s if self._feeder.dialect.mute_at_work else self._timings.give_up_s

    def _on_silence(self, now: float) -> None:
        if self.state is State.STOPPING:
            hopeless = self._stopping.hopeless(now)
        else:
            hopeless = self._silence.hopeless(now, self._patience_s)
        if hopeless:
            hopeless += UNHEARD if self.state is State.GREETING else ""
            self._end(Signal.GAVE_UP, self.reason or hopeless, now)
            return
        if self._tracked:
            self._silence.unanswered += 1
            self._packet = self._feeder.probe(now)
            self._listen(now)
        elif self.state is State.STOPPING:
            self._packet = self._stopping.again(now)
            self._silence.due_by = self._stopping.due_at
            self._silence.unanswered += bool(self._packet)
            self._listen(now)
        else:
            self._silence.unanswered += 1
            self._go(Signal.SILENCE, now)
