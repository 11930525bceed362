"""`firmware-bridge clear MACHINE`."""

from pathlib import Path

import click

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control
from firmware_bridge.commands.hints import hints_at


@click.command(name="clear")
@click.argument("machine")
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder.")
def command(machine: str, home: Path | None) -> None:
    """Say that the bed of MACHINE is clear: it may take one more job."""
    with hints_at(home) as say:
        say(control.ask(Home.at(home).control_socket, control.AskClear(machine=machine)).said)
