"""A short cut for G0 and G1, which are nearly all of any program. It takes a part of what `parse` takes and
gives the same; what it does not recognise goes the long way."""

import re

from firmware_bridge.gcode.canonical import NUMBER, number

_LOOSE = r"([+-]?(?:[0-9]{1,7}(?:\.[0-9]{0,5})?|\.[0-9]{1,5}))"

_canonical = re.compile(
    rf"(G[01](?: X({NUMBER}))?(?: Y({NUMBER}))?(?: Z({NUMBER}))?(?: E({NUMBER}))?(?: F({NUMBER}))?)\n?"
).fullmatch
_loose = re.compile(
    rf"(G[01])(?: X{_LOOSE})?(?: Y{_LOOSE})?(?: Z{_LOOSE})?(?: E{_LOOSE})?(?: F{_LOOSE})?"
    r"[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\r?\n?"
).fullmatch

Quick = tuple[str, float | None, float | None, float | None, float | None, float | None]


def quick(line: str) -> Quick | None:
    """The canonical text of a plain move and its X Y Z E F, or None."""
    # A line that is canonical already is its own canonical text: NUMBER matches only what `number` writes.
    if found := _canonical(line):
        text, x, y, z, e, f = found.groups()
        return (
            text,
            None if x is None else float(x),
            None if y is None else float(y),
            None if z is None else float(z),
            None if e is None else float(e),
            None if f is None else float(f),
        )
    found = _loose(line)
    if not found or len(line) > 1_000:
        return None
    text = found[1]
    values: list[float | None] = []
    for letter, digits in zip("XYZEF", found.groups()[1:], strict=True):
        if digits is None:
            values.append(None)
        else:
            value = float(digits)
            values.append(value)
            text += f" {letter}{number(value)}"
    x, y, z, e, f = values
    return text, x, y, z, e, f
