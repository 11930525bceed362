"""`firmware-bridge virtual marlin` and `grbl`: machines that are not there."""

import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import fields
from pathlib import Path

import click

from firmware_bridge.transport.memory import Peer
from firmware_bridge.virtual import grbl
from firmware_bridge.virtual.faults import Faults
from firmware_bridge.virtual.marlin import Settings, VirtualMarlin
from firmware_bridge.virtual.pty import VirtualPort
from firmware_bridge.virtual.record import Recorder

FAULT_HELP = {
    "flip_every": "Flip a bit in every Nth line received.",
    "drop_every": "Lose a byte of every Nth line received.",
    "lose_ok_every": "Lose every Nth ok.",
    "double_ok_every": "Say every Nth ok twice.",
    "reset_after": "Restart once, after program line N.",
    "halt_after": "Halt, as after a thermal runaway, after program line N.",
    "vanish_after": "Hang up after program line N.",
    "seed": "Which bytes are hit.",
}


@click.group(name="virtual")
def command() -> None:
    """Virtual machines on a pty, for trials without hardware."""


LINK = click.option("--link", required=True, type=click.Path(path_type=Path), help="Where to put the link to the pty.")
SPEED = click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(min=0), help="Times real time; 0: no waiting."
)
RECORD = click.option(
    "--record", type=click.Path(path_type=Path, dir_okay=False), help="Append what is executed, as JSON lines."
)


@command.command(name="marlin")
@LINK
@SPEED
@RECORD
@click.option("--advanced-ok", is_flag=True, help="Answer `ok N12 P15 B3`.")
@click.option("--autoreport/--no-autoreport", default=True, help="Offer M155.")
@click.option("--emergency-parser/--no-emergency-parser", default=True, help="Hear M108, M112, M410 at once.")
def marlin(
    *,
    link: Path,
    speed: float,
    record: Path | None,
    advanced_ok: bool,
    autoreport: bool,
    emergency_parser: bool,
    **faults: int,
) -> None:
    """A printer with Marlin 2.1 that really executes what it receives.

    Prints `ready: LINK` when it can be opened, and runs until it is told to end (SIGTERM).
    """
    settings = Settings(
        instant=speed == 0,
        advanced_ok=advanced_ok,
        autoreport=autoreport,
        emergency_parser=emergency_parser,
        faults=Faults(**faults),
    )
    _serve(link, speed, record, lambda *heard: VirtualMarlin(settings, *heard))


@command.command(name="grbl")
@LINK
@SPEED
@RECORD
@click.option("--hal", is_flag=True, help="grblHAL, with its greeting and its larger receive buffer.")
@click.option("--homed/--not-homed", default=True, help="Without, it begins locked, as after power-up.")
@click.option("--travel", nargs=3, type=float, default=grbl.Settings.travel_mm, show_default=True, help="X Y Z, mm.")
@click.option(
    "--work-offset",
    nargs=3,
    type=float,
    default=grbl.Settings.work_offset_mm,
    show_default=True,
    help="G54 X Y Z, mm: where the program's 0 is, from the end that is homed to.",
)
@click.option("--set", "changed", multiple=True, metavar="N=VALUE", help="A setting, as `$N=VALUE` would.")
def grbl_router(
    *,
    link: Path,
    speed: float,
    record: Path | None,
    hal: bool,
    homed: bool,
    travel: tuple[float, float, float],
    work_offset: tuple[float, float, float],
    changed: tuple[str, ...],
    **faults: int,
) -> None:
    """A router with Grbl 1.1h that really executes what it receives.

    Prints `ready: LINK` when it can be opened, and runs until it is told to end (SIGTERM).
    """
    settings = grbl.Settings(
        instant=speed == 0,
        hal=hal,
        homed=homed,
        travel_mm=travel,
        work_offset_mm=work_offset,
        changed=dict(_setting(each) for each in changed),
        faults=Faults(**faults),
    )
    _serve(link, speed, record, lambda *heard: grbl.VirtualGrbl(settings, *heard))


def _setting(text: str) -> tuple[int, float]:
    number, _, value = text.removeprefix("$").partition("=")
    try:
        return int(number), float(value)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no setting; write 20=0", param_hint="--set") from None


def _serve(link: Path, speed: float, record: Path | None, make: Callable[..., Peer]) -> None:
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    with ExitStack() as stack:
        heard: tuple[Callable[..., None], ...] = ()
        if record:
            recorder = stack.enter_context(Recorder(record))
            heard = (recorder.executed, recorder.restarted)
        machine = make(*heard)
        port = VirtualPort(link)
        stack.callback(port.close)
        click.echo(f"ready: {link}")
        with suppress(KeyboardInterrupt):
            port.serve(machine, speed)


for _fault in fields(Faults):
    for _machine in (marlin, grbl_router):
        click.option(
            f"--{_fault.name.replace('_', '-')}",
            default=_fault.default,
            show_default=True,
            type=click.IntRange(min=0),
            help=FAULT_HELP[_fault.name],
        )(_machine)
