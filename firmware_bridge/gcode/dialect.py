"""What a firmware's tables are made of: for each place in a program, each command kept, dropped or refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from firmware_bridge.gcode.canonical import number
from firmware_bridge.gcode.parse import LineRefused
from firmware_bridge.machine import Limits


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


FLAG = Range(bare=True, low=0, high=0)
"""A letter that says yes: `G28 X`. Slicers write `X0`, which firmware reads the same."""


@dataclass(frozen=True)
class Keep:
    """A command that passes, with the letters it takes in canonical order.

    At least one letter of `needs` must be there, and with `one_of` no second of them. `effect` names the
    method of `Motion` that it calls, if it does anything the gate follows.
    """

    takes: Mapping[str, Range] = field(default_factory=dict)
    needs: str = ""
    one_of: bool = False
    effect: str = ""


@dataclass(frozen=True)
class Drop:
    """A command that is left out without a word: it changes nothing that the program needs."""

    text: bool = False
    """What follows is free text."""


@dataclass(frozen=True)
class Refuse:
    """A command that may not pass, and why."""

    reason: str


Entry = Keep | Drop | Refuse


@dataclass(frozen=True)
class Dialect:
    """One firmware's tables. What is in no table is refused."""

    name: str
    tables: Mapping[Place, Mapping[str, Entry]]


def held(command: str, given: Mapping[str, float | None], entry: Keep, limits: Limits) -> dict[str, float | None]:
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
        raise LineRefused(f"{command} needs {_listed(entry.needs)}")
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
    if value < allowed.low or (allowed.above_low and value == allowed.low):
        raise LineRefused(f"{name}{number(value)} is too low, it must be {_floor(allowed)}")
    if value > high:
        raise LineRefused(f"{name}{number(value)} is over the limit of {number(high)}")
    if allowed.integer and value != int(value):
        raise LineRefused(f"{name}{number(value)} is not a whole number")
    return value


def _floor(allowed: Range) -> str:
    return f"more than {number(allowed.low)}" if allowed.above_low else f"{number(allowed.low)} or more"
