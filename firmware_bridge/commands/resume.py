"""`firmware-bridge resume MACHINE`."""

from pathlib import Path

import click

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control
from firmware_bridge.commands.hints import hints_at


@click.command(name="resume")
@click.argument("machine")
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder.")
def command(machine: str, home: Path | None) -> None:
    """Let a router's program go on that waits for you (M0, a feed hold). Look at the machine first."""
    with hints_at(home) as say:
        say(control.ask(Home.at(home).control_socket, control.AskResume(machine=machine)).said)
