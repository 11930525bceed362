"""A line for Grbl: any number of words, read as one block and taken apart into one command a line.

Grbl executes the words of a block in an order of its own, whatever the order on the line (`grbl/gcode.c`, step 4);
so commands on lines of their own, in that order, do the same. What is modal there is followed here and written
out: a bare coordinate continues the last motion, S holds until the next, F may stand alone.
"""

import re
from collections.abc import Mapping, Sequence

from firmware_bridge.gcode.dialect import Command, Keep, Table, Words, entry_of, kept
from firmware_bridge.gcode.milling.motion import Milling
from firmware_bridge.gcode.milling.quick import NUMBERED
from firmware_bridge.gcode.parse import WORD, LineRefused, code_of, value_of
from firmware_bridge.machine import Limits

EXECUTED = (
    *("G94", "F", "M3 M5", "M8 M9", "G4", "G17", "G21", "G40", "G49", "G54", "G91.1", "G90 G91"),
    *("G0 G1 G2 G3 G80", "M0 M2 M30"),
)
"""Groups of commands of which a block takes one, in the order of execution."""
RANK = {command: rank for rank, group in enumerate(EXECUTED) for command in group.split()}

_AT_ONCE = re.compile(r"[!?~]")
_CODE = re.compile(r"0{0,3}([0-9]{1,4})(?:\.([0-9]?)0{0,4})?")
ONE_TOOL = "tools are changed by a person before a program, not by the program"
_LETTERS: Mapping[str, str] = {
    "R": "arcs are taken by their centre (I and J), not by their radius (R): choose that in the post",
    "K": "arcs are taken in the XY plane only, by I and J",
    "T": f"{ONE_TOOL}: take the tool's number (T) out, or choose a post that writes none",
    "N": "a line number (N) inside the line",
    "E": "an exponent, or an E; write plain decimals",
    "O": "named programs and flow control (O) are not taken: choose a post for Grbl",
}
_TAKEN = "FIJPSXYZ"


def read(state: Milling, line: str, table: Table, limits: Limits) -> Sequence[Command]:
    """The commands of a line in their order of execution. Raises `LineRefused`."""
    code = _code(line)
    if not code:
        return ()
    if state.ended:
        raise LineRefused("the program has ended: nothing may follow its M2 or M30", once=True)
    commands, values = _words(code)
    if values.get("K") == 0 and values.keys() & {"I", "J"}:
        del values["K"]  # FreeCAD says of every arc that it lies flat; so does an arc without it.
    block = _Block(state, values, table, limits)
    for command in commands:
        block.add(command)
    for letter in values:
        if letter not in _TAKEN:
            raise LineRefused(_LETTERS.get(letter) or _no_such(letter))
    return block.taken_apart()


def _no_such(letter: str) -> str:
    why = ": it moves X, Y and Z" if letter in "ABCUVW" else ""
    return f"a program for Grbl has no {letter} here{why}"


def _code(line: str) -> str:
    """What a line says; empty when that is nothing. Raises `LineRefused`."""
    if found := _AT_ONCE.search(line):
        raise LineRefused(f"Grbl acts on {found[0]!r} at once, even in a comment: take it out, or write no comments")
    if not line.isascii():
        odd = next(c for c in line if not c.isascii())
        why = "Grbl acts on some bytes over 127 at once, even in a comment: write plain ASCII, or no comments"
        raise LineRefused(f"character U+{ord(odd):04X}: {why}")
    if line.lstrip(" \t").startswith("$"):
        raise LineRefused("a $ command is for the bridge and the machine's owner, not for a program")
    code = code_of(line)
    if code == "%":
        return ""  # The mark around a program on tape; it says nothing.
    if code.startswith("/"):
        raise LineRefused("a line to be skipped (/) would be executed by Grbl: take it out")
    return NUMBERED.sub("", code) if code.startswith("N") else code


