"""What a virtual Marlin printer does for each command, as a table.

A command that takes its time gives the moments (virtual clock, s) at which it looks again.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from firmware_bridge.virtual.marlin import about
from firmware_bridge.virtual.marlin.heaters import Heater
from firmware_bridge.virtual.marlin.motion import AXES, Motion

WORD = re.compile(r"([A-Z])\s*(-?\d*\.?\d*)")
TEXT_COMMANDS = frozenset({"M117", "M118"})
HOMING_S = 8.0
EXTRUDE_MIN_C = 170.0
REACHED_C = 1.0
RESIDENCY_S = 3
"""Marlin waits 10 s at the target; the demonstration's patience is shorter."""

Words = dict[str, float]
Waits = Iterator[float] | None


@dataclass
class Printer:
    """The body of the machine. `say` puts a line on the wire; `clock` gives the virtual time."""

    say: Callable[[str], None]
    clock: Callable[[], float]
    capabilities: dict[str, bool]
    instant: bool = False
    """Nobody waits here: a heater that is set is hot."""
    uuid: str = about.DEFAULT_UUID
    hotend: Heater = field(default_factory=lambda: Heater(heats_c_s=3.0, cools_c_s=1.0))
    bed: Heater = field(default_factory=lambda: Heater(heats_c_s=0.8, cools_c_s=0.2))
    motion: Motion = field(default_factory=Motion)
    fan: float = 0.0
    report_every_s: float = 0.0
    heating: bool = False
    """A waiting M109 or M190 reports temperatures instead of `busy:`."""
    wait_for_heat: bool = True
    halt_after_s: float = 0.0
    """M85; 0 is never."""
    active_at: float = 0.0

    @property
    def halts_at(self) -> float:
        """When it halts by itself, unless something moves or waits for heat before; infinity for never."""
        return max(self.active_at, self.motion.over_at) + self.halt_after_s if self.halt_after_s else math.inf

    def temperatures(self) -> str:
        now = self.clock()
        return f"{self.hotend.report('T', now)} {self.bed.report('B', now)} @:0 B@:0"

    def execute(self, text: str) -> Waits:
        """Raises `KeyError` for a command that is not in the table."""
        name, _, rest = text.partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            name, rest = _split(text)
            command = COMMANDS[name]
        words = {} if name in TEXT_COMMANDS else {w: float(v or 0) for w, v in WORD.findall(rest)}
        return command(self, words)


def _split(text: str) -> tuple[str, str]:
    """`G1X5` and `G01 X5` name G1 too."""
    match = re.match(r"([GMT])0*(\d+)\s*(.*)", text)
    return (match[1] + match[2], match[3]) if match else (text, "")


def _linear(printer: Printer, words: Words) -> Waits:
    return _move(printer, words, None)


def _clockwise(printer: Printer, words: Words) -> Waits:
    return _move(printer, words, True)


def _counter_clockwise(printer: Printer, words: Words) -> Waits:
    return _move(printer, words, False)


def _move(printer: Printer, words: Words, clockwise: bool | None) -> Waits:
    now, motion = printer.clock(), printer.motion
    extrudes = "E" in words
    if extrudes and printer.hotend.reads(now) < EXTRUDE_MIN_C:
        printer.say("echo: cold extrusion prevented")
        extrudes = False
    if clockwise is None:
        motion.linear(words, now, extrudes=extrudes)
    else:
        motion.arc(words, now, clockwise=clockwise, extrudes=extrudes)
    # The `ok` waits until the next move would find room.
    until = motion.full_until(now)
    return None if until is None else iter((until,))


def _until_still(printer: Printer, _words: Words) -> Iterator[float]:
    while printer.clock() < printer.motion.over_at:
        yield printer.motion.over_at


def _dwell(printer: Printer, words: Words) -> Iterator[float]:
    yield from _until_still(printer, words)
    yield printer.clock() + words.get("S", words.get("P", 0.0) / 1000)


def _home(printer: Printer, words: Words) -> Iterator[float]:
    yield from _until_still(printer, words)
    yield printer.clock() + HOMING_S
    printer.active_at = printer.clock()
    printer.motion.home("".join(axis for axis in "XYZ" if axis in words) or "XYZ")


def _break_off_moves(printer: Printer, _words: Words) -> Waits:
    printer.motion.break_off(printer.clock())
    return None


def _end_wait(printer: Printer, _words: Words) -> Waits:
    printer.wait_for_heat = False
    return None


def _hotend(printer: Printer, words: Words) -> Waits:
    return _set(printer, printer.hotend, words)


def _bed(printer: Printer, words: Words) -> Waits:
    return _set(printer, printer.bed, words)


