"""A line of G-code as Grbl 1.1 reads it (`gcode.c`, steps 2 and 3): its words, or the number of what is wrong."""

import re
from dataclasses import dataclass

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
MOTION, NON_MODAL, FLOW, SPINDLE, COOLANT = "motion", "non-modal", "flow", "spindle", "coolant"
PLANE, DISTANCE, FEED_MODE, UNITS, OFFSETS = "plane", "distance", "feed mode", "units", "offsets"
TOOL_LENGTH = "tool length"

GROUPS: dict[str, str] = {
    **dict.fromkeys(("G0", "G1", "G2", "G3", "G38.2", "G38.3", "G38.4", "G38.5", "G80"), MOTION),
    **dict.fromkeys(("G4", "G10", "G28", "G28.1", "G30", "G30.1", "G53", "G92", "G92.1"), NON_MODAL),
    **dict.fromkeys(("G17", "G18", "G19"), PLANE),
    **dict.fromkeys(("G90", "G91"), DISTANCE),
    "G91.1": "arc distance",
    **dict.fromkeys(("G93", "G94"), FEED_MODE),
    **dict.fromkeys(("G20", "G21"), UNITS),
    "G40": "cutter",
    **dict.fromkeys(("G43.1", "G49"), TOOL_LENGTH),
    **dict.fromkeys((f"G{n}" for n in range(54, 60)), OFFSETS),
    "G61": "path",
    **dict.fromkeys(("M0", "M1", "M2", "M30"), FLOW),
    **dict.fromkeys(("M3", "M4", "M5"), SPINDLE),
    **dict.fromkeys(("M8", "M9"), COOLANT),
}
"""What a Grbl without options knows, each with its modal group: one of a group may stand on a line."""
WANTS_AXES = frozenset({"G10", "G28", "G30", "G92", "G43.1", "G49"})
VALUES = frozenset("FIJKLNPRSTXYZ")
NEVER_NEGATIVE = frozenset("FNPST")


class Refused(Exception):
    """`error:n`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True)
class Block:
    """Commands by modal group, and the words with a value."""

    commands: dict[str, str]
    values: dict[str, float]

    def has(self, letters: str) -> bool:
        return any(letter in self.values for letter in letters)


def parse(text: str) -> Block:
    """A line in upper case without spaces and comments. Raises `Refused`."""
    commands: dict[str, str] = {}
    values: dict[str, float] = {}
    at = 0
    while at < len(text):
        letter = text[at]
        if not "A" <= letter <= "Z":
            raise Refused(1)
        found = NUMBER.match(text, at + 1)
        if not found:
            raise Refused(2)
        at = found.end()
        value = float(found[0])
        if letter in "GM":
            _add_command(commands, letter, value)
        elif letter not in VALUES:
            raise Refused(20)
        elif letter in values:
            raise Refused(25)
        elif value < 0 and letter in NEVER_NEGATIVE:
            raise Refused(4)
        else:
            values[letter] = value
    return Block(commands, values)


def _add_command(commands: dict[str, str], letter: str, value: float) -> None:
    name = f"{letter}{value:g}"
    group = GROUPS.get(name)
    if group is None:
        raise Refused(23 if f"{letter}{int(value)}" in GROUPS and value != int(value) else 20)
    if group in commands:
        raise Refused(21)
    wants_axes = [each for each in (name, *commands.values()) if each in WANTS_AXES or GROUPS[each] == MOTION]
    if len([each for each in wants_axes if each != "G80"]) > 1:
        raise Refused(24)
    commands[group] = name
