"""`firmware-bridge arm [ATTEMPT]`."""

import sys
from pathlib import Path

import click

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control
from firmware_bridge.agent.local.control import AttemptStatus, Status
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
    """A machine takes no new job before its bed is said to be clear and what was lost is told: easily forgotten."""
    uncleared = [m.machine for m in status.machines if m.state == MachineState.WAITING_FOR_CLEAR]
    hints = [f"{m.machine}: {m.question}" for m in status.machines if m.question]
    if uncleared:
        name = uncleared[0] if len(uncleared) == 1 else "MACHINE"
        of = "" if len(status.machines) == 1 else f" for {' or '.join(uncleared)}"
        hints.append(f"a job{of} comes once its bed is clear: firmware-bridge clear {name}")
    return "; ".join(["no program waits to be armed", *hints])


def describe(attempt: AttemptStatus) -> str:
    """What a person should know before they arm it."""
    return (
        f"{attempt.attempt}: {attempt.title}, for {attempt.ordered_by}, on {attempt.machine}, "
        f"{attempt.material}, about {span(attempt.estimate_s)}, program {attempt.program_sha256[:12]}"
    )
