"""`firmware-bridge pair URL`."""

import platform
from pathlib import Path

import click

from firmware_bridge import wire
from firmware_bridge.agent import client
from firmware_bridge.agent.home import Credentials, Home
from firmware_bridge.text import brief


@click.command(name="pair")
@click.argument("url")
@click.option("--name", default=platform.node, help="How the commons calls this bridge.  [default: the host's name]")
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder.")
def command(url: str, name: str, home: Path | None) -> None:
    """Pair this bridge with a commons: shows a code to type on its web page, and waits."""
    commons = client.CommonsClient(url)
    where = Home.at(home)
    where.prepare()  # before anybody types a code whose token could not be kept
    answer = client.pair(commons, brief(name or "bridge", 80), show=_show)
    where.save_credentials(Credentials(url=commons.url, token=answer.access_token, workshop=answer.workshop))
    click.echo(f"paired with {brief(answer.workshop, 80)} at {commons.url}")
    click.echo(f"put one TOML file for each machine into {where.machines}, then: firmware-bridge run")


def _show(code: wire.PairingCode) -> None:
    click.echo(f"open {brief(code.verification_uri, 300)} and type this code: {brief(code.user_code, 40)}")
