"""The short way for straight moves, which are nearly all of any program for a router."""

import re

from firmware_bridge.gcode.parse import CODE_MAX, PLAIN_NUMBER, PLAIN_POSITIVE

Move = tuple[str, float | None, float | None, float | None, float | None]

# What Grbl acts upon at once (`!`, `?`, `~`) is refused even in a comment: that is for the long way to say.
_TAIL = r"[ \t]*(?:;[\t\x20\x22-\x3e\x40-\x7d]*)?\r?\n?"
_plain = re.compile(
    rf"(G[01](?= [XYZ])(?: X{PLAIN_NUMBER})?(?: Y{PLAIN_NUMBER})?(?: Z{PLAIN_NUMBER})?(?: F({PLAIN_POSITIVE}))?)"
    + _TAIL
).fullmatch
# The same with zeros at its end, which are not of the group, and with any or no spaces.
_ZEROS = "|".join([r"\.0*", *(rf"(?<=\.[0-9]{{{places}}})0+" for places in range(1, 6))])
_PADDED = "".join(rf"(?: *{letter}{PLAIN_NUMBER}(?:{_ZEROS})?)?" for letter in "XYZ")
_padded = re.compile(
    rf"G0?([01])(?= *[XYZ]){_PADDED}(?: *F({PLAIN_POSITIVE})(?:{_ZEROS})?)?" + _TAIL,
).fullmatch
NUMBERED = re.compile(r"^N[0-9]{1,7}(?![0-9.])[ \t]*")
"""Grbl only tells line numbers back (`grbl/gcode.c`), so they are left out."""


def quick_move(line: str, motion: str) -> Move | None:
    """The canonical text of a straight move with its X, Y, Z and F; None is for the long way.

    A bare coordinate continues `motion`. It takes a part of what `blocks.read` takes and gives the same.
    """
    if line[:1] == "N":
        line = NUMBERED.sub("", line)
    if line[:1] in {"X", "Y", "Z"}:
        line = f"{motion} {line}"
    found = _plain(line)
    if found:
        text, x, y, z, f = found.groups()
    else:
        found = _padded(line) if len(line) <= CODE_MAX else None
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
