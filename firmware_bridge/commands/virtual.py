"""`firmware-bridge virtual marlin` and `grbl`: machines that are not there."""

import re
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields
from pathlib import Path

import click

from firmware_bridge.transport.memory import Peer
from firmware_bridge.virtual import grbl
from firmware_bridge.virtual.faults import Faults
from firmware_bridge.virtual.marlin import Settings, VirtualMarlin
from firmware_bridge.virtual.marlin.about import DEFAULT_UUID
from firmware_bridge.virtual.paced import PacedLine
from firmware_bridge.virtual.pty import VirtualPort
from firmware_bridge.virtual.rates import AtRate
from firmware_bridge.virtual.record import Recorder

FAULT_HELP = {
    "flip_every": "Flip a bit in every Nth line received.",
    "drop_every": "Lose a byte of every Nth line received.",
    "lose_ok_every": "Lose every Nth ok.",
    "double_ok_every": "Say every Nth ok twice.",
    "reset_after": "Restart once, after program line N.",
    "halt_after": "Halt, as after a thermal runaway, after program line N.",
    "vanish_after": "Hang up after program line N.",
    "heater_fails_after": "The hot end gets no warmer after program line N.",
    "sensor_sticks_after": "The hot end's sensor sticks after program line N.",
    "sensor_drops_after": "The hot end's sensor is open after program line N.",
    "seed": "Which bytes are hit.",
}
WAITED_FOR = frozenset({"heater_fails_after", "sensor_sticks_after", "sensor_drops_after"})
"""Faults with which a wait for heat has no end, which a printer without waiting would wait for at once."""


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
BAUD = click.option("--baud", type=click.IntRange(min=300), help="Bytes take their time, as at so many baud.")
LATENCY = click.option(
    "--latency-ms", default=0.0, type=click.FloatRange(min=0), help="With --baud: before each answer."
)


@command.command(name="marlin")
@LINK
@SPEED
@RECORD
@BAUD
@LATENCY
@click.option("--advanced-ok", is_flag=True, help="Answer `ok N12 P15 B3`.")
@click.option("--autoreport/--no-autoreport", default=True, help="Offer M155.")
@click.option("--emergency-parser/--no-emergency-parser", default=True, help="Hear M108, M112, M410 at once.")
@click.option("--only-at", type=click.IntRange(min=1), metavar="BAUD", help="Be noise at any other rate.")
@click.option("--uuid", default=DEFAULT_UUID, help="What M115 says it is; by default what every printer says.")
def marlin(
    *,
    link: Path,
    speed: float,
    record: Path | None,
    baud: int | None,
    latency_ms: float,
    advanced_ok: bool,
    autoreport: bool,
    emergency_parser: bool,
    only_at: int | None,
    uuid: str,
    **faults: int,
) -> None:
    """A printer with Marlin 2.1 that really executes what it receives.

    Prints `ready: LINK` when it can be opened, and runs until it is told to end (SIGTERM).
    """
    if speed == 0 and any(count for name, count in faults.items() if name in WAITED_FOR):
        raise click.UsageError("a heater that fails is waited for: give a --speed above 0")
    settings = Settings(
        instant=speed == 0,
        advanced_ok=advanced_ok,
        autoreport=autoreport,
        emergency_parser=emergency_parser,
        uuid=uuid,
        faults=Faults(**faults),
    )
    _serve(link, speed, record, Line(baud, latency_ms, only_at), lambda *heard: VirtualMarlin(settings, *heard))


@command.command(name="grbl")
@LINK
@SPEED
@RECORD
@BAUD
@LATENCY
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
    baud: int | None,
    latency_ms: float,
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
    _serve(link, speed, record, Line(baud, latency_ms), lambda *heard: grbl.VirtualGrbl(settings, *heard))


def _setting(text: str) -> tuple[int, float]:
    """Held to what Grbl itself takes (`settings_store_global_setting` in `settings.c`)."""
    found = re.fullmatch(r"\$?(\d{1,4})=(\d{1,7}\.?\d*)", text, re.ASCII)
    if not found:
        raise click.BadParameter(f"{text!r} is no setting; write 20=0", param_hint="--set")
    if (number := int(found[1])) not in grbl.KNOWN:
        known = ", ".join(str(each) for each in sorted(grbl.KNOWN))
        raise click.BadParameter(f"Grbl has no setting ${number}; it has {known}", param_hint="--set")
    return number, float(found[2])


@dataclass(frozen=True)
class Line:
    """What lies between the machine and the pty: its own rate, and the time that bytes and answers take."""

    baud: int | None
    latency_ms: float
    only_at: int | None = None


def _serve(link: Path, speed: float, record: Path | None, line: Line, make: Callable[..., Peer]) -> None:
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    with ExitStack() as stack:
        wake, woken = (stack.enter_context(each) for each in socket.socketpair())
        wake.setblocking(False)
        stack.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(wake.fileno()))
        heard: tuple[Callable[..., None], ...] = ()
        if record:
            recorder = stack.enter_context(Recorder(record))
            heard = (recorder.executed, recorder.restarted)
        end = make(*heard)
        port = VirtualPort(link)
        stack.callback(port.close)
        if line.only_at:
            end = AtRate(end, line.only_at, port.host_baud)
        if line.baud:
            # The line's time is real; with --speed 0 only the machine's own waits take none.
            end, speed = PacedLine(end, line.baud, line.latency_ms / 1000), speed or 1.0
        click.echo(f"ready: {link}")
        with suppress(KeyboardInterrupt):
            port.serve(end, speed, woken=woken.fileno())


for _fault in fields(Faults):
    for _machine in (marlin,) if _fault.name in WAITED_FOR else (marlin, grbl_router):
        click.option(
            f"--{_fault.name.replace('_', '-')}",
            default=_fault.default,
            show_default=True,
            type=click.IntRange(min=0),
            help=FAULT_HELP[_fault.name],
        )(_machine)
