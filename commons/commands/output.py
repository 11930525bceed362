"""The file a command writes: tried before the work, so that nobody waits minutes to hear of a missing folder."""

import os
import tempfile
from pathlib import Path
from typing import Any

import click


class OutputFile(click.Path):
    """A path that can be written; what is there already is left as it is until then."""

    name = "file"

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            if path.exists():
                path.open("ab").close()
            else:
                # Asking for rights is not enough: root has them all, also in /proc.
                tempfile.TemporaryFile(dir=path.parent).close()
        except OSError as error:
            self.fail(f"{path} cannot be written: {error.strerror}", param, ctx)
        return path


def write(path: Path, data: bytes) -> None:
    """Raises `click.ClickException` where it cannot be written after all: the disk may have filled meanwhile."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