def _words(code: str) -> tuple[list[str], dict[str, float]]:
    commands: list[str] = []
    values: dict[str, float] = {}
    at = 0
    while at < len(code):
        word = WORD.match(code, at)
        if not word:
            raise LineRefused(f"cannot be read from {code[at:].strip()[:20]!r} on")
        _, letter, digits = word.groups()
        at = word.end()
        if digits is None:
            raise LineRefused(_LETTERS.get(letter, f"{letter} has no number, or one that cannot be read"))
        if letter in "GM":
            commands.append(_command(letter, digits))
        elif letter in values:
            raise LineRefused(f"{letter} is given twice")
        else:
            values[letter] = value_of(letter, digits)
    return commands, values


def _command(letter: str, digits: str) -> str:
    found = _CODE.fullmatch(digits)
    if not found:
        raise LineRefused(f"{letter}{digits[:20]} is no command")
    number, part = found.groups()
    return f"{letter}{int(number)}" + (f".{part}" if part and part != "0" else "")


class _Block:
    """The commands and values of one line, on their way to lines of their own."""

    def __init__(self, state: Milling, values: dict[str, float], table: Table, limits: Limits) -> None:
        self._state, self._values, self._table, self._limits = state, values, table, limits
        self._said: dict[int, str] = {}
        self._ready: list[tuple[int, Command]] = []

    def add(self, command: str) -> None:
        """Raises `LineRefused` for one that may not pass, or a second of its group."""
        entry_of(command, self._table)
        rank = RANK[command]
        if rank in self._said:
            raise LineRefused(f"{self._said[rank]} and {command} on one line; Grbl takes one of them")
        self._said[rank] = command

    def taken_apart(self) -> list[Command]:
        """Raises `LineRefused`. What holds on for later lines is kept in the state only when nothing is refused."""
        motion = self._motion()
        speed = self._spindle()
        for rank, command in self._said.items():
            self._write(rank, command, "P" if command == "G4" else "")
        if self._values:
            letter = next(iter(self._values))
            raise LineRefused(f"{letter} belongs to no command on this line")
        self._state.motion, self._state.speed_rpm = motion, speed
        return [command for _, command in sorted(self._ready, key=lambda pair: pair[0])]

    def _motion(self) -> str:
        """The motion in force from here on; F goes with the move, or on a line of its own before everything."""
        rank = RANK["G0"]
        motion = self._said.get(rank, self._state.motion)
        if any(letter in self._values for letter in "XYZ"):
            if "G49" in self._said.values():
                raise LineRefused("G49 with X, Y or Z on one line")
            if motion in {"", "G80"}:
                raise LineRefused("which motion is meant is not known here: say G0, G1, G2 or G3")
            if motion in {"G2", "G3"} and not ("X" in self._values or "Y" in self._values):
                raise LineRefused(f"{motion} needs X or Y: Grbl takes no arc without where it ends")
            self._said.pop(rank, None)
            self._write(rank, motion, "XYZIJF")
            return motion
        if motion != "G80":
            said = self._said.pop(rank, None)
            if said in {"G2", "G3"}:
                raise LineRefused(f"{said} needs X or Y: Grbl takes no arc without where it ends")
        if "F" in self._values:
            self._write(RANK["F"], "G0" if motion == "G0" else "G1", "F")
        return motion

    def _spindle(self) -> float | None:
        """The speed in force from here on. While the spindle turns, a new S is a new M3 to Grbl."""
        rank = RANK["M3"]
        said, given = self._said.pop(rank, None), self._values.pop("S", None)
        speed = self._state.speed_rpm if given is None else given
        if said == "M5":
            self._write(rank, said, "")
            return speed or None
        if said == "M3" and speed is None:
            raise LineRefused("M3 needs S: give the tool a spindle speed, even where you set it by hand")
        if said == "M3" or given is not None:
            turn = self._kept("M3", {"S": speed})
            if said == "M3" or (self._state.spindle_on and given != self._state.speed_rpm):
                self._ready.append((rank, turn))
        return speed

    def _write(self, rank: int, command: str, letters: str) -> None:
        given = {letter: self._values.pop(letter) for letter in letters if letter in self._values}
        self._ready.append((rank, self._kept(command, given)))

    def _kept(self, command: str, given: Words) -> Command:
        entry = entry_of(command, self._table)
        if not isinstance(entry, Keep):
            raise TypeError(f"{command} is dropped by a table for Grbl, whose programs keep or refuse")
        return kept(command, given, entry, self._limits)
