"""`firmware-bridge run`."""

from contextlib import suppress
from pathlib import Path

import click

from firmware_bridge.agent import loop
from firmware_bridge.agent.home import Home
from firmware_bridge.text import count


@click.command(name="run")
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder.")
def command(home: Path | None) -> None:
    """Take jobs from the commons for the machines of this bridge, until ended (which stops them safely).

    SIGUSR1 stops them safely as well, and the bridge goes on running: the same as firmware-bridge stop.
    """
    loop.serve(Home.at(home), _ready)


def _ready(machines: int) -> None:
    with suppress(OSError):  # nobody takes it, and what was cut off is gone on with by now
        click.echo(f"ready: {count(machines, 'machine')}")
