"""The gate: any text in, a canonical program or every reason against it out.

Parsed, looked up in the firmware's tables, held against the profile and the state so far, then written anew:
no byte of the input is forwarded. Memory is flat, whatever the length of the program.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from math import isinf
from typing import Protocol

from firmware_bridge.errors import ProgramRefused, Refusal
from firmware_bridge.gcode import canonical
from firmware_bridge.gcode.dialect import Dialect, Drop, Entry, Place, Refuse, held
from firmware_bridge.gcode.effects import EFFECTS
from firmware_bridge.gcode.marlin import MARLIN
from firmware_bridge.gcode.motion import Motion
from firmware_bridge.gcode.parse import LineRefused, plain_move, statement, words
from firmware_bridge.machine import Limits, MachineProfile, PublishedProfile

GATE_VERSION = "1"
"""Changes whenever the same input could give other output, or be judged otherwise."""

Profile = MachineProfile | PublishedProfile


class Sink(Protocol):
    """Where canonical bytes go: a binary file, or anything like one."""

    def write(self, data: bytes, /) -> int: ...


REFUSALS_MAX = 100
"""The gate stops reading after so many."""
TEXT_SHOWN = 80
_BATCH = 4_096

DIALECTS = {MARLIN.name: MARLIN}


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


class Gate:
    """One program on its way through, section by section; `report` ends it.

    `out` takes the canonical bytes; after a refusal nothing more is written, and what was is no program.
    """

    def __init__(self, profile: Profile, out: Sink | None = None) -> None:
        self.motion = Motion(profile)
        self.profile = profile
        self.dialect = dialect_of(profile)
        self.refusals: list[Refusal] = []
        self._said: set[str] = set()
        self._out = out
        self._hash = sha256()
        self._lines = self._bytes = 0

    def section(self, lines: Iterable[str], place: Place, *, first_line: int = 1, where: str = "") -> None:
        """Take lines that stand in one place of the program; refusals count from `first_line`, in `where`.

        Raises `ProgramRefused` only when there are too many refusals to go on.
        """
        table = self.dialect.tables[place]
        move, feed_max = self.motion.line, self.profile.limits.feed_max_mm_min
        numbered = enumerate(lines, first_line)
        while batch := list(islice(numbered, _BATCH)):
            written: list[str] = []
            for number, line in batch:
                try:
                    if line[:1] == ";" and line.isprintable():
                        continue
                    plain = plain_move(line)
                    if plain:
                        text, x, y, z, e, f = plain
                        if f is None or f <= feed_max:
                            move(x, y, z, e, f)
                            written.append(text)
                            continue
                    long = self._one(line, table)
                    if long:
                        written.append(long)
                except LineRefused as refused:
                    self._refuse(number, line, where, refused)
            self._write(written)

    def _one(self, line: str, table: Mapping[str, Entry]) -> str | None:
        """The long way: one line to its canonical text, or None when it is dropped. Raises `LineRefused`."""
        found = look_up(line, table, self.profile.limits)
        if not found:
            return None
        if found.effect:
            EFFECTS[found.effect](self.motion, found.words)
        return found.text

    def _refuse(self, number: int, line: str, where: str, refused: LineRefused) -> None:
        if refused.once:
            if refused.reason in self._said:
                return
            self._said.add(refused.reason)
        self.refusals.append(Refusal(number, line.strip()[:TEXT_SHOWN], where + refused.reason))
        if len(self.refusals) >= REFUSALS_MAX:
            raise ProgramRefused(tuple(self.refusals))

    def _write(self, lines: list[str]) -> None:
        if self.refusals or not lines:
            return
        lines.append("")
        data = "\n".join(lines).encode("ascii")
        self._lines += len(lines) - 1
        self._bytes += len(data)
        self._hash.update(data)
        if self._out is not None:
            self._out.write(data)

    def report(self) -> GateReport:
        """What passed. Raises `ProgramRefused` with every refusal so far."""
        if self.refusals:
            raise ProgramRefused(tuple(self.refusals))
        motion = self.motion
        low = (motion.low_x, motion.low_y, motion.low_z)
        high = (motion.high_x, motion.high_y, motion.high_z)
        return GateReport(
            lines=self._lines,
            size_bytes=self._bytes,
            sha256=self._hash.hexdigest(),
            time_s=motion.time_s,
            extruded_mm=motion.extruded_mm,
            low_mm=_finite(low),
            high_mm=_finite(high),
            hotend_max_c=motion.hotend_max_c,
            bed_max_c=motion.bed_max_c,
        )


def _finite(corner: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, z = (0.0 if isinf(value) else value for value in corner)
    return x, y, z


def dialect_of(profile: Profile) -> Dialect:
    """The tables for a machine. Raises `ProgramRefused` when this gate cannot judge programs for it."""
    dialect = DIALECTS.get(profile.firmware)
    if dialect is None or profile.process != "fff":
        known = ", ".join(sorted(DIALECTS))
        reason = (
            f"this gate judges programs for printers with {known}, not for {profile.process} with {profile.firmware}"
        )
        raise ProgramRefused((Refusal(0, "", reason),))
    return dialect


@dataclass(frozen=True, slots=True)
class Command:
    """A command that is kept: its canonical text, its words, and the effect to apply (of `EFFECTS`, or "")."""

    text: str
    words: Mapping[str, float | None]
    effect: str


def look_up(line: str, table: Mapping[str, Entry], limits: Limits) -> Command | None:
    """One line held against a table and its ranges, without regard to what came before it.

    None when nothing of it is kept. Raises `LineRefused`.
    """
    said = statement(line)
    if said is None:
        return None
    entry = table.get(said.command)
    if isinstance(entry, Refuse):
        raise LineRefused(f"{said.command}: {entry.reason}")
    if entry is None:
        raise LineRefused(f"{said.command} is on no list of what a program may say")
    if isinstance(entry, Drop):
        if not entry.text:
            words(said.rest)  # A second command is not to vanish with it.
        return None
    given = held(said.command, words(said.rest), entry, limits)
    text = canonical.line(said.command, given)
    if len(text) > canonical.LINE_MAX:
        raise LineRefused(f"the command is longer than {canonical.LINE_MAX} characters in its shortest form")
    return Command(text, given, entry.effect)