def _set(printer: Printer, heater: Heater, words: Words) -> Waits:
    heater.set(words.get("S", heater.target_c), printer.clock())
    if printer.instant:
        heater.arrive(printer.clock())
    return None


def _hotend_wait(printer: Printer, words: Words) -> Waits:
    return _wait(printer, printer.hotend, words)


def _bed_wait(printer: Printer, words: Words) -> Waits:
    return _wait(printer, printer.bed, words)


def _wait(printer: Printer, heater: Heater, words: Words) -> Iterator[float]:
    """S waits for warming only, R for cooling too (Marlin, M109)."""
    target_c = words.get("R", words.get("S", heater.target_c))
    heater.set(target_c, printer.clock())
    printer.heating = printer.wait_for_heat = True
    held_s = 0
    while printer.wait_for_heat and held_s < RESIDENCY_S:
        off_c = heater.reads(printer.clock()) - target_c
        reached = abs(off_c) < REACHED_C or ("R" not in words and off_c > 0) or target_c == 0
        held_s = held_s + 1 if reached else 0
        printer.active_at = printer.clock()
        printer.say(f" {printer.temperatures()} W:{RESIDENCY_S - held_s if reached else '?'}")
        yield printer.clock() + 1
    printer.heating = False


def _report(printer: Printer, _words: Words) -> Waits:
    printer.say(f"ok {printer.temperatures()}")
    return None


def _report_every(printer: Printer, words: Words) -> Waits:
    printer.report_every_s = words.get("S", 0.0)
    return None


def _halt_after(printer: Printer, words: Words) -> Waits:
    printer.halt_after_s, printer.active_at = words.get("S", 0.0), printer.clock()
    return None


def _identify(printer: Printer, _words: Words) -> Waits:
    for line in about.capabilities(printer.capabilities, printer.uuid):
        printer.say(line)
    return None


def _tell_settings(printer: Printer, _words: Words) -> Waits:
    for line in about.SETTINGS:
        printer.say(line)
    return None


def _software_endstops(printer: Printer, words: Words) -> Waits:
    """`M211 S` turns them on and off; this printer has none to turn."""
    for line in () if "S" in words else about.SOFTWARE_ENDSTOPS:
        printer.say(line)
    return None


def _where(printer: Printer, _words: Words) -> Waits:
    position = printer.motion.position
    counts = f"X:{position['X'] * 80:.0f} Y:{position['Y'] * 80:.0f} Z:{position['Z'] * 400:.0f}"
    printer.say(" ".join(f"{axis}:{position[axis]:.2f}" for axis in AXES) + f" Count {counts}")
    return None


def _set_position(printer: Printer, words: Words) -> Waits:
    printer.motion.position.update({axis: words[axis] for axis in AXES if axis in words})
    return None


def _absolute(printer: Printer, _words: Words) -> Waits:
    printer.motion.relative = printer.motion.relative_e = False
    return None


def _relative(printer: Printer, _words: Words) -> Waits:
    printer.motion.relative = printer.motion.relative_e = True
    return None


def _absolute_e(printer: Printer, _words: Words) -> Waits:
    printer.motion.relative_e = False
    return None


def _relative_e(printer: Printer, _words: Words) -> Waits:
    printer.motion.relative_e = True
    return None


def _fan(printer: Printer, words: Words) -> Waits:
    printer.fan = words.get("S", 255.0) / 255
    return None


def _fan_off(printer: Printer, _words: Words) -> Waits:
    printer.fan = 0.0
    return None


def _nothing(_printer: Printer, _words: Words) -> Waits:
    return None


COMMANDS: dict[str, Callable[[Printer, Words], Waits]] = {
    "G0": _linear,
    "G1": _linear,
    "G2": _clockwise,
    "G3": _counter_clockwise,
    "G4": _dwell,
    "G28": _home,
    "G90": _absolute,
    "G91": _relative,
    "G92": _set_position,
    "M17": _nothing,
    "M18": _until_still,
    "M82": _absolute_e,
    "M83": _relative_e,
    "M84": _until_still,
    "M85": _halt_after,
    "M104": _hotend,
    "M105": _report,
    "M106": _fan,
    "M107": _fan_off,
    "M108": _end_wait,
    "M109": _hotend_wait,
    "M114": _where,
    "M115": _identify,
    "M140": _bed,
    "M155": _report_every,
    "M190": _bed_wait,
    "M211": _software_endstops,
    "M400": _until_still,
    "M410": _break_off_moves,
    "M503": _tell_settings,
    **dict.fromkeys(
        ("G21", "G29", "G80", "M73", "M110", "M113", "M117", "M118", "M201", "M203", "M204", "M205"), _nothing
    ),
    **dict.fromkeys(("M220", "M221", "M300", "M420", "M900", "T0"), _nothing),
}
