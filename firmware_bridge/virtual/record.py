"""What a virtual machine executed, as JSON lines: evidence that does not come from the sender."""

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from firmware_bridge.errors import UsageError


class Entry(msgspec.Struct, frozen=True):
    """`n` is None for an unnumbered line; number and checksum are stripped from `line`."""

    n: int | None
    line: str


class Run(msgspec.Struct, frozen=True):
    """The count began anew."""

    run: int


class Recorder:
    """Appends to `path`, each line written out as it happens. Raises `UsageError` where it cannot."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("ab", buffering=0)
            self._runs = sum(line.startswith(b'{"run"') for line in path.open("rb"))
        except OSError as error:
            raise UsageError(f"cannot write the record {path}: {error.strerror}") from None
        self._encode = msgspec.json.Encoder().encode

    def executed(self, number: int | None, line: str) -> None:
        self._file.write(self._encode(Entry(number, line)) + b"\n")

    def restarted(self) -> None:
        self._runs += 1
        self._file.write(self._encode(Run(self._runs)) + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def program_of(path: Path) -> tuple[int, str]:
    """How many numbered lines the latest run executed, and the sha256 of them as a canonical program."""
    digest, count = hashlib.sha256(), 0
    decoder = msgspec.json.Decoder(dict[str, int | str | None])
    with path.open("rb") as file:
        for raw in file:
            entry = decoder.decode(raw)
            if "run" in entry:
                digest, count = hashlib.sha256(), 0
            elif entry["n"] is not None:
                digest.update(f"{entry['line']}\n".encode())
                count += 1
    return count, digest.hexdigest()
