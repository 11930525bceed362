"""`firmware-bridge home`: a router driven to its switches, on the word of who stands before it."""

from contextlib import closing
from pathlib import Path

import click

from firmware_bridge.agent.home import Home
from firmware_bridge.commands.interruptions import Interruptions
from firmware_bridge.commands.links import link_to, links_of
from firmware_bridge.commands.profile import profile_file
from firmware_bridge.commands.rates import read_baud
from firmware_bridge.errors import MachineError, ProtocolError, UsageError
from firmware_bridge.identity.interview import alone
from firmware_bridge.identity.reach import Memory, open_link
from firmware_bridge.machine import MachineProfile
from firmware_bridge.protocol.firmwares import GRBL
from firmware_bridge.sending.detect import detect
from firmware_bridge.sending.homing import home
from firmware_bridge.transport.port import Port

PRINTER = "a printer homes by the program that it is given (G28): there is nothing to do before it"
UNHEARD = (
    "no router says that it is there: check its power and the baud rate (--baud auto finds it out); one that hit"
    " a limit hears nothing but a reset: press its reset button, or name its profile by --machine"
)


@click.command(name="home")
@click.option("--port", "url", help="Device path, link to a pty, socket:// or rfc2217://. Default: the profile's.")
@click.option("--baud", metavar="auto|N", callback=read_baud, help="Default: the profile's, else 115200.")
@click.option(
    "--machine",
    "profile_path",
    metavar="PROFILE.toml|NAME",
    type=click.Path(path_type=Path),
    help="The machine's profile, or the name of one of the bridge's.",
)
@click.option("--yes", is_flag=True, help="Do not ask whether the way is clear.")
@click.option("--home", "folder", type=click.Path(path_type=Path), help="The bridge's folder: its jobs are left alone.")
def command(*, url: str | None, baud: int | None, profile_path: Path | None, yes: bool, folder: Path | None) -> None:
    """Drive a router to its switches ($H), as after each switching on.

    Grbl drives Z up first, then X and Y, each to its end. Ctrl-C breaks it off; it must then be homed again. A printer
    homes by the program that it is given.
    """
    place = Home.at(folder)
    if folder and not folder.is_dir():
        raise UsageError(f"there is no bridge in {folder}, whose jobs would be left alone")
    profile = MachineProfile.load(profile_file(profile_path, folder)) if profile_path else None
    if profile and (profile.firmware != GRBL.name or profile.link.hosted):
        raise UsageError(PRINTER)
    link = link_to(profile, url, baud)
    if not yes:
        question = f"The machine at {link.address} will drive to its switches. Is nothing in the way?"
        click.confirm(question, abort=True, err=True)
    with (
        alone(link.port, links_of(place.machines), place.machine_lock),
        Interruptions() as interruptions,
        closing(open_link(link, Memory(place.found))) as port,
    ):
        if profile is None:
            _require_router(port)
        click.echo("homing; Ctrl-C breaks it off", err=True)
        interruptions.only_noted()
        home(port, stop_requested=interruptions.asked)
    click.echo("it is homed, and stands idle")


def _require_router(port: Port) -> None:
    click.echo("asking which firmware is there, which takes a moment", err=True)
    try:
        firmware = detect(port)
    except ProtocolError:
        raise ProtocolError(UNHEARD) from None
    if firmware is not GRBL:
        raise MachineError(PRINTER)
