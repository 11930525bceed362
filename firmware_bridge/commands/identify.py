"""`firmware-bridge identify`: what a machine says it is; without a port, which ports there are."""

from pathlib import Path

import click
import msgspec

from firmware_bridge.agent.home import Home
from firmware_bridge.commands.links import links_of
from firmware_bridge.commands.rates import read_baud
from firmware_bridge.errors import UsageError
from firmware_bridge.identity.interview import Interview, alone, interview
from firmware_bridge.machine import Link
from firmware_bridge.transport.blame import holders
from firmware_bridge.transport.ports import SerialPort, device_of, list_ports, stable_name


class Listed(msgspec.Struct, frozen=True):
    """One port of this computer. `name` is the one to put into a profile; empty where none is stable."""

    device: str
    name: str
    why: str
    description: str
    machines: list[str]
    used_by: list[str]


@click.command(name="identify")
@click.option("--port", "url", help="Device path, link to a pty, socket:// or rfc2217://. Without it: which there are.")
@click.option("--baud", metavar="auto|N", default="auto", show_default=True, callback=read_baud)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "-o", "output", type=click.Path(path_type=Path, dir_okay=False), help="Write the suggested profile there."
)
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder: its machines are left alone.")
def command(*, url: str | None, baud: int, as_json: bool, output: Path | None, home: Path | None) -> None:
    """Ask a machine what it is, and suggest its profile.

    Nothing moves and nothing is heated. A port that is in use, and a machine that is at work, are left alone.
    """
    place = Home.at(home)
    links = links_of(place.machines)
    if url is None:
        if output is not None:
            raise click.UsageError("-o goes with --port: say which machine to ask")
        _show_ports(links, as_json=as_json)
        return
    if output is not None and output.exists():
        raise UsageError(f"{output} is there already: a profile that its owner has written is never replaced")
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent} to write {output.name} to: make it first")
    with alone(url, links, place.machine_lock):
        found = interview(url, baud)
    if output is not None:
        try:
            output.write_text(found.profile, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write the profile {output}: {error.strerror}") from None
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    elif output is None:
        click.echo(found.profile, nl=False)
    if output is not None and not as_json:
        click.echo("\n".join(_lines(found)))
        click.echo(f"its suggested profile is in {output}: look at every line before you use it")


def _show_ports(links: dict[str, Link], *, as_json: bool) -> None:
    ports = list_ports()
    listed = [_listed(port, ports, links) for port in ports]
    if as_json:
        click.echo(msgspec.json.encode({"ports": listed}).decode())
    elif not listed:
        click.echo("no serial port is there: plug a machine in, or name one as --port socket://host:port")
    for each in () if as_json else listed:
        click.echo(f"{each.name or each.device}")
        also = [each.device] if each.name else []
        also += [text for text in (each.description, each.why) if text]
        also += [f"it is {machine}'s" for machine in each.machines]
        also += [f"in use by {holder}" for holder in each.used_by]
        click.echo("".join(f"    {line}\n" for line in also), nl=False)


def _listed(port: SerialPort, ports: tuple[SerialPort, ...], links: dict[str, Link]) -> Listed:
    name, why = stable_name(port, ports)
    machines = [machine for machine, link in links.items() if link.port and device_of(link.port) == port.device]
    return Listed(port.device, name, why, port.description, machines, holders(port.device))


def _lines(found: Interview) -> list[str]:
    identity = found.identity
    said = {
        "firmware": identity.version,
        "machine": identity.machine or identity.build,
        "port": f"{found.port} at {found.baud} baud",
        "travel": " × ".join(f"{axis} {travel.low:g} to {travel.high:g}" for axis, travel in identity.travel.items()),
        "it can": ", ".join(name for name, present in identity.capabilities.items() if present),
        "known by": found.fingerprint,
    }
    return [f"{name:9} {value}" for name, value in said.items() if value]
