"""`commons run`: forge, web and a demo workshop, until Ctrl-C."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from commons.config import Config, settings_in
from commons.errors import Unavailable
from commons.stack.processes import Processes, listening
from commons.stack.serving import bare_environment, serve
from commons.stack.workshop import DemoWorkshop, kept_credentials

SPEED = 60.0
"""The demo's printer runs through time this much faster, so that a print of an hour takes a minute."""
LOOK_S = 1.0


@click.command(help="Run the commons on this machine: catalogue, board, forge and a demo workshop.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=5000,
    show_default=True,
    help="Where the site listens, on 127.0.0.1.",
)
@click.option(
    "--demo/--no-demo", default=True, show_default=True, help="With a virtual printer and router and their bridge."
)
@click.option(
    "--speed", type=click.FloatRange(0), default=SPEED, show_default=True,
    help="How much faster than life the virtual printer is; 0: no waiting.",
)  # fmt: skip
def command(port: int, demo: bool, speed: float) -> None:
    home = Config.from_environment().commons_home
    with _alone_in(home):
        if listening(port):
            raise Unavailable(f"Something listens on port {port} already; choose another: --port, or make run PORT=….")
        with (
            suppress(KeyboardInterrupt),
            _ended_by_signals(),
            Processes(home / "logs", bare_environment()) as processes,
        ):
            _run(processes, home, port, speed if demo else None)
    click.echo("Ended.")


def _run(processes: Processes, home: Path, port: int, speed: float | None) -> None:
    click.echo("Starting the forge and the web …")
    serving = serve(processes, home, port, settings_in(os.environ))
    click.echo(f"The commons is at {serving.url}, its files in {home}")
    if speed is not None:
        owner = kept_credentials(home / "demo-password", "demo")
        workshop = DemoWorkshop(processes, serving.url, home / "workshop", owner)
        workshop.open(speed=speed, arm_by_policy=True, claim_by_policy=True, with_router=True)
        click.echo(
            f"Sign up there, or sign in as “{owner.handle}” with “{owner.password}”, who owns the demo workshop:"
        )
        click.echo("its virtual printer claims what it can make and prints by itself, unless you tell it not to.")
        here = json.loads(workshop.bridge("status", "--json"))["page"]
        if here:
            click.echo(f"The page at its machines, a printer and a router, is {here}")
    click.echo("Ctrl-C ends it.")
    while True:
        time.sleep(LOOK_S)
        for name in processes.ended():
            click.echo(f"{name} ended {processes.how_it_ended(name)}; starting it again.", err=True)
            try:
                processes.revive(name)
            except Unavailable as error:
                click.echo(f"{error} It is tried again.", err=True)


@contextmanager
def _alone_in(home: Path) -> Iterator[None]:
    """Holds the home. Raises `Unavailable` where another `commons run` does; a killed one holds nothing."""
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"A commons runs in {home} already; give this one another COMMONS_HOME.") from None
        yield


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """The first SIGINT or SIGTERM raises `KeyboardInterrupt`; then what was started is ended undisturbed."""
    numbers = (signal.SIGINT, signal.SIGTERM)

    def end(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, end)
    yield
