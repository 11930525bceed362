"""The one way a command is written: upper case, one space between words, numbers as short as can be.

The same command always gives the same text, so two gates that agree give byte-identical programs.
"""

from collections.abc import Mapping
from math import ceil

LINE_MAX = 80
"""Marlin's buffer holds 96 (`MAX_CMD_SIZE`); line number and checksum need room in it."""


def number(value: float) -> str:
    """At most five decimals, no trailing zeros, no exponent, no `-0`."""
    text = f"{value:.5f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def no_lower(value: float) -> float:
    """The least height of five decimals that is none below `value`, but for what binary fractions make of it."""
    return ceil(value * 1e5 - 1e-3) / 1e5


def line(command: str, words: Mapping[str, float | None]) -> str:
    """One command without its line end; a word whose value is `None` is written as its bare letter."""
    parts = [letter if value is None else letter + number(value) for letter, value in words.items()]
    return " ".join((command, *parts))
