"""`firmware-bridge arm [ATTEMPT]`."""

import sys
from pathlib import Path

import click

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control
from firmware_bridge.agent.local.control import AttemptStatus, MachineStatus, Status
from firmware_bridge.agent.rules.world import OCCUPYING
from firmware_bridge.commands.hints import hints_at
from firmware_bridge.errors import UsageError
from firmware_bridge.text import span
from firmware_bridge.wire import AttemptState, MachineState


@click.command(name="arm")
@click.argument("attempt", required=False)
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder.")
@click.option("--yes", is_flag=True, help="Do not ask once more (it is never asked without a terminal).")
def command(attempt: str | None, home: Path | None, yes: bool) -> None:
    """Let a leased program begin. Without ATTEMPT: the only one that waits for it."""
    socket = Home.at(home).control_socket
    with hints_at(home) as say:
        chosen = _choose(control.status(socket), attempt)
        say(describe(chosen))
        if not yes and attempt is None and sys.stdin.isatty():
            click.confirm("Arm it?", abort=True)
        request = control.AskArm(attempt=chosen.attempt, program_sha256=chosen.program_sha256)
        say(control.ask(socket, request).said)


def _choose(status: Status, wanted: str | None) -> AttemptStatus:
    leased = AttemptState.LEASED
    waiting = [a for a in status.attempts if (a.state == leased if wanted is None else a.attempt == wanted)]
    if not waiting:
        raise UsageError(_none(status) if wanted is None else f"there is no attempt {wanted!r}")
    if len(waiting) > 1:
        raise UsageError("several wait, say which:\n" + "\n".join(describe(a) for a in waiting))
    return waiting[0]


def _none(status: Status) -> str:
    """Of each machine what it does, and what has to come before there is something to arm."""
    return "\n".join(["no program waits to be armed:", *(_comes_next(status, machine) for machine in status.machines)])


def _comes_next(status: Status, machine: MachineStatus) -> str:
    held = next((a for a in status.attempts_on(machine.machine) if a.state in OCCUPYING), None)
    match machine.state:
        case MachineState.WAITING_FOR_CLEAR:
            now = f"a job comes once its bed is clear: firmware-bridge clear {machine.machine}"
        case MachineState.FREE:
            now = f"free: claim a job for it at {status.commons}"
        case MachineState.OFFLINE:
            now = "offline" + (f": {machine.trouble}" if machine.trouble else "")
        case MachineState.HOLDING:
            assert held is not None  # noqa: S101 (it is what makes the state)
            now = f"{held.title} is armed already, and waits for {held.waits_for or 'the commons to agree'}"
        case MachineState.RUNNING:
            now = f"{held.title} is running" if held else "running"
    return f"{machine.machine}: {'; '.join(filter(None, [now, machine.question]))}"


def describe(attempt: AttemptStatus) -> str:
    """What a person should know before they arm it."""
    return (
        f"{attempt.attempt}: {attempt.title}, for {attempt.ordered_by}, on {attempt.machine}, "
        f"{attempt.material}, about {span(attempt.estimate_s)}, program {attempt.program_sha256[:12]}"
    )
