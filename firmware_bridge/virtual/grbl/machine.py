"""A virtual Grbl 1.1h or grblHAL, without I/O: bytes and time in, bytes out.

The serial side follows `serial.c` and `protocol.c`: real-time bytes are picked out as they arrive, wherever they
stand; the rest goes into a receive buffer, and what finds no room is lost; one `ok` or `error:n` for each line, when it
was planned. After an alarm by a limit only a reset is heard.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from firmware_bridge.virtual.faults import Faults, Wire
from firmware_bridge.virtual.grbl.blocks import Refused, parse
from firmware_bridge.virtual.grbl.overrides import OVERRIDES, override
from firmware_bridge.virtual.grbl.planner import Place, Planner
from firmware_bridge.virtual.grbl.router import BeyondTravel, Router, Waits, writes_eeprom
from firmware_bridge.virtual.grbl.serial import ReceiveBuffer
from firmware_bridge.virtual.grbl.system import ANSWERS, HOMED_BY_HAND, KNOWN, SETTINGS, TRAVEL, Mode, is_idle, report

LINE_CHARACTERS = 79
RESET, STATUS, HOLD, RESUME = 0x18, 0x3F, 0x21, 0x7E
REAL_TIME = frozenset({RESET, STATUS, HOLD, RESUME, *range(0x80, 0x100)})
DOOR, STATUS_ALL = 0x84, 0x87
COMMENT = re.compile(rb"\([^)]*\)?|;.*")


@dataclass(frozen=True)
class Settings:
    """`instant`: the virtual clock jumps over every wait instead of following the caller's. `changed` are `$n=x`."""

    instant: bool = False
    hal: bool = False
    homed: bool = True
    travel_mm: Place = (300.0, 180.0, 45.0)
    work_offset_mm: Place = (-300.0, -180.0, -20.0)
    changed: Mapping[int, float] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)

    @property
    def receive_bytes(self) -> int:
        return 1_023 if self.hal else 128


def _nobody_listens(_number: int | None, _line: str) -> None:
    pass


