"""A virtual Marlin 2.1, without I/O: bytes and time in, bytes out.

The serial side follows `gcode/queue.cpp`: numbers and checksums, an error that empties the receive
buffer and brings an `ok` of its own, a repeated line dropped without one, 96-byte lines, a queue of
4 commands behind a receive buffer of 128 bytes, `echo:busy:` every 2 s, M155 reports.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_bridge.virtual.about import DEFAULT_UUID
from firmware_bridge.virtual.commands import Printer, Waits
from firmware_bridge.virtual.faults import Faults, Wire
from firmware_bridge.virtual.heaters import OPEN_SENSOR_C

QUEUE_LINES = 4
RECEIVE_BYTES = 128
LINE_BYTES = 95
BUSY_EVERY_S = 2.0
GREETING = b"start\necho:Marlin 2.1 (virtual)\necho: Free Memory: 4711  PlannerBufferBytes: 1232\n"
_INTEGER = re.compile(rb"\s*([+-]?\d+)")
KILLED = b"Error:Printer halted. kill() called!\n"


@dataclass(frozen=True)
class Settings:
    """`instant`: the virtual clock jumps over every wait instead of following the caller's."""

    instant: bool = False
    advanced_ok: bool = False
    autoreport: bool = True
    emergency_parser: bool = True
    uuid: str = DEFAULT_UUID
    faults: Faults = field(default_factory=Faults)


def _nobody_listens(_number: int | None, _line: str) -> None:
    pass


