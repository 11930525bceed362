"""A canonical program on disk: as a protocol takes it, in numbered lines of which the journal hears first, and
where a run of it was left."""

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from firmware_bridge.errors import JournalError
from firmware_bridge.journal import Journal, Run

_MOVES = frozenset({"G0", "G1", "G2", "G3"})

SPARE_BYTES = 50_000_000
"""Left free on the disk by whatever brings a program."""
RANGE_LINES = 512
"""Lines put on disk as "may have been sent" at a time, at the least: a flash card takes some 50 ms for each."""


class StoredProgram:
    """Reads the file once to count and check it.

    Raises `JournalError` when it is not the program the journal is for, and what `check_line` raises.
    """

    def __init__(
        self,
        path: Path,
        journal: Journal,
        check_line: Callable[[int, bytes], None],
        begins: Callable[[int], None] = lambda _after: None,
    ) -> None:
        """`begins` is told the line after which the first is asked for, before that is given; `after` keeps it."""
        self._path, self._journal, self._begins = path, journal, begins
        self.after: int | None = None
        digest, self.total = hashlib.sha256(), 0
        with path.open("rb") as file:
            for line in file:
                digest.update(line)
                self.total += 1
                check_line(self.total, line.rstrip(b"\r\n"))
        if digest.hexdigest() != journal.program_sha256:
            raise JournalError(f"{path.name} is not the program this journal is for: it has changed")

    def lines(self, first: int) -> Iterator[bytes]:
        reserved, self.after = 0, first - 1
        self._begins(first - 1)
        for number, line in enumerate(islice(self.rehearsal(), first - 1, None), first):
            if number > reserved:
                reserved = min(number + RANGE_LINES - 1, self.total)
                self._journal.reserve(reserved)
            yield line

    def rehearsal(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            for line in file:
                yield line.rstrip(b"\r\n")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def left_at(program: Path, run: Run) -> str:
    """Where a run was left, for a person: `line 5 of 7, 0.30 mm high`."""
    try:
        height_mm = height_at(program, run.acknowledged)
    except (OSError, ValueError):  # it is gone, or no program any more: its lines are known all the same
        height_mm = None
    return line_of(run) + ("" if height_mm is None else f", {height_mm:.2f} mm high")


def line_of(run: Run) -> str:
    """As much of it as is known without its program."""
    return f"line {run.acknowledged} of {run.lines}"


def height_at(program: Path, line: int) -> float | None:
    """The height in mm at which the program's line (from 1) leaves the tool; None before it says one."""
    height, relative = None, False
    with program.open(encoding="ascii") as lines:
        for text in islice(lines, line):
            command, *words = text.split()
            if command in ("G90", "G91"):
                relative = command == "G91"
            elif command in ("G28", "G29"):
                height = None
            elif command in _MOVES:
                for word in words:
                    if word[0] == "Z" and not relative:
                        height = float(word[1:])
                    elif word[0] == "Z" and height is not None:
                        height += float(word[1:])
    return height
