"""What a firmware's tables are made of: for each place in a program, each command kept, dropped or refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from firmware_bridge.gcode import canonical
from firmware_bridge.gcode.canonical import number
from firmware_bridge.gcode.parse import LineRefused, statement, words
from firmware_bridge.machine import Limits, Profile

Words = Mapping[str, float | None]
ONE_HOTEND = "there is one hot end here (T0)"


class Place(Enum):
    """Where in a program a line stands."""

    START = "the machine's own start program"
    BODY = "a job between the machine's own start and end programs"
    END = "the machine's own end program"
    WHOLE = "a program for a machine that has no start program of its own"


@dataclass(frozen=True)
class Range:
    """What the number after a letter may be, ends included; `high` may name a field of `Limits`."""

    low: float = -10_000_000
    high: float | str = 10_000_000
    above_low: bool = False
    """The low end itself is too low."""
    integer: bool = False
    bare: bool = False
    """The letter may stand without a number."""
    mend: str = ""
    """What helps who has another number."""


FLAG = Range(bare=True, low=0, high=0)
"""A letter that says yes: `G28 X`. Slicers write `X0`, which firmware reads the same."""


@dataclass(frozen=True)
class Keep:
    """A command that passes, with the letters it takes in canonical order.

    At least one letter of `needs` must be there, and with `one_of` no second of them; `lacking` says what helps who
    has none. `effect` names what it does to the state, if that is anything the gate follows. `unwritten`: it is
    followed, and what the bridge adds at the end says it again.
    """

    takes: Mapping[str, Range] = field(default_factory=dict)
    needs: str = ""
    one_of: bool = False
    effect: str = ""
    unwritten: bool = False
    lacking: str = ""


@dataclass(frozen=True)
class Drop:
    """A command that is left out without a word: it changes nothing that the program needs."""

    text: bool = False
    """What follows is free text: left out unread."""


@dataclass(frozen=True)
class Refuse:
    """A command that may not pass, and why."""

    reason: str


Entry = Keep | Drop | Refuse


Table = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Command:
    """A command that is kept: its canonical text ("" to write nothing), its words, and the effect to apply, or ""."""

    text: str
    words: Words
    effect: str


class State(Protocol):
    """What the lines so far will have done. Attributes are those of `GateReport`, `lowest` its `low_mm`.

    `quick` follows a line of the most common form and gives its canonical text, "" for nothing and None for
    any other; `begin_end` is told where the end program begins; `ending` is what a file lacks there; `check_end`
    says why a program may not end like this. All but `begin_end` and `ending` raise `LineRefused`.
    """

    lowest: list[float]
    highest: list[float]
    time_s: float
    extruded_mm: float
    hotend_max_c: float
    bed_max_c: float
    spindle_max_rpm: float

    def quick(self, line: str, /) -> str | None: ...
    def begin_end(self) -> None: ...
    def ending(self) -> Sequence[str]: ...
    def check_end(self) -> None: ...


@dataclass(frozen=True)
class Dialect:
    """One firmware on one kind of machine. What is in no table is refused.

    `state` is that of a machine before its program; `read` gives the commands of a line in the order in which the
    firmware executes them, or raises `LineRefused`. Where there are `settings`, every program begins with these
    lines and is closed: by the owner's end program, the default `end`, or what a file lacks for a safe end.
    """

    name: str
    tables: Mapping[Place, Table]
    state: Callable[[Profile], State]
    read: Callable[[Any, str, Table, Limits], Sequence[Command]]
    effects: Mapping[str, Callable[[Any, Words], None]]
    end: Callable[[Profile], str]
    settings: str = ""


def read_one(_: State, line: str, table: Table, limits: Limits) -> Sequence[Command]:
    """The one command of a line, or none when nothing of it is kept. Raises `LineRefused`."""
    said = statement(line, lambda command: isinstance(entry := table.get(command), Drop) and entry.text)
    if said is None:
        return ()
    entry = entry_of(said.command, table)
    if isinstance(entry, Drop):
        words(said.rest)  # A second command is not to vanish with it.
        return ()
    return (kept(said.command, words(said.rest), entry, limits),)


def entry_of(command: str, table: Table) -> Keep | Drop:
    """Raises `LineRefused` for what may not pass."""
    entry = table.get(command)
    if isinstance(entry, Refuse):
        raise LineRefused(f"{command}: {entry.reason}")
    if entry is None:
        mend = ONE_HOTEND if command[0] == "T" else "take it out"
        raise LineRefused(f"{command} is on no list of what a program may say: {mend}")
    return entry


def kept(command: str, given: Words, entry: Keep, limits: Limits) -> Command:
    """A command in canonical form, its words held against their ranges. Raises `LineRefused`."""
    allowed = held(command, given, entry, limits)
    text = canonical.line(command, allowed)
    if len(text) > canonical.LINE_MAX:
        raise LineRefused(f"the command is longer than {canonical.LINE_MAX} characters in its shortest form")
    return Command("" if entry.unwritten else text, allowed, entry.effect)


def held(command: str, given: Words, entry: Keep, limits: Limits) -> dict[str, float | None]:
    """The words of one command in canonical order, each held against its range.

    Raises `LineRefused`.
    """
    for letter in given:
        if letter in entry.takes:
            continue
        if letter == "T":
            raise LineRefused("a second command (T) on the line")
        raise LineRefused(f"{command} does not take {letter}")
    present = [letter for letter in entry.needs if letter in given]
    if entry.needs and not present:
        mend = f": {entry.lacking}" if entry.lacking else ""
        raise LineRefused(f"{command} needs {_listed(entry.needs)}{mend}")
    if entry.one_of and len(present) > 1:
        raise LineRefused(f"{command} takes only one of {_listed(entry.needs)}")
    return {
        letter: _number(f"{command} {letter}", given[letter], allowed, limits)
        for letter, allowed in entry.takes.items()
        if letter in given
    }


def _listed(letters: str) -> str:
    return " or ".join(letters) if len(letters) < 3 else f"one of {' '.join(letters)}"


def _number(name: str, value: float | None, allowed: Range, limits: Limits) -> float | None:
    if allowed is FLAG and value in (None, 0):
        return None
    if value is None:
        if allowed.bare:
            return None
        raise LineRefused(f"{name} has no number")
    high = getattr(limits, allowed.high) if isinstance(allowed.high, str) else allowed.high
    mend = f": {allowed.mend}" if allowed.mend else ""
    if value < allowed.low or (allowed.above_low and value == allowed.low):
        raise LineRefused(f"{name}{number(value)} is too low, it must be {_floor(allowed)}{mend}")
    if value > high:
        whose = f", {allowed.high} in the machine's profile" if isinstance(allowed.high, str) else ""
        raise LineRefused(f"{name}{number(value)} is over the limit of {number(high)}{whose}{mend}")
    if allowed.integer and value != int(value):
        raise LineRefused(f"{name}{number(value)} is not a whole number")
    return value


def _floor(allowed: Range) -> str:
    return f"more than {number(allowed.low)}" if allowed.above_low else f"{number(allowed.low)} or more"
