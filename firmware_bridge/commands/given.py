"""The file that a person names, or `-` for what comes through a pipe."""

import os
import sys
from pathlib import Path
from typing import IO, Any

import click

_MEMORY = 1
"""The major number of /dev/null and its like (`Documentation/admin-guide/devices.txt`, Linux)."""


class Given(click.File):
    """Opened for its bytes."""

    name = "filename"

    def __init__(self) -> None:
        super().__init__("rb")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IO[Any]:
        if value == "-" and sys.stdin is None:
            self.fail("- is what comes through a pipe, and standard input is closed", param, ctx)
        path = Path(value)
        if path.is_char_device() and os.major(path.stat().st_rdev) != _MEMORY:
            self.fail(f"{value} is a device and no file; a machine's port is said by --port", param, ctx)
        return super().convert(value, param, ctx)