class VirtualGrbl:
    """`executed(number, line)` hears of each line as it begins, and not of what is only checked; `restarted()` of the
    first one after a reset. Lines count from there; a host's own, which have no spaces where canonical text has them,
    and `$` commands have no number. Times are seconds of the virtual clock.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        executed: Callable[[int | None, str], None] = _nobody_listens,
        restarted: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings = settings or Settings()
        self.gone = self.deaf = False
        self.received = ReceiveBuffer(self.settings.receive_bytes)
        travel = dict(zip(TRAVEL, self.settings.travel_mm, strict=True))
        self.numbers = {**SETTINGS, **travel, **self.settings.changed}
        self._executed, self._restarted = executed, restarted
        self._wire = Wire(self.settings.faults)
        self._now = 0.0
        self._resets = 0
        self._out: list[bytes] = []
        self.offsets: dict[str, Place] = {f"G{n}": (0.0, 0.0, 0.0) for n in range(54, 60)}
        self.offsets["G54"] = self.settings.work_offset_mm
        self.mode = Mode.NORMAL
        self._boot((0.0, 0.0, 0.0), locked=not self.settings.homed)
        self.homed = self.settings.homed

    def _boot(self, position: Place, *, locked: bool) -> None:
        """As after a reset: what moved stands still, the alarm stays, G92 and every mode are gone."""
        if locked and self.numbers[22]:
            self.mode = Mode.ALARM
        elif self.mode is not Mode.ALARM:
            self.mode = Mode.NORMAL
        if self.settings.hal and int(self.numbers[22]) & HOMED_BY_HAND:
            # Only what a homing cycle has homed stays so (`limits_set_homing_axes`, grblHAL's machine_limits.c).
            self.homed = False
        x, y, z = (self.numbers[n] for n in TRAVEL)
        self.planner = Planner(position)
        self.planner.run(self._now)
        self.router = Router(
            clock=lambda: self._now,
            planner=self.planner,
            travel_mm=(x, y, z),
            offsets=self.offsets,
            pause=self.planner.hold,
            soft_limits=self._soft_limits,
        )
        self.received.clear()
        self._running: Waits | None = None
        self._until: Callable[[], bool] = lambda: True
        self._number: int | None = None
        self._count = 0
        self.deaf = False
        name = "GrblHAL 1.1f ['$' or '$HELP' for help]" if self.settings.hal else "Grbl 1.1h ['$' for help]"
        self.say("")
        self.say(name)
        if self.mode is Mode.ALARM:
            self.say("[MSG:'$H'|'$X' to unlock]")

    def _soft_limits(self) -> bool:
        """grblHAL has none before it is homed."""
        return bool(self.numbers[20]) and (self.homed or not self.settings.hal)

    def say(self, line: str) -> None:
        self._out.append(line.encode() + b"\r\n")

    # ---- the wire

    def receive(self, data: bytes, now: float) -> None:
        """Bytes as they come in from the host."""
        self._follow(now)
        if self.gone:
            return
        for byte in self._wire.inbound(data):
            if byte in REAL_TIME:
                self._act(byte)
            elif not self.deaf:
                self.received.put(byte, self._now)

    def _act(self, byte: int) -> None:
        moving = not self.planner.at_rest
        if byte == RESET:
            self._reset(lost=moving)
        elif self.deaf or (self.mode is Mode.HOME and not self.settings.hal):
            return  # Grbl says nothing while it homes (`limits_go_home`, limits.c)
        elif byte == STATUS or (byte == STATUS_ALL and self.settings.hal):
            self.say(report(self, whole=byte == STATUS_ALL))
        elif byte in (HOLD, DOOR) and self.mode in (Mode.NORMAL, Mode.DOOR):
            self.planner.hold()
            if byte == DOOR:
                self.mode = Mode.DOOR
                self.say("[MSG:Check Door]")
        elif byte == RESUME and self.planner.at_rest:
            self.mode = Mode.NORMAL if self.mode is Mode.DOOR else self.mode
            self.planner.resume()
        elif byte in OVERRIDES:
            override(self.planner, byte)

    def _reset(self, *, lost: bool) -> None:
        if self.mode is Mode.HOME:
            self.mode, self.homed = Mode.ALARM, False
            self.say("ALARM:6")
        elif lost:
            self.mode, self.homed = Mode.ALARM, False
            self.say("ALARM:3")
        self._boot(self.planner.position, locked=False)

    def power_cycle(self) -> None:
        """Its position is unknown afterwards."""
        self.mode, self.homed = Mode.NORMAL, False
        self._boot((0.0, 0.0, 0.0), locked=True)

    def alarm(self, number: int) -> None:
        """Stop for good; a limit also makes it deaf."""
        self.mode = Mode.ALARM
        self.router.spindle_rpm, self.router.coolant = 0.0, False
        self.planner.moves.clear()
        self._running = None
        self.say(f"ALARM:{number}")
        if number in (1, 2):
            self.say("[MSG:Reset to continue]")
            self.deaf = True

    def advance(self, now: float) -> bytes:
        """Do what is due until `now`; gives what was said meanwhile."""
        self._follow(now)
        while not (self.gone or self.deaf or self.planner.held):
            if self._running is None:
                line = self.received.line()
                if line is None:
                    break
                self._begin(line)
            elif self._until():
                self._go_on()
            elif self.settings.instant:
                self._tick(min(self.planner.next_at, self.router.timer_at))
            else:
                break
        while self.settings.instant and not self.planner.at_rest:
            self._tick(self.planner.next_at)
        if not self._out:
            return b""
        said = self._wire.outbound(b"".join(self._out))
        self._out.clear()
        return said

    @property
    def wake_at(self) -> float | None:
        """When `advance` has something to do even if nothing is received; None for never."""
        if self.gone or self.deaf or self.settings.instant or self._running is None or self.planner.held:
            return None
        return min(self.planner.next_at, self.router.timer_at)

    # ---- lines

    def _begin(self, raw: bytes) -> None:
        text = COMMENT.sub(b"", raw).translate(None, b" \t/").decode("ascii", "replace").upper()
        self._number = None
        if len(text) > LINE_CHARACTERS:
            self.say("error:11")
        elif not text:
            self.say("ok")
        elif text.startswith("$"):
            self._system(text)
        elif self.mode is Mode.ALARM:
            self.say("error:9")
        else:
            self._block(raw.decode("ascii", "replace").strip(), text)

    def _system(self, text: str) -> None:
        """A `$` command, answered at once or when what it waits for is over."""
        checking = self.mode is Mode.CHECK
        answer = ANSWERS[text](self) if text in ANSWERS else self._set(text)
        self._executed(None, text)
        if not isinstance(answer, int):
            self._running, self._until = answer, lambda: True
            return
        self.say(f"error:{answer}" if answer else "ok")
        if checking and self.mode is not Mode.CHECK:
            self._boot(self.planner.position, locked=False)

    def _set(self, text: str) -> int:
        found = re.fullmatch(r"\$(\d+)=(-?\d+\.?\d*)", text)
        if not found:
            return 3
        if not is_idle(self):
            return 8
        if float(found[2]) < 0:
            return 4
        if int(found[1]) not in KNOWN:
            return 3
        if int(found[1]) == 20 and float(found[2]) and not self.numbers[22]:
            return 10
        self.numbers[int(found[1])] = float(found[2])
        self.received.ignore_until(self._now + 0.02)
        return 0

    def _block(self, shown: str, text: str) -> None:
        checked = self.mode is Mode.CHECK
        try:
            block = parse(text)
            self._running = self.router.begin(block, checked=checked)
        except Refused as refused:
            self.say(f"error:{refused.number}")
            return
        except BeyondTravel:
            self.alarm(2)
            return
        self._until = lambda: True
        if checked:
            return
        if len(block.commands) + len(block.values) == 1 or " " in shown:
            self._count += 1
            self._number = self._count
            if self._count == 1:
                self._restarted()
        self._executed(self._number, shown)
        if writes_eeprom(block):
            self.received.ignore_until(self._now + 0.05)

    def _go_on(self) -> None:
        assert self._running is not None  # noqa: S101 (the caller has looked)
        until = next(self._running, None)
        if until is not None:
            self._until = until
            return
        self._running = None
        self.say("ok")
        if self._number is not None:
            self._misbehave(self._number)

    def _misbehave(self, number: int) -> None:
        faults = self.settings.faults
        if number == faults.halt_after:
            self.alarm(1)
        elif number == faults.vanish_after:
            self.gone = True
        elif number == faults.reset_after and not self._resets:
            self._resets += 1
            self.power_cycle()

    # ---- the clock

    def _follow(self, now: float) -> None:
        """Through every moment at which a waiting line goes on, so that what it then does begins in time."""
        if self.settings.instant:
            return
        while self._running is not None and not self.planner.held:
            if self._until():
                self._go_on()
                continue
            next_at = min(self.planner.next_at, self.router.timer_at)
            if next_at > now:
                break
            self._tick(next_at)
        self._tick(now)

    def _tick(self, now: float) -> None:
        self._now = max(self._now, now)
        self.planner.run(self._now)
