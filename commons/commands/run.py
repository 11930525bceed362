"""`commons run`: forge, web and a demo workshop, until Ctrl-C."""

import os
import signal
import threading
from pathlib import Path

import click

from commons.config import Config, settings_in
from commons.errors import Unavailable
from commons.stack.processes import Processes, listening
from commons.stack.serving import bare_environment, serve
from commons.stack.workshop import DemoWorkshop, kept_credentials

SPEED = 60.0
"""The demo's printer runs through time this much faster, so that a print of an hour takes a minute."""


@click.command(help="Run the commons on this machine: catalogue, board, forge and a demo workshop.")
@click.option("--port", default=5000, show_default=True, help="Where the site listens, on 127.0.0.1 alone.")
@click.option("--demo/--no-demo", default=True, show_default=True, help="With a virtual printer and its bridge.")
@click.option("--speed", default=SPEED, show_default=True, help="How much faster than life the virtual printer is.")
def command(port: int, demo: bool, speed: float) -> None:
    if listening(port):
        raise Unavailable(f"Something listens on port {port} already; choose another with --port (make run PORT=…).")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    home: Path = Config.from_environment().commons_home
    with Processes(home / "logs", bare_environment()) as processes:
        click.echo("Starting the forge and the web …")
        serving = serve(processes, home, port, settings_in(os.environ))
        click.echo(f"The commons is at {serving.url}")
        if demo:
            owner = kept_credentials(home / "demo-password", "demo")
            workshop = DemoWorkshop(processes, serving.url, home / "workshop", owner)
            workshop.open(speed=speed, arm_by_policy=True, claim_by_policy=True)
            click.echo(f"Sign in as “{owner.handle}” with “{owner.password}”, or sign up: its virtual printer")
            click.echo("claims what it can make, and prints by itself.")
        click.echo("Ctrl-C ends it.")
        while not ended.wait(1):
            for name in processes.ended():
                click.echo(f"{name} ended by itself ({processes.last_words(name)}); starting it again.", err=True)
                try:
                    processes.revive(name)
                except Unavailable as error:
                    click.echo(f"{error} It is tried again.", err=True)
    click.echo("Ended.")
