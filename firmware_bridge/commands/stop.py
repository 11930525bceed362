"""`firmware-bridge stop [MACHINE]`."""

import time
from pathlib import Path

import click

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control
from firmware_bridge.commands.hints import hints_at
from firmware_bridge.errors import BridgeError, NoBridge
from firmware_bridge.wire import MachineState

_WITHIN_S = 60.0


@click.command(name="stop")
@click.argument("machine", required=False)
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder.")
def command(machine: str | None, home: Path | None) -> None:
    """Stop MACHINE, or all of them, now: heaters off. Needs no network. Returns when they have stopped.

    What firmware-bridge stream sends is no bridge's: Ctrl-C in its own window stops it.
    """
    socket = Home.at(home).control_socket
    with hints_at(home) as say:
        try:
            answer = control.ask(socket, control.AskStop(machine=machine))
        except NoBridge as none:
            raise NoBridge(
                f"{none}; what firmware-bridge stream sends is stopped by Ctrl-C in its own window"
            ) from None
        stopping, deadline, unsure = set(answer.stopping), time.monotonic() + _WITHIN_S, list[str]()
        while stopping:
            machines = {m.machine: m for m in control.status(socket).machines}
            running = {name for name, m in machines.items() if m.state == MachineState.RUNNING}
            for name in sorted(stopping - running):
                if machines[name].may_be_hot:
                    unsure.append(f"{name}: its stop could not be confirmed: {machines[name].trouble}")
                else:
                    say(f"{name} has stopped")
            stopping &= running
            if stopping and time.monotonic() > deadline:
                raise BridgeError(
                    f"{', '.join(sorted(stopping))} did not stop in {_WITHIN_S:.0f} s: switch it off by hand"
                )
            time.sleep(0.1)
        if answer.said:
            say(answer.said)
        if unsure:
            raise BridgeError("; ".join(unsure))
