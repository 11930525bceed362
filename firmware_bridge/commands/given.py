"""The file that a person names, or `-` for what comes through a pipe."""

import sys
from typing import IO, Any

import click


class Given(click.File):
    """Opened for its bytes."""

    name = "filename"

    def __init__(self) -> None:
        super().__init__("rb")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IO[Any]:
        if value == "-" and sys.stdin is None:
            self.fail("- is what comes through a pipe, and standard input is closed", param, ctx)
        return super().convert(value, param, ctx)
