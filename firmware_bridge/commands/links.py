"""How each machine of a bridge's home is reached."""

from pathlib import Path

import click

from firmware_bridge.errors import ProfileError
from firmware_bridge.machine import Link, MachineProfile


def links_of(machines: Path) -> dict[str, Link]:
    """By the machine's name. One whose file cannot be read is left out, and that is said."""
    found = {}
    for path in sorted(machines.glob("*.toml")):
        try:
            found[path.stem] = MachineProfile.load(path).link
        except ProfileError as error:
            # No bridge drives what it cannot read; `run` and `status` tell its owner why.
            click.echo(f"{path.stem} is left out: {error}", err=True)
    return found
