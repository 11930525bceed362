"""`firmware-bridge virtual marlin`: a printer that is not there."""

import signal
import sys
from contextlib import ExitStack, suppress
from dataclasses import fields
from pathlib import Path

import click

from firmware_bridge.transport.memory import Peer
from firmware_bridge.virtual.about import DEFAULT_UUID
from firmware_bridge.virtual.faults import Faults
from firmware_bridge.virtual.marlin import Settings, VirtualMarlin
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


@command.command(name="marlin")
@click.option("--link", required=True, type=click.Path(path_type=Path), help="Where to put the link to the pty.")
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(min=0), help="Times real time; 0: no waiting."
)
@click.option(
    "--record", type=click.Path(path_type=Path, dir_okay=False), help="Append what is executed, as JSON lines."
)
@click.option("--baud", type=click.IntRange(min=300), help="Bytes take their time, as at so many baud.")
@click.option("--latency-ms", default=0.0, type=click.FloatRange(min=0), help="With --baud: before each answer.")
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
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    with ExitStack() as stack:
        if record:
            recorder = stack.enter_context(Recorder(record))
            machine = VirtualMarlin(settings, recorder.executed, recorder.restarted)
        else:
            machine = VirtualMarlin(settings)
        port = VirtualPort(link)
        stack.callback(port.close)
        click.echo(f"ready: {link}")
        with suppress(KeyboardInterrupt):
            end: Peer = AtRate(machine, only_at, port.host_baud) if only_at else machine
            if baud:
                # The line's time is real; with --speed 0 only the machine's own waits take none.
                end, speed = PacedLine(end, baud, latency_ms / 1000), speed or 1.0
            port.serve(end, speed)


for _fault in fields(Faults):
    click.option(
        f"--{_fault.name.replace('_', '-')}",
        default=_fault.default,
        show_default=True,
        type=click.IntRange(min=0),
        help=FAULT_HELP[_fault.name],
    )(marlin)
