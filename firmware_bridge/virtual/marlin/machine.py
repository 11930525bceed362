"""A virtual Marlin 2.1, without I/O: bytes and time in, bytes out.

Lines come in by `queue`; here they are carried out, with `echo:busy:` every 2 s, M155 reports and the emergency parser.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_bridge.virtual.faults import Faults, Wire
from firmware_bridge.virtual.marlin.about import DEFAULT_UUID
from firmware_bridge.virtual.marlin.commands import Printer, Waits
from firmware_bridge.virtual.marlin.heaters import OPEN_SENSOR_C
from firmware_bridge.virtual.marlin.queue import QUEUE_LINES, CommandQueue

BUSY_EVERY_S = 2.0
GREETING = b"start\necho:Marlin 2.1 (virtual)\necho: Free Memory: 4711  PlannerBufferBytes: 1232\n"
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
        self._queue = CommandQueue(self._say, self._entering)
        self._running: Waits = None
        self._number: int | None = None
        self._resume_at = 0.0
        self._busy_at = self._report_at = 0.0

    # ---- the wire

    def receive(self, data: bytes, now: float) -> None:
        """Bytes as they come in from the host."""
        self._follow(now)
        if self.halted or self.gone:
            return
        data = self._wire.inbound(data)
        if self.settings.emergency_parser:
            self._hear_emergency(data)
        self._queue.put(data)

    def advance(self, now: float) -> bytes:
        """Do what is due until `now`; gives what was said meanwhile."""
        self._follow(now)
        if self._now >= self.printer.halts_at and not (self.halted or self.gone or self.printer.heating):
            self._out.append(b"Error:KILL caused by too much inactive time - current command: \n")
            self._halt()
        while not (self.halted or self.gone):
            if self._running is None:
                if not self._queue.lines:
                    break
                self._begin(*self._queue.lines.popleft())
                self._queue.read()
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

    def _entering(self, line: bytes) -> None:
        if not self.settings.emergency_parser:
            self._hear_emergency(line)

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
        if self._number is not None and self._number > self._queue.began_at:
            self._misbehave(self._number - self._queue.began_at)

    def _ok(self) -> str:
        if not self.settings.advanced_ok:
            return "ok"
        number = "" if self._number is None else f" N{self._number}"
        return f"ok{number} P15 B{QUEUE_LINES - 1 - len(self._queue.lines)}"

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
