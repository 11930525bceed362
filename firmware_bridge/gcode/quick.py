"""A short cut for G0 and G1, which are nearly all of any program.

It takes a part of what `parse` takes and gives the same; what it does not recognise goes the long way.
"""

import re

# What `canonical.number` writes, or the same without the zero before the point, as slicers have it.
# Neither possessive nor atomic groups: `re` before Python 3.11.5 matches them wrongly (gh-106052).
_POSITIVE = r"[1-9][0-9]{0,6}(?:\.[0-9]{0,4}[1-9])?"
_NUMBER = rf"(-?(?:0?\.[0-9]{{0,4}}[1-9]|{_POSITIVE})|0)"
_WORDS = "".join(rf"(?: {letter}{_NUMBER})?" for letter in "XYZE") + rf"(?: F({_POSITIVE}))?"
_COMMENT = r"[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\r?\n?"
_match = re.compile(rf"(G[01](?= [XYZEF]){_WORDS}){_COMMENT}").fullmatch

Quick = tuple[str, float | None, float | None, float | None, float | None, float | None]


def quick(line: str) -> Quick | None:
    """The canonical text of a plain move and its X Y Z E F, or None."""
    found = _match(line)
    if not found:
        return None
    text, x, y, z, e, f = found.groups()
    return (
        # Apart from that zero, what matched is its own canonical text.
        text.replace("E.", "E0.").replace("-.", "-0.").replace("X.", "X0.").replace("Y.", "Y0.").replace("Z.", "Z0."),
        None if x is None else float(x),
        None if y is None else float(y),
        None if z is None else float(z),
        None if e is None else float(e),
        None if f is None else float(f),
    )
