"""The program that a person gives: a file, or what comes through a pipe."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from firmware_bridge.errors import BridgeError
from firmware_bridge.text import why_not_written


def path_of(given: BinaryIO) -> Path | None:
    """None of what comes through a pipe."""
    name = getattr(given, "name", None)
    return Path(name) if isinstance(name, str) and Path(name).is_file() else None


@contextmanager
def readable(given: BinaryIO) -> Iterator[Path]:
    """The file by its name, to be read more than once; a copy of what comes through a pipe, which cannot be.

    Raises `BridgeError` where there is no room for it.
    """
    if path := path_of(given):
        yield path
        return
    with tempfile.NamedTemporaryFile() as copy:
        with copied_to(Path(copy.name)):
            shutil.copyfileobj(given, copy)
            copy.flush()
        yield Path(copy.name)


@contextmanager
def copied_to(place: Path) -> Iterator[None]:
    """Raises `BridgeError` where the program cannot be read, or finds no room."""
    try:
        yield
    except OSError as error:
        raise BridgeError(f"cannot copy the program to {place}: {why_not_written(error, 'set TMPDIR')}") from None