class VirtualMarlin:
    """`executed(number, line)` hears of each command as it begins, number and checksum stripped; `restarted()`
    of each `M110`, which begins a new count. Times are seconds of the virtual clock."""

    def __init__(
        self,
        settings: Settings | None = None,
        executed: Callable[[int | None, str], None] = _nobody_listens,
        restarted: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings = settings or Settings()
        self.gone = self.halted = False
        self._executed, self._restarted = executed, restarted
        self._wire = Wire(self.settings.faults)
        self._received = bytearray()
        self._out: list[bytes] = []
        self._now = 0.0
        self._resets = 0
        self._boot()
        self._out.append(GREETING)

    def _boot(self) -> None:
        self.printer = Printer(
            say=self._say,
            clock=lambda: self._now,
            instant=self.settings.instant,
            capabilities={
                "EEPROM": True,
                "AUTOREPORT_TEMP": self.settings.autoreport,
                "EMERGENCY_PARSER": self.settings.emergency_parser,
                "HOST_ACTION_COMMANDS": True,
                "ARCS": True,
                "THERMAL_PROTECTION": True,
            },
            uuid=self.settings.uuid,
        )
        self._received.clear()
        self._queue: deque[tuple[int | None, bytes]] = deque()
        self._last_number = self._began_at = 0
        self._running: Waits = None
        self._number: int | None = None
        self._resume_at = 0.0
        self._busy_at = self._report_at = 0.0

    # ---- the wire

    def receive(self, data: bytes, now: float) -> None:
        """Bytes as they come in from the host. What neither queue nor buffer can hold is lost, as on a UART."""
        self._follow(now)
        if self.halted or self.gone:
            return
        data = self._wire.inbound(data)
        if self.settings.emergency_parser:
            self._hear_emergency(data)
        self._received += data
        self._read_lines()
        del self._received[RECEIVE_BYTES:]

    def advance(self, now: float) -> bytes:
        """Do what is due until `now`; gives what was said meanwhile."""
        self._follow(now)
        if self._now >= self.printer.halts_at and not (self.halted or self.gone or self.printer.heating):
            self._out.append(b"Error:KILL caused by too much inactive time - current command: \n")
            self._halt()
        while not (self.halted or self.gone):
            if self._running is None:
                if not self._queue:
                    break
                self._begin(*self._queue.popleft())
                self._read_lines()
                continue
            if self._resume_at > self._now:
                if not self.settings.instant:
                    break
                self._tick(self._resume_at)
            self._resume()
        if not self._out:
            return b""
        said = self._wire.outbound(b"".join(self._out))
        self._out.clear()
        return said

    @property
    def wake_at(self) -> float | None:
        """When `advance` has something to do even if nothing is received; None for never."""
        if self.halted or self.gone or self.settings.instant:
            return None
        moments = []
        if self._running is not None:
            moments += [self._resume_at] if self.printer.heating else [self._resume_at, self._busy_at]
        if self.printer.report_every_s:
            moments.append(self._report_at)
        if self.printer.halt_after_s:
            moments.append(self.printer.halts_at)
        return min(moments, default=None)

    def _say(self, line: str) -> None:
        self._out.append(line.encode() + b"\n")

    # ---- lines, numbers, checksums

    def _read_lines(self) -> None:
        received = self._received
        while len(self._queue) < QUEUE_LINES:
            end = received.find(b"\n")
            if end < 0:
                return
            line = bytes(received[:end]).partition(b";")[0].strip()[:LINE_BYTES]
            del received[: end + 1]
            if not line:
                continue
            number: int | None = None
            if line[:1] == b"N":
                number, command, problem = self._check(line)
                if problem:
                    self._ask_again(problem)
                    return
                if command is None:
                    continue
                line = command
            elif not self.settings.emergency_parser:
                self._hear_emergency(line)
            self._queue.append((number, line))

    def _check(self, line: bytes) -> tuple[int | None, bytes | None, str]:
        """The number and the bare command; or what is wrong; or neither, for a repeated line."""
        resets = b"M110" in line
        # M110 N123: the number that counts is the later one.
        numbered = line[line.rfind(b"N") :] if resets and line.rfind(b"N") > 0 else line
        number = _leading_int(numbered[1:])
        if number != self._last_number + 1 and not resets:
            if self._last_number - 1 <= number <= self._last_number:
                return None, None, ""
            return None, None, "Line Number is not Last Line Number+1"
        body, star, claimed = line.rpartition(b"*")
        if not star:
            return None, None, "No Checksum with line number"
        checksum = 0
        for byte in body:
            checksum ^= byte
        if _leading_int(claimed) != checksum:
            return None, None, "checksum mismatch"
        self._last_number = number
        if resets:
            self._began_at = number
        return number, body[1:].lstrip(b"0123456789-").strip(), ""

    def _ask_again(self, problem: str) -> None:
        self._say(f"Error:{problem}, Last Line: {self._last_number}")
        self._received.clear()
        self._say(f"Resend: {self._last_number + 1}")
        self._say("ok")

    def _hear_emergency(self, data: bytes) -> None:
        """M108, M112 and M410 act before their turn, and enter the queue all the same."""
        if self._running is None:
            return
        if b"M112" in data:
            self._halt()
        if b"M108" in data and self.printer.heating:
            self.printer.wait_for_heat = False
            self._resume_at = self._now
        if b"M410" in data:
            self.printer.motion.break_off(self._now)
            if not self.printer.heating:
                self._resume_at = self._now

    # ---- commands

    def _begin(self, number: int | None, command: bytes) -> None:
        text = command.decode("ascii", "replace")
        self._number = number
        if text.startswith("M110"):
            self._restarted()
        else:
            self._executed(number, text)
        if text.startswith("M112"):
            self._halt()
            return
        every_s = self.printer.report_every_s
        said = len(self._out)
        try:
            self._running = self.printer.execute(text)
        except KeyError:
            self._say(f'echo:Unknown command: "{text}"')
        except ValueError:
            self._say(f'echo:Bad number in: "{text}"')
        if self.printer.report_every_s != every_s:
            self._report_at = self._now + self.printer.report_every_s
        if self._running is not None:
            self._resume_at = self._now
            self._busy_at = self._now + BUSY_EVERY_S
        else:
            self._done(answered=len(self._out) > said and self._out[-1].startswith(b"ok"))

    def _resume(self) -> None:
        assert self._running is not None  # noqa: S101 (the caller has looked)
        resume_at = next(self._running, None)
        if resume_at is None:
            self._running = None
            self._done(answered=False)
        else:
            self._resume_at = resume_at

    def _done(self, *, answered: bool) -> None:
        if not answered:
            self._say(self._ok())
        if self._number is not None and self._number > self._began_at:
            self._misbehave(self._number - self._began_at)

    def _ok(self) -> str:
        if not self.settings.advanced_ok:
            return "ok"
        number = "" if self._number is None else f" N{self._number}"
        return f"ok{number} P15 B{QUEUE_LINES - 1 - len(self._queue)}"

    def _misbehave(self, number: int) -> None:
        faults, hotend = self.settings.faults, self.printer.hotend
        if number == faults.heater_fails_after:
            hotend.break_heater(self._now)
        if number == faults.sensor_sticks_after:
            hotend.break_sensor(hotend.reads(self._now))
        if number == faults.sensor_drops_after:
            hotend.break_sensor(OPEN_SENSOR_C)
        if number == faults.halt_after:
            self._out.append(b"Error:Thermal Runaway, system stopped! Heater_ID: 0\n")
            self._halt()
        elif number == faults.vanish_after:
            self.gone = True
        elif number == faults.reset_after and not self._resets:
            self._resets += 1
            self._boot()
            self._out.append(GREETING)

    def _halt(self) -> None:
        self._out.append(KILLED)
        self.halted = True
        for heater in (self.printer.hotend, self.printer.bed):
            heater.set(0.0, self._now)

    # ---- the clock

    def _follow(self, now: float) -> None:
        if not self.settings.instant:
            self._tick(now)

    def _tick(self, now: float) -> None:
        """Move the clock; what is reported in between is said in order."""
        printer = self.printer
        every_s = printer.report_every_s
        while every_s and self._report_at <= now:
            # A waiting M109 reports by itself.
            if not printer.heating:
                self._now = max(self._now, self._report_at)
                self._say(f" {printer.temperatures()}")
            self._report_at += every_s
        if self._running is not None and not printer.heating:
            while self._busy_at <= now:
                self._now = max(self._now, self._busy_at)
                self._say("echo:busy: processing")
                self._busy_at += BUSY_EVERY_S
        self._now = max(self._now, now)


def _leading_int(text: bytes) -> int:
    """C's `strtol`: the sign and digits it begins with, else 0."""
    found = _INTEGER.match(text)
    return int(found[1]) if found else 0
