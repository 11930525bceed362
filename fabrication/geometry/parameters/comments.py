"""The comment convention, known from OpenSCAD's Customizer.

```
width = 60.0      # [20:0.5:200] mm  Outer width         limits (or [20:200], [20:], [:200]), unit, description
corner = "round"  # [round, square]  Corner style        choices; [r:Round, s:Square] gives them labels
label = ""        # text(20)  Engraved label             at most 20 characters
# [Plate]                                                alone on its line: a group begins
```
A unit is the first word when it is a known one, or when two spaces follow it.
"""

import io
import re
import tokenize
from dataclasses import dataclass

UNITS = frozenset({"mm", "cm", "m", "µm", "um", "inch", "°", "deg", "degrees", "rad", "%", "g", "kg", "N", "°C"})

_GROUP = re.compile(r"#+\s*\[([^\[\]]+)\]\s*")
_SPEC = re.compile(r"#+\s*(?:\[(?P<brackets>[^\[\]]*)\]|text\((?P<length>[0-9]{1,4})\))?\s*(?P<words>.*)", re.DOTALL)
_WORD_THEN_TEXT = re.compile(r"(\S+)(\s*)(.*)", re.DOTALL)
_FOR_TOOLS = re.compile(r"#+\s*(noqa|type:|pragma|fmt:|ruff:|pylint:|mypy:)")
_UNIT_LENGTH = 12


@dataclass(frozen=True)
class Note:
    """What a comment behind an assignment says."""

    brackets: str | None = None
    max_length: int | None = None
    unit: str = ""
    description: str = ""

    @property
    def is_spec(self) -> bool:
        """Whether it limits the value, and so says outright that this is a parameter."""
        return self.brackets is not None or self.max_length is not None


@dataclass(frozen=True)
class Comments:
    """By line, counted from 1: notes behind code, and the groups that begin."""

    notes: dict[int, Note]
    groups: dict[int, str]

    def group_at(self, line: int) -> str:
        """The group that a line stands in, or an empty text."""
        begun = [at for at in self.groups if at < line]
        return self.groups[max(begun)] if begun else ""


def read_comments(script: str) -> Comments:
    """Every comment of `script`. Raises `tokenize.TokenError` or `SyntaxError` where it is no Python."""
    notes: dict[int, Note] = {}
    groups: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(script).readline):
        if token.type != tokenize.COMMENT:
            continue
        line, column = token.start
        if token.line[:column].strip():
            notes[line] = read_note(token.string)
        elif group := _GROUP.fullmatch(token.string):
            groups[line] = group[1].strip()
    return Comments(notes, groups)


def read_note(comment: str) -> Note:
    """A comment with its `#`. Any text is a note; what follows no convention is a description."""
    if _FOR_TOOLS.match(comment):
        return Note()
    found = _SPEC.fullmatch(comment)
    assert found is not None  # noqa: S101 (every part of the pattern may be empty)
    unit, description = _unit_and_description(found["words"])
    length = found["length"]
    return Note(found["brackets"], int(length) if length else None, unit, description)


def _unit_and_description(words: str) -> tuple[str, str]:
    found = _WORD_THEN_TEXT.fullmatch(words)
    if found is None:
        return "", ""
    first, gap, rest = found.groups()
    if first in UNITS or (len(gap) > 1 and rest and len(first) <= _UNIT_LENGTH):
        return first, rest.strip()
    return "", words.strip()
