"""The short way for straight moves, which are nearly all of any program for a router."""

import re

from firmware_bridge.gcode.parse import CODE_MAX, PLAIN_NUMBER, PLAIN_POSITIVE

Move = tuple[str, float | None, float | None, float | None, float | None]
Arc = tuple[str, float | None, float | None, float | None, float, float, float | None]

# What Grbl acts upon at once (`!`, `?`, `~`) is refused even in a comment: that is for the long way to say.
_TAIL = r"[ \t]*(?:;[\t\x20\x22-\x3e\x40-\x7d]*)?\r?\n?"
_plain = re.compile(
    rf"(G[01](?= [XYZ])(?: X{PLAIN_NUMBER})?(?: Y{PLAIN_NUMBER})?(?: Z{PLAIN_NUMBER})?(?: F({PLAIN_POSITIVE}))?)"
    + _TAIL
).fullmatch
# The same with zeros at its end, which are not of the group, and with any or no spaces.
_ZEROS = "|".join([r"\.0*", *(rf"(?<=\.[0-9]{{{places}}})0+" for places in range(1, 6))])


def _padded(codes: str, first: str, letters: str) -> re.Pattern[str]:
    words = "".join(rf"(?: *{letter}{PLAIN_NUMBER}(?:{_ZEROS})?)?" for letter in letters)
    return re.compile(rf"G0?([{codes}])(?= *[{first}]){words}(?: *F({PLAIN_POSITIVE})(?:{_ZEROS})?)?{_TAIL}")


_straight = _padded("01", "XYZ", "XYZ").fullmatch
_BARE_POINT = re.compile(r"(?<![0-9])\.")
_curved = _padded("23", "XY", "XYZIJ").fullmatch

NUMBERED = re.compile(r"^N[0-9]{1,7}(?![0-9.])[ \t]*")
"""Grbl only tells line numbers back (`grbl/gcode.c`), so they are left out."""


def quick_move(line: str, motion: str) -> Move | None:
    """The canonical text of a straight move with its X, Y, Z and F; None is for the long way.

    A bare coordinate continues `motion`. It takes a part of what `blocks.read` takes and gives the same.
    """
    line = _completed(line, motion)
    found = _plain(line)
    if found:
        text, x, y, z, f = found.groups()
    else:
        found = _straight(line) if len(line) <= CODE_MAX else None
        if not found:
            return None
        code, x, y, z, f = found.groups()
        text = f"G{code}"
        if x is not None:
            text += f" X{x}"
        if y is not None:
            text += f" Y{y}"
        if z is not None:
            text += f" Z{z}"
        if f is not None:
            text += f" F{f}"
    return (
        # Apart from a zero before the point, what matched is its own canonical text.
        text.replace("-.", "-0.").replace("X.", "X0.").replace("Y.", "Y0.").replace("Z.", "Z0."),
        None if x is None else float(x),
        None if y is None else float(y),
        None if z is None else float(z),
        None if f is None else float(f),
    )


def quick_arc(line: str, motion: str) -> Arc | None:
    """The canonical text of an arc with its X, Y, Z, I, J and F, in the same way."""
    found = _curved(_completed(line, motion)) if len(line) <= CODE_MAX else None
    if not found:
        return None
    code, x, y, z, i, j, f = found.groups()
    if i is None and j is None:
        return None
    text = f"G{code}"
    for letter, digits in (("X", x), ("Y", y), ("Z", z), ("I", i), ("J", j), ("F", f)):
        if digits is not None:
            text += f" {letter}{digits}"
    return (
        _BARE_POINT.sub("0.", text),
        None if x is None else float(x),
        None if y is None else float(y),
        None if z is None else float(z),
        0.0 if i is None else float(i),
        0.0 if j is None else float(j),
        None if f is None else float(f),
    )


def _completed(line: str, motion: str) -> str:
    if line[:1] == "N":
        line = NUMBERED.sub("", line)
    return f"{motion} {line}" if line[:1] in {"X", "Y", "Z"} else line
