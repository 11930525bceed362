"""`firmware-bridge pair URL`."""

import platform
from pathlib import Path

import click

from firmware_bridge import wire
from firmware_bridge.agent import client
from firmware_bridge.agent.home import Credentials, Home
from firmware_bridge.commands.hints import hints_at
from firmware_bridge.errors import BridgeError
from firmware_bridge.text import brief, span


@click.command(name="pair")
@click.argument("url")
@click.option("--name", default=platform.node, help="How the commons calls this bridge.  [default: the host's name]")
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder.")
def command(url: str, name: str, home: Path | None) -> None:
    """Pair this bridge with a commons: shows a code to type on its web page, and waits.

    URL is the address of the site's front page. On its page you choose the workshop of yours that this bridge is for.
    That one's other bridges and machines stay as they are; the machines that have a file here, now or later, join them
    once firmware-bridge run has started.

    Pairing again makes another bridge of this one: unpair the earlier one on its workshop's page.
    """
    commons = client.CommonsClient(url)
    where = Home.at(home)
    with hints_at(home) as say:
        where.prepare()  # before anybody types a code whose token could not be kept
        before = _before(where)
        answer = client.pair(commons, brief(name or "bridge", 80), show=_show)
        where.save_credentials(Credentials(url=commons.url, token=answer.access_token, workshop=answer.workshop))
        say(f"paired with {brief(answer.workshop, 80)} at {commons.url}")
        if before is not None:
            at = f"{brief(before.workshop, 80) or 'a workshop'} at {before.url}"
            say(
                f"it was paired with {at} before: unpair that bridge on the workshop's page there, or its machines stay"
                " listed; a bridge that runs here goes on under the old pairing until it is started again"
            )
        machines = sorted(path.stem for path in where.machines.glob("*.toml"))
        if machines:
            say(f"machines: {', '.join(machines)} (from {where.machines}); next: firmware-bridge run")
        else:
            say(f"{where.no_machines()}; then: firmware-bridge run")


def _before(where: Home) -> Credentials | None:
    try:
        return where.credentials()
    except BridgeError:  # of a file that cannot be read too: pairing writes it anew
        return None


def _show(code: wire.PairingCode) -> None:
    click.echo(f"open {brief(code.verification_uri, 300)} and type this code: {brief(code.user_code, 40)}")
    click.echo(f"waiting until it is typed there, within {span(code.expires_in)}; Ctrl-C gives up", err=True)
