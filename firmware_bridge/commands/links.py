"""How each machine of a bridge's home is reached."""

from pathlib import Path

import click
import msgspec

from firmware_bridge.errors import ProfileError
from firmware_bridge.machine import Link, MachineProfile


def link_to(profile: MachineProfile | None, url: str | None, baud: int | None) -> Link:
    """The machine that is meant by a profile and by what was typed. Raises `UsageError` where neither names one."""
    link = profile.link if profile else Link()
    if url:
        # A port that is typed is meant, whatever machine is there; how it is opened is the profile's.
        link = msgspec.structs.replace(link, port=url, fingerprint="")
    if not link.address:
        raise click.UsageError("say which --port, or give a --machine whose profile names one")
    return link if baud is None else msgspec.structs.replace(link, baud=baud)


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
