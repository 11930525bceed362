"""A program that somebody comes with."""

from dataclasses import dataclass

Told = tuple[tuple[int, int, str], ...]
"""For each kind of refusal: its first line, how many lines there are, and words of the reason."""


@dataclass(frozen=True)
class Written:
    """A program as it comes, what the gate says of it, and what it is once the owner has changed what `docs/cam.md`
    says: texts replaced, or a start program of the machine's own before it."""

    program: str
    told: Told = ()
    changes: tuple[tuple[str, str], ...] = ()
    start: str = ""

    @property
    def changed(self) -> str:
        text = self.program
        for old, new in self.changes:
            assert old in text, old
            text = text.replace(old, new)
        return text
