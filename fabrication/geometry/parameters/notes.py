"""The comment convention, known from OpenSCAD's Customizer: what one comment says.

```
width = 60.0      # [20:0.5:200] mm  Outer width         limits (or [20:200], [20:], [:200]), unit, description
holes = (3, 5)    # [1:0.5:20] mm  Hole diameters        the same for each number of a row
depth = 10        # [100]                                0 to 100
corner = "round"  # [round, square]  Corner style        choices; [r:Round, s:Square] gives them labels
label = ""        # text(20)  Engraved label             at most 20 characters
wall = 2.0        # 0.1                                   a step, without limits
name = ""         # 20                                    at most 20 characters
# [Plate]                                                alone on its line: a group begins; also # /* [Plate] */
```

A unit is the first word when it is a known one, or when two spaces follow it. `[mm]` is a unit too.

Where a spelling could mean two things:
- One number in brackets is the upper limit of a number, counted from 0, and the only choice of a text.
- A number without brackets is a step behind a number and a length behind a text only where it is the whole comment
  and can be one: above 0; for a length whole, of at most four digits, and not shorter than the author's own text.
  Else it is a description, as any words are. It makes no parameter of what is none without it.
- `[1:5]` limits a number; behind a text it is the choice "1" with the label "5".
- A range alone on its line limits nothing and is no group.
- `[Hidden]` keeps the author's own things out of sight; `[Global]` ends a group: what follows stands in none.
"""

import re
from dataclasses import dataclass

UNITS = frozenset({"mm", "cm", "m", "µm", "um", "inch", "°", "deg", "degrees", "rad", "%", "g", "kg", "N", "°C"})
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""Every pattern here takes time in proportion to the text, whatever it is: a stranger wrote the comment."""

_GROUP = re.compile(r"#+\s*(?:/\*\s*)?\[([^\[\]]+)\]\s*(?:\*/\s*)?")
_SPEC = re.compile(r"#+\s*(?:\[(?P<brackets>[^\[\]]*)\]|text\((?P<length>[0-9]{1,4})\))?\s*(?P<words>.*)", re.DOTALL)
_WORD_THEN_TEXT = re.compile(r"(\S+)(\s*)(.*)", re.DOTALL)
_FOR_TOOLS = re.compile(
    r"#\s*(?:noqa\b|type:|pragma\b|fmt:|isort:|ruff:|pylint:|mypy:|vim:|-\*-|%%|!|SPDX-|Copyright\b)"
)
_NOT_ABOUT = re.compile(r"""#[\W_]*|#+\s*[\w.]+\s*=\s*(?:[-+.\d"'(\[]|True\b|False\b).*""")
"""A ruler or an empty line, and an assignment that was commented out."""
_UNIT_LENGTH = 12


@dataclass(frozen=True)
class Note:
    """What a comment behind an assignment says. `bare` is a number that is the whole comment, as written."""

    brackets: str | None = None
    max_length: int | None = None
    bare: str | None = None
    unit: str = ""
    description: str = ""

    @property
    def is_spec(self) -> bool:
        """Whether it limits the value, and so says outright that this is a parameter."""
        return self.brackets is not None or self.max_length is not None


def read_note(comment: str) -> Note:
    """A comment with its `#`. Any text is a note; what follows no convention is a description."""
    if for_tools := _FOR_TOOLS.search(comment):
        comment = comment[: for_tools.start()].rstrip("# \t") or "#"
    found = _SPEC.fullmatch(comment)
    assert found is not None  # noqa: S101 (every part of the pattern may be empty)
    brackets, length, words = found["brackets"], found["length"], found["words"].strip()
    if brackets is not None and brackets.strip() in UNITS:
        return Note(unit=brackets.strip(), description=plain(words))
    if brackets is None and length is None and NUMBER.fullmatch(words):
        return Note(bare=words, description=words)
    unit, description = _unit_and_description(words)
    return Note(brackets, int(length) if length else None, None, unit, description)


def read_group(comment: str) -> str | None:
    """The name of the group that begins with this comment on a line of its own; empty for `[Global]`."""
    found = _GROUP.fullmatch(comment)
    if found is None or read_range(found[1]) is not None:
        return None
    name = plain(found[1])
    return "" if name.casefold() == "global" else name


def read_words(comment: str) -> str:
    """What a comment on a line of its own says in words; empty for rulers, old code and what is meant for tools."""
    if _FOR_TOOLS.match(comment) or _NOT_ABOUT.fullmatch(comment):
        return ""
    return plain(comment.lstrip("#").removeprefix(":"))


def read_range(brackets: str) -> tuple[str, str, str] | None:
    """Lower limit, step and upper limit as they are written, each empty where it is open; None for no range."""
    parts = [part.strip() for part in brackets.split(":")]
    if not all(part == "" or NUMBER.fullmatch(part) for part in parts):
        return None
    match parts:
        case [high] if high:
            return "0", "", high
        case [low, high]:
            return low, "", high
        case [low, step, high]:
            return low, step, high
    return None


def plain(text: str) -> str:
    """Words on one line: no line ends, no control characters, single spaces."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _unit_and_description(words: str) -> tuple[str, str]:
    found = _WORD_THEN_TEXT.fullmatch(words)
    if found is None:
        return "", ""
    first, gap, rest = found.groups()
    named = first in UNITS or (len(gap) > 1 and rest and len(first) <= _UNIT_LENGTH and not NUMBER.fullmatch(first))
    return (plain(first), plain(rest)) if named else ("", plain(words))
