"""The file that a person names, or `-` for what comes through a pipe."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

import click

from firmware_bridge.errors import BridgeError
from firmware_bridge.text import why_not_written


class Given(click.File):
    """Opened for its bytes."""

    name = "filename"

    def __init__(self) -> None:
        super().__init__("rb")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IO[Any]:
        if value == "-" and sys.stdin is None:
            self.fail("- is what comes through a pipe, and standard input is closed", param, ctx)
        return super().convert(value, param, ctx)


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
        try:
            shutil.copyfileobj(given, copy)
            copy.flush()
        except OSError as error:
            raise BridgeError(f"cannot copy the program to {copy.name}: {why_not_written(error, 'TMPDIR')}") from None
        yield Path(copy.name)
