"""The gate: any text in, a canonical program or the reasons against it out.

Parsed, looked up in the firmware's tables, held against the profile and the state so far, then written anew:
no byte of the input is forwarded. Memory is flat, whatever the length of the program.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from math import isinf
from typing import Protocol

from firmware_bridge.errors import ProgramRefused, Refusal
from firmware_bridge.gcode.dialect import Dialect, Place, Table
from firmware_bridge.gcode.grbl import GRBL
from firmware_bridge.gcode.marlin import MARLIN
from firmware_bridge.gcode.parse import LineRefused, Unsaid
from firmware_bridge.machine import Profile

GATE_VERSION = "5"
"""Changes whenever the same input could give other output, or be judged otherwise."""


class Sink(Protocol):
    """Where canonical bytes go: a binary file, or anything like one."""

    def write(self, data: bytes, /) -> int: ...


REFUSALS_MAX = 100
"""The gate stops reading after so many kinds of reason; the lines of one kind are only counted."""
LINES_REFUSED_MAX = 10_000
"""And after so many lines: nobody mends them by hand, and a refused line takes longer than one that passes."""
TEXT_SHOWN = 80
_BATCH = 1_024

DIALECTS = {("fff", MARLIN.name): MARLIN, ("milling", GRBL.name): GRBL}
"""By process and firmware."""


@dataclass(frozen=True)
class GateReport:
    """What a program that passed will do, as far as its text tells.

    `lines`, `size_bytes` and `sha256` are of the canonical program. `time_s` leaves heating out.
    `extruded_mm` is filament. `low_mm` and `high_mm` are the corners of the box that moves reach (arcs
    included), all zero when nothing moves.
    """

    lines: int
    size_bytes: int
    sha256: str
    time_s: float
    extruded_mm: float
    low_mm: tuple[float, float, float]
    high_mm: tuple[float, float, float]
    hotend_max_c: float
    bed_max_c: float
    spindle_max_rpm: float = 0.0


class Gate:
    """One program on its way through, section by section; `report` ends it.

    `out` takes the canonical bytes; after a refusal nothing more is written, and what was is no program.
    """

    def __init__(self, profile: Profile, out: Sink | None = None) -> None:
        self.profile = profile
        self.dialect = dialect_of(profile)
        self.state = self.dialect.state(profile)
        self._refusals: dict[str, Refusal] = {}
        """By kind of reason, in the order of their first lines."""
        self._lines_refused = 0
        self._out = out
        self._hash = sha256()
        self._lines = self._bytes = 0

    def section(self, lines: Iterable[str], place: Place, *, first_line: int = 1, where: str = "") -> None:
        """Take lines that stand in one place of the program; refusals count from `first_line`, in `where`.

        Raises `ProgramRefused` only when there are too many kinds of refusal, or lines refused, to go on.
        """
        table, quick = self.dialect.tables[place], self.state.quick
        if place is Place.END:
            self.state.begin_end()
        numbered = enumerate(lines, first_line)
        while batch := list(islice(numbered, _BATCH)):
            written: list[str] = []
            for number, line in batch:
                try:
                    try:
                        text = quick(line)
                    except Unsaid:
                        text = None
                    if text:
                        written.append(text)
                    elif text is None:
                        self._long(line, table, written)
                except LineRefused as refused:
                    self._refuse(number, line, where, refused)
            self._write(written)

    def _long(self, line: str, table: Table, written: list[str]) -> None:
        """The long way for one line: what it says is followed and written. Raises `LineRefused`."""
        for command in self.dialect.read(self.state, line, table, self.profile.limits):
            if command.effect:
                effect = self.dialect.effects[command.effect]
                try:
                    effect(self.state, command.words)
                except Unsaid as unsaid:
                    for each in unsaid.lines:
                        self._long(each, table, written)
                    effect(self.state, command.words)
            if command.text:
                written.append(command.text)

    def finish(self, end: Iterable[str], *, first_line: int = 1, where: str = "") -> None:
        """Take the end program, and say how it may not leave the machine. Raises `ProgramRefused` as `section` does.

        After a refusal nobody knows in what state the end begins: what is wrong with it may only follow from that.
        """
        if self._refusals:
            return
        self.section(end, Place.END, first_line=first_line, where=where)
        try:
            self.state.check_end()
        except LineRefused as refused:
            self._refuse(0, "", "", refused)

    def _refuse(self, number: int, line: str, where: str, refused: LineRefused) -> None:
        self._lines_refused += 1
        kind = where + refused.kind
        if (same := self._refusals.get(kind)) is not None:
            if not refused.once:
                self._refusals[kind] = replace(same, count=same.count + 1)
        else:
            self._refusals[kind] = Refusal(number, line.strip()[:TEXT_SHOWN], where + refused.reason)
        if len(self._refusals) >= REFUSALS_MAX or self._lines_refused >= LINES_REFUSED_MAX:
            unread = Refusal(0, "", f"so much is wrong with it that what follows line {number} was not read")
            raise ProgramRefused((*self._refusals.values(), unread))

    def _write(self, lines: list[str]) -> None:
        if self._refusals or not lines:
            return
        lines.append("")
        data = "\n".join(lines).encode("ascii")
        self._lines += len(lines) - 1
        self._bytes += len(data)
        self._hash.update(data)
        if self._out is not None:
            self._out.write(data)

    def report(self) -> GateReport:
        """What passed. Raises `ProgramRefused` with every kind of refusal; those of the end where it has no other."""
        if self._refusals:
            raise ProgramRefused(tuple(self._refusals.values()))
        motion = self.state
        return GateReport(
            lines=self._lines,
            size_bytes=self._bytes,
            sha256=self._hash.hexdigest(),
            time_s=motion.time_s,
            extruded_mm=motion.extruded_mm,
            low_mm=_finite(motion.lowest),
            high_mm=_finite(motion.highest),
            hotend_max_c=motion.hotend_max_c,
            bed_max_c=motion.bed_max_c,
            spindle_max_rpm=motion.spindle_max_rpm,
        )


def _finite(corner: Iterable[float]) -> tuple[float, float, float]:
    x, y, z = (0.0 if isinf(value) else value for value in corner)
    return x, y, z


def dialect_of(profile: Profile) -> Dialect:
    """The tables for a machine. Raises `ProgramRefused` when this gate cannot judge programs for it."""
    dialect = DIALECTS.get((profile.process, profile.firmware))
    if dialect is None:
        known = " and ".join(" with ".join(pair) for pair in sorted(DIALECTS))
        reason = f"this gate judges programs for {known}, not for {profile.process} with {profile.firmware}"
        raise ProgramRefused((Refusal(0, "", reason),))
    return dialect
