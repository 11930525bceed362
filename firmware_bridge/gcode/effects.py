"""What each kept command does to a printer's state; Marlin's tables name these."""

from collections.abc import Callable, Mapping
from math import inf
from types import MappingProxyType

from firmware_bridge.gcode.dialect import Words
from firmware_bridge.gcode.motion import Motion, Target
from firmware_bridge.gcode.parse import LineRefused

Effect = Callable[[Motion, Words], None]


def _target(words: Words) -> Target:
    return words.get("X"), words.get("Y"), words.get("Z"), words.get("E"), words.get("F")


def _line(motion: Motion, words: Words) -> None:
    motion.line(*_target(words))


def _arc(motion: Motion, words: Words, *, clockwise: bool) -> None:
    offset = (words.get("I") or 0.0, words.get("J") or 0.0)
    motion.arc(offset, _target(words), clockwise=clockwise)


def _dwell(motion: Motion, words: Words) -> None:
    motion.dwell((words.get("S") or 0.0) + (words.get("P") or 0.0) / 1000)


def _home(motion: Motion, words: Words) -> None:
    axes = set("XYZ") & set(words) or set("XYZ")
    motion.homed |= axes
    motion.lose(axes)
    if "Z" in axes:
        motion.lifted = 0.0
    motion.settle()


def _home_before_extruding(motion: Motion, words: Words) -> None:
    if motion.filament > 0 and ("Z" in words or not words):
        raise LineRefused("homing Z after extruding would drive the nozzle into the part; G28 X Y is taken")
    _home(motion, words)


def _probe(motion: Motion, _: Words) -> None:
    motion.lose({"X", "Y", "Z"})
    motion.lifted = 0.0


def _park(motion: Motion, _: Words) -> None:
    motion.lose({"X", "Y", "Z"})
    motion.lifted = inf


def _motors_off(motion: Motion, words: Words) -> None:
    axes = set("XYZ") if not words else set("XYZ") & set(words)
    motion.homed -= axes
    motion.lose(axes)
    if "Z" in axes:
        motion.lifted = inf
    motion.settle()


def _mode(motion: Motion, _: Words, *, relative: bool) -> None:
    motion.is_relative = motion.e_of_marlin_2 = relative
    motion.settle()
    motion.settle_e()


def _e_mode(motion: Motion, _: Words, *, relative: bool) -> None:
    motion.e_of_marlin_1 = motion.e_of_marlin_2 = relative
    motion.settle_e()


def _set_e(motion: Motion, words: Words) -> None:
    motion.e = words["E"] or 0.0


def _hotend(motion: Motion, words: Words) -> None:
    motion.set_hotend(words.get("S") or words.get("R") or 0.0)


def _bed(motion: Motion, words: Words) -> None:
    motion.bed_max_c = max(motion.bed_max_c, words.get("S") or words.get("R") or 0.0)


def _acceleration(motion: Motion, words: Words) -> None:
    # P is for printing, T for travel, S for both; R, for retracting, moves no axis.
    given = [value for letter, value in words.items() if letter != "R" and value]
    if given:
        motion.accel = min(given)


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "line": _line,
        "arc clockwise": lambda motion, words: _arc(motion, words, clockwise=True),
        "arc counter-clockwise": lambda motion, words: _arc(motion, words, clockwise=False),
        "dwell": _dwell,
        "home": _home,
        "home before extruding": _home_before_extruding,
        "probe": _probe,
        "park": _park,
        "motors off": _motors_off,
        "absolute": lambda motion, words: _mode(motion, words, relative=False),
        "relative": lambda motion, words: _mode(motion, words, relative=True),
        "E absolute": lambda motion, words: _e_mode(motion, words, relative=False),
        "E relative": lambda motion, words: _e_mode(motion, words, relative=True),
        "set E": _set_e,
        "hot end": _hotend,
        "bed": _bed,
        "acceleration": _acceleration,
    }
)
