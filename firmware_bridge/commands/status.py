"""`firmware-bridge status`."""

from pathlib import Path

import click
import msgspec

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control
from firmware_bridge.agent.local.control import AttemptStatus, MachineStatus, Status
from firmware_bridge.commands.hints import hints_at
from firmware_bridge.text import span
from firmware_bridge.wire import AttemptState, MachineState


@click.command(name="status")
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(home: Path | None, as_json: bool) -> None:
    """What the running bridge and its machines are doing."""
    with hints_at(home) as say:
        status = control.status(Home.at(home).control_socket)
        if as_json:
            click.echo(msgspec.json.encode(status).decode())
        else:
            say("\n".join(lines_of(status)))


def lines_of(status: Status) -> list[str]:
    heard = "not reached yet" if status.heard_s_ago is None else f"heard {status.heard_s_ago:.0f} s ago"
    lines = [f"commons {status.commons}: {heard}{f'; {status.trouble}' if status.trouble else ''}"]
    lines += [f"page {status.page}"] if status.page else []
    lines += [f"{m.machine} ({m.name}): {m.state}{_then(m)}" for m in status.machines]
    lines += [f"{name} is left out: {problem}" for name, problem in status.left_out.items()]
    lines += [_attempt_line(attempt) for attempt in status.attempts]
    lines += [f"the last, {_attempt_line(m.last)}" for m in status.machines if m.last]
    lines += [f"refused {refusal}" for refusal in status.refusals]
    return lines


def _then(machine: MachineStatus) -> str:
    """What is wrong with it, and what its owner can type about it."""
    trouble = f", {machine.trouble}" if machine.trouble else ""
    go_on = f", or here: firmware-bridge resume {machine.machine}" if machine.may_go_on else ""
    question = f"; {machine.question}" if machine.question else ""
    clear = f": firmware-bridge clear {machine.machine}" if machine.state == MachineState.WAITING_FOR_CLEAR else ""
    return trouble + go_on + clear + question


def _attempt_line(attempt: AttemptStatus) -> str:
    line = f"{attempt.attempt} on {attempt.machine}: {attempt.title}: {attempt.state}"
    if attempt.lines:
        line += f", line {attempt.line} of {attempt.lines}"
    if attempt.state == AttemptState.STARTED:
        heat = {"hot end": attempt.hotend_c, "bed": attempt.bed_c}
        line += "".join(f", {name} {now_c:.0f} °C" for name, now_c in heat.items() if now_c is not None)
        line += "" if attempt.remaining_s is None else f", about {span(attempt.remaining_s)} left"
    if attempt.paused:
        line += ", paused"
    if attempt.waits_for:
        line += f", waits for {attempt.waits_for}"
    return f"{line} ({attempt.reason})" if attempt.reason else line
