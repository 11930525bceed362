"""Where a script's comments stand: behind code, above it, and where groups begin."""

import io
import tokenize
from bisect import bisect_left
from dataclasses import dataclass
from operator import itemgetter

from fabrication.geometry.parameters.notes import Note, read_group, read_note, read_words

_ABOVE_MAX = 3
"""Lines: a longer text, such as a licence, is about more than the assignment below it."""


@dataclass(frozen=True)
class Comments:
    """By line, counted from 1: notes behind code, words on lines of their own, and the groups that begin."""

    notes: dict[int, Note]
    words: dict[int, str]
    groups: list[tuple[int, str]]  # lines rise

    def group_at(self, line: int) -> str:
        """The group that a line stands in, or an empty text."""
        begun = bisect_left(self.groups, line, key=itemgetter(0))
        return self.groups[begun - 1][1] if begun else ""

    def above(self, line: int) -> str:
        """What the lines directly above `line` say of it, or an empty text."""
        said: list[str] = []
        while text := self.words.get(line - 1 - len(said)):
            said.append(text)
            if len(said) > _ABOVE_MAX:
                return ""
        return " ".join(reversed(said))


def read_comments(script: str) -> Comments:
    """Every comment of `script`. Raises `tokenize.TokenError` or `SyntaxError` where it is no Python."""
    comments = Comments({}, {}, [])
    for token in tokenize.generate_tokens(io.StringIO(script).readline):
        if token.type != tokenize.COMMENT:
            continue
        line, column = token.start
        if token.line[:column].strip():
            comments.notes[line] = read_note(token.string)
        elif column == 0 and (group := read_group(token.string)) is not None:
            comments.groups.append((line, group))
        else:
            comments.words[line] = read_words(token.string)
    return comments
