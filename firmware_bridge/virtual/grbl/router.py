"""The body of a virtual router: what Grbl's G-code does, and when it is done (`gcode.c`, steps 3 and 4)."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from firmware_bridge.virtual.grbl.blocks import (
    COOLANT,
    DISTANCE,
    FEED_MODE,
    FLOW,
    MOTION,
    NON_MODAL,
    OFFSETS,
    PLANE,
    SPINDLE,
    TOOL_LENGTH,
    UNITS,
    Block,
    Refused,
)
from firmware_bridge.virtual.grbl.planner import Place, Planner

AXES = "XYZ"
EEPROM_S = 0.05
RAPID_MM_MIN = 3_000.0
MODES = {
    MOTION: "G0",
    OFFSETS: "G54",
    PLANE: "G17",
    UNITS: "G21",
    DISTANCE: "G90",
    FEED_MODE: "G94",
    SPINDLE: "M5",
    COOLANT: "M9",
}
PROGRAM_END = {MOTION: "G1", PLANE: "G17", DISTANCE: "G90", FEED_MODE: "G94", OFFSETS: "G54", SPINDLE: "M5"}
PLANES = {"G17": "XY", "G18": "ZX", "G19": "YZ"}
CENTRES = {"X": "I", "Y": "J", "Z": "K"}

Waits = Iterator[Callable[[], bool]]
"""A line at work: what it waits for, one after the other."""


class BeyondTravel(Exception):
    """`ALARM:2`."""


@dataclass
class Router:
    """`clock` gives the virtual time; `timer_at` is when a dwell or a write is over, `pause` begins an M0's hold."""

    clock: Callable[[], float]
    planner: Planner
    travel_mm: Place
    offsets: dict[str, Place]
    pause: Callable[[], None]
    soft_limits: Callable[[], bool] = lambda: True
    modes: dict[str, str] = field(default_factory=lambda: dict(MODES))
    feed_mm_min: float = 0.0
    speed_rpm: float = 0.0
    tool_offset_mm: float = 0.0
    set_aside: Place = (0.0, 0.0, 0.0)
    """G92, which a reset clears."""
    stored: dict[str, Place] = field(default_factory=dict)
    """Where G28 and G30 go."""
    timer_at: float = math.inf
    spindle_rpm: float = 0.0
    """What the spindle does, not what the program last said."""
    coolant: bool = False

    def __post_init__(self) -> None:
        self.place = self.planner.position
        """Where the program is, ahead of the tool."""

    @property
    def work_offset(self) -> Place:
        x, y, z = (a + b for a, b in zip(self.offsets[self.modes[OFFSETS]], self.set_aside, strict=True))
        return (x, y, z + self.tool_offset_mm)

    def begin(self, block: Block, *, checked: bool) -> Waits:
        """Raises `Refused` and `BeyondTravel` before anything is done. `checked`: modes only, nothing moves."""
        target = self._target(block)
        seconds = self._look_at(block, target)
        if not checked:
            return self._do(block, target, seconds)
        self._note(block)
        self._end_of_program(block)
        self.place = target if seconds else self.place
        return iter(())

    # ---- what is wrong

    def _target(self, block: Block) -> Place:
        scale = 25.4 if block.commands.get(UNITS, self.modes[UNITS]) == "G20" else 1.0
        absolute = block.commands.get(DISTANCE, self.modes[DISTANCE]) == "G90"
        in_machine = block.commands.get(NON_MODAL) == "G53"
        x, y, z = (
            here
            if axis not in block.values
            else block.values[axis] * scale + (0.0 if in_machine else offset)
            if absolute or in_machine
            else here + block.values[axis] * scale
            for axis, here, offset in zip(AXES, self.place, self.work_offset, strict=True)
        )
        return (x, y, z)

    def _look_at(self, block: Block, target: Place) -> float:
        """How long the block's move takes, 0 for none."""
        words, non_modal = set(block.values) - set("FNST"), block.commands.get(NON_MODAL)
        motion = block.commands.get(MOTION, self.modes[MOTION])
        if non_modal == "G4":
            if "P" not in block.values:
                raise Refused(28)
            words -= {"P"}
        elif non_modal == "G10":
            words -= self._look_at_offsets(block)
        elif non_modal in ("G28", "G30", "G92") or block.commands.get(TOOL_LENGTH) == "G43.1":
            if non_modal not in ("G28", "G30") and not block.has(AXES):
                raise Refused(26)
            words -= set(AXES)
        if non_modal == "G53" and motion not in ("G0", "G1"):
            raise Refused(30)
        moves = bool(words & set(AXES))
        if motion == "G80" and moves:
            raise Refused(31)
        seconds = 0.0
        if motion in ("G2", "G3") and (moves or MOTION in block.commands):
            words -= self._look_at_arc(block, motion, target)
        if motion != "G0" and (moves or motion.startswith("G38")) and not block.values.get("F", self.feed_mm_min):
            raise Refused(22)
        if words - set(AXES):
            raise Refused(36)
        if moves:
            self._look_at_travel(target)
            speed = RAPID_MM_MIN if motion == "G0" else block.values.get("F", self.feed_mm_min)
            seconds = self._length(block, motion, target) / speed * 60
        return seconds

    def _look_at_offsets(self, block: Block) -> set[str]:
        if not block.has(AXES):
            raise Refused(26)
        if "P" not in block.values or "L" not in block.values:
            raise Refused(28)
        if block.values["L"] not in (2, 20):
            raise Refused(20)
        if block.values["P"] > len(self.offsets):
            raise Refused(29)
        return {"P", "L", *AXES}

    def _look_at_arc(self, block: Block, motion: str, target: Place) -> set[str]:
        plane = PLANES[block.commands.get(PLANE, self.modes[PLANE])]
        if not block.has(AXES):
            raise Refused(26)
        if not block.has(plane):
            raise Refused(32)
        if "R" in block.values:
            return {"R"}
        centres = {CENTRES[axis] for axis in plane}
        if not block.has("".join(centres)):
            raise Refused(35)
        begin, end = self._radii(block, target)
        if abs(begin - end) > 0.005 and abs(begin - end) > 0.001 * begin:
            raise Refused(33)
        return centres

    def _look_at_travel(self, target: Place) -> None:
        # Homed to the far end of each axis, as Grbl does by default: machine places run from -travel to 0.
        inside = all(-most - 1e-6 <= value <= 1e-6 for value, most in zip(target, self.travel_mm, strict=True))
        if self.soft_limits() and not inside:
            raise BeyondTravel

    def _centre(self, block: Block) -> tuple[tuple[int, int], tuple[float, float]]:
        first, second = (AXES.index(axis) for axis in PLANES[block.commands.get(PLANE, self.modes[PLANE])])
        scale = 25.4 if block.commands.get(UNITS, self.modes[UNITS]) == "G20" else 1.0
        i, j = (block.values.get(CENTRES[AXES[axis]], 0.0) * scale for axis in (first, second))
        return (first, second), (self.place[first] + i, self.place[second] + j)

    def _radii(self, block: Block, target: Place) -> tuple[float, float]:
        (first, second), centre = self._centre(block)
        begin = math.dist((self.place[first], self.place[second]), centre)
        return begin, math.dist((target[first], target[second]), centre)

    def _length(self, block: Block, motion: str, target: Place) -> float:
        if motion not in ("G2", "G3") or "R" in block.values:
            return math.dist(self.place, target)
        (first, second), (x, y) = self._centre(block)
        begin = math.atan2(self.place[second] - y, self.place[first] - x)
        end = math.atan2(target[second] - y, target[first] - x)
        turned = (end - begin if motion == "G3" else begin - end) % math.tau
        climb = next(target[n] - self.place[n] for n in range(3) if n not in (first, second))
        return math.hypot(self._radii(block, target)[0] * (turned or math.tau), climb)

    # ---- what is done

    def _note(self, block: Block) -> None:
        self.feed_mm_min = block.values.get("F", self.feed_mm_min)
        self.speed_rpm = block.values.get("S", self.speed_rpm)
        self.modes.update({group: name for group, name in block.commands.items() if group in self.modes})

    def _end_of_program(self, block: Block) -> None:
        if block.commands.get(FLOW) in ("M2", "M30"):
            self.modes.update(PROGRAM_END | {COOLANT: "M9"})

    def _do(self, block: Block, target: Place, seconds: float) -> Waits:
        turns = (self.modes[SPINDLE], self.speed_rpm)
        self._note(block)
        if SPINDLE in block.commands or (self.modes[SPINDLE] != "M5" and turns[1] != self.speed_rpm):
            yield self._is_empty
            self.spindle_rpm = 0.0 if self.modes[SPINDLE] == "M5" else self.speed_rpm
        if TOOL_LENGTH in block.commands:
            self.tool_offset_mm = block.values["Z"] if block.commands[TOOL_LENGTH] == "G43.1" else 0.0
        if COOLANT in block.commands:
            yield self._is_empty
            self.coolant = self.modes[COOLANT] != "M9"
        yield from self._do_non_modal(block, target)
        if seconds:
            yield lambda: self.planner.free > 0
            self.planner.add(self.place, target, seconds, rapid=self.modes[MOTION] == "G0")
            self.place = target
        flow = block.commands.get(FLOW)
        if flow in ("M0", "M2", "M30"):
            yield self._is_empty
        if flow == "M0":
            self.pause()
            yield lambda: not self.planner.held
        self._end_of_program(block)
        if flow in ("M2", "M30"):
            self.spindle_rpm, self.coolant = 0.0, False

    def _do_non_modal(self, block: Block, target: Place) -> Waits:
        name = block.commands.get(NON_MODAL)
        if name == "G4":
            yield self._is_empty
            yield from self.wait(block.values["P"])
        elif name == "G10":
            yield from self.wait(EEPROM_S)
            key = f"G{53 + int(block.values['P'] or 1)}"
            here = self.offsets[key]
            x, y, z = (
                old
                if axis not in block.values
                else block.values[axis]
                if block.values["L"] == 2
                else at - block.values[axis]
                for axis, old, at in zip(AXES, here, self.place, strict=True)
            )
            self.offsets[key] = (x, y, z)
        elif name in ("G28.1", "G30.1"):
            yield from self.wait(EEPROM_S)
            self.stored[name[:3]] = self.place
        elif name in ("G28", "G30"):
            there = self.stored.get(name, (0.0, 0.0, 0.0))
            yield lambda: self.planner.free > 0
            self.planner.add(self.place, there, math.dist(self.place, there) / RAPID_MM_MIN * 60, rapid=True)
            self.place = there
        elif name == "G92":
            x, y, z = (a - b + c for a, b, c in zip(self.place, target, self.set_aside, strict=True))
            self.set_aside = (x, y, z)
        elif name == "G92.1":
            self.set_aside = (0.0, 0.0, 0.0)

    def wait(self, seconds: float) -> Waits:
        self.timer_at = self.clock() + seconds
        yield lambda: self.clock() >= self.timer_at
        self.timer_at = math.inf

    def _is_empty(self) -> bool:
        return not self.planner.moves


def writes_eeprom(block: Block) -> bool:
    return block.commands.get(NON_MODAL) in ("G10", "G28.1", "G30.1")
