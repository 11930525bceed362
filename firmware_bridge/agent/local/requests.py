"""What a person at the machine may ask of the running desk. None of it needs the network."""

import secrets
import sqlite3
from dataclasses import replace

from firmware_bridge.agent.desk import Desk
from firmware_bridge.agent.local import control
from firmware_bridge.agent.local.control import Answer
from firmware_bridge.agent.log import log
from firmware_bridge.agent.rules.leases import upload_problem
from firmware_bridge.agent.rules.pauses import may_go_on
from firmware_bridge.agent.rules.steps import not_ready, why_waiting
from firmware_bridge.agent.rules.world import NOT_BEGUN, Attempt, World, machine_state
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState, Lease, MachineState

LOCAL_PERSON = "somebody at this workshop"


def answer(desk: Desk, request: control.Request) -> Answer:
    """Does it at once, or says in a sentence why not."""
    try:
        return _answer(desk, request)
    except sqlite3.Error as error:
        desk.give_up(error)
        stopped = isinstance(request, control.AskStop)
        return Answer(refused=f"{desk.failed}{'; what was running is being stopped' if stopped else ''}")


def _answer(desk: Desk, request: control.Request) -> Answer:
    match request:
        case control.AskStatus():
            return Answer(status=_status(desk))
        case control.AskArm(attempt=attempt, program_sha256=sha256):
            return _arm(desk, attempt, sha256)
        case control.AskClear(machine=machine):
            return _clear(desk, machine)
        case control.AskStop(machine=machine):
            return _stop(desk, machine)
        case control.AskResume(machine=machine):
            return _resume(desk, machine)
        case control.AskPrint():
            return _print(desk, request)


def _arm(desk: Desk, attempt_id: str, sha256: str) -> Answer:
    attempt = desk.store.attempt(attempt_id)
    if attempt is None:
        return Answer(refused=f"there is no attempt {attempt_id!r}")
    if problem := _why_not_armed(desk, attempt, sha256):
        return Answer(refused=problem)
    armed = replace(attempt, state=AttemptState.ARMED, reason="")
    desk.change(armed)
    desk.hurry(person=True)
    log(f"attempt {attempt_id} is armed at the machine")
    waiting = why_waiting(desk.world(), armed)
    if waiting:
        return Answer(said=f"armed; it waits for {waiting}")
    return Answer(said="armed; it begins" if attempt.local else "armed; it begins when the commons agrees")


def _why_not_armed(desk: Desk, attempt: Attempt, sha256: str) -> str:
    """Empty where it may be armed."""
    if attempt.state is not AttemptState.LEASED:
        return f"attempt {attempt.id} is {attempt.state}: only a leased one can be armed"
    world, machine = desk.world(), desk.machines[attempt.lease.machine]
    if not attempt.checked:
        return f"attempt {attempt.id} still waits for {why_waiting(world, attempt)}"
    if attempt.lease.program_sha256 != sha256:
        return f"attempt {attempt.id} has another program than the one shown"
    if not_ready(world, machine.id):
        why = desk.trouble_of(machine, world)
        return f"{machine.id} is offline, and what is armed now would begin by itself later: {why}"
    return ""


def _clear(desk: Desk, machine: str) -> Answer:
    if machine not in desk.machines:
        return _no_machine(desk, machine)
    run = desk.runs.get(machine)
    if run is not None and run.attempt is not None:
        return Answer(refused=f"{machine} is running: its bed is not clear")
    desk.store.set_bench(machine, replace(desk.world().bench(machine), bed_clear=True))
    desk.settle_local(machine)
    desk.hurry(person=True)
    log(f"the bed of {machine} is said to be clear")
    return Answer(said=f"the bed of {machine} is clear")


def _stop(desk: Desk, machine: str | None) -> Answer:
    """Stops what runs, gives back what is held, and takes nothing more until the bed is cleared again."""
    if machine is not None and machine not in desk.machines:
        return _no_machine(desk, machine)
    names, stopping, said = [machine] if machine is not None else list(desk.machines), list[str](), list[str]()
    for name in names:  # all of them before the first word to a disk, which may fail
        run = desk.runs.get(name)
        if run is not None and run.attempt is not None:
            run.stop("stopped at the workshop", desk.clock())
            stopping.append(name)
            log(f"{name} is being stopped")
    world = desk.world()
    for name in names:
        occupant = None if name in stopping else world.occupant(name)
        if occupant is not None and occupant.state is AttemptState.STARTED:
            # Nobody watches its host just now: whoever switches it off there also ends the print.
            desk.store.end(occupant, AttemptState.FAILED, "stopped at the workshop", world.bench(name))
            said.append(f"{name} is being stopped at its host: firmware-bridge status says when it is safe")
            log(said[-1])
        elif occupant is not None:
            desk.drop(occupant, "stopped at the workshop before it began")
            said.append(f"{occupant.id} ({brief(occupant.lease.title, 80)}) had not begun on {name}: it is given back")
        if not desk.machines[name].profile.virtual:
            desk.store.set_bench(name, replace(world.bench(name), bed_clear=False))
    desk.hurry(person=True)
    return Answer(stopping=stopping, said="; ".join(said) or ("" if stopping else "nothing was running"))


def _resume(desk: Desk, machine: str) -> Answer:
    """Lets a program go on that waits for a person, at a machine that needs no hand inside it."""
    if machine not in desk.machines:
        return _no_machine(desk, machine)
    run = desk.runs.get(machine)
    if run is None or not _may_go_on(desk, machine):
        return Answer(refused=f"{machine} is not held: nothing waits there for somebody to say that it may go on")
    run.go_on()
    log(f"{machine} is told to go on")
    return Answer(said=f"{machine} goes on")


def _may_go_on(desk: Desk, machine: str) -> bool:
    run = desk.runs.get(machine)
    return run is not None and not run.hosted and may_go_on(run.progress)


def _print(desk: Desk, asked: control.AskPrint) -> Answer:
    """Holds it like a lease: it is checked here once more, and waits for a person and a clear bed."""
    if problem := upload_problem(desk.world(), asked.machine, asked.profile_sha256):
        return Answer(refused=problem)
    desk.settle_local(asked.machine)  # first: it removes programs that nobody holds
    try:
        desk.home.upload(asked.upload).replace(desk.home.program(asked.program_sha256))
    except OSError as error:
        return Answer(refused=f"the program cannot be kept: {error.strerror}")
    lease = Lease(
        attempt=f"local-{secrets.token_hex(4)}",
        fence=0,
        machine=asked.machine,
        title=asked.title,
        ordered_by=LOCAL_PERSON,
        material=asked.material,
        profile_sha256=asked.profile_sha256,
        program_sha256=asked.program_sha256,
        program_bytes=asked.program_bytes,
        estimate_s=asked.estimate_s,
        expires_in_s=0.0,
    )
    desk.change(Attempt(lease=lease, local=True))
    log(f"holding {lease.attempt} for {lease.machine}: {brief(lease.title, 80)}, brought to this bridge")
    return Answer(said=lease.attempt)


def _no_machine(desk: Desk, machine: str) -> Answer:
    return Answer(refused=f"there is no machine {machine!r}; there are: {', '.join(desk.machines) or 'none'}")


def _status(desk: Desk) -> control.Status:
    world = desk.world()
    lost = {name: attempt for name in desk.machines if (attempt := _lost(desk, name)) is not None}
    shown = [*(attempt for attempt in lost.values() if attempt.settled), *world.attempts]
    return control.Status(
        commons=desk.client.url,
        heard_s_ago=None if desk.heard is None else round(desk.clock() - desk.heard, 1),
        trouble=desk.trouble,
        page=desk.page,
        machines=[
            control.MachineStatus(
                machine=machine.id,
                name=machine.profile.name,
                state=machine_state(world, machine.id),
                process=machine.profile.process,
                may_go_on=_may_go_on(desk, machine.id),
                bed_clear=world.bench(machine.id).bed_clear,
                port=machine.profile.link.address,
                trouble=desk.trouble_of(machine, world),
                may_be_hot=_left_hot(world, machine.id),
                question=_question(desk, lost.get(machine.id)),
                last=_last(desk, world, machine.id, lost.get(machine.id)),
            )
            for machine in desk.machines.values()
        ],
        left_out=desk.left_out,
        attempts=[_attempt(desk, world, attempt) for attempt in shown],
        refusals=[f"{refusal.what}: {refusal.reason}" for refusal in desk.store.refusals()],
    )


def _lost(desk: Desk, machine: str) -> Attempt | None:
    """What the commons leased to this machine last, where nobody knew how it went: only its next lease says that the
    commons knows by now."""
    last = desk.store.last(machine, leased=True)
    return last if last is not None and last.state is AttemptState.LOST else None


def _last(desk: Desk, world: World, machine: str, lost: Attempt | None) -> control.AttemptStatus | None:
    last = desk.store.last(machine)
    return _attempt(desk, world, last) if last is not None and last.settled and last != lost else None


def _question(desk: Desk, lost: Attempt | None) -> str:
    if lost is None:
        return ""
    title, where = brief(lost.lease.title, 80), desk.client.url
    return f"before the next job the commons may wait to be told what happened to {title!r}: on your page at {where}"


def _left_hot(world: World, machine: str) -> bool:
    return machine_state(world, machine) is not MachineState.RUNNING and world.bench(machine).hot is not None


def _attempt(desk: Desk, world: World, attempt: Attempt) -> control.AttemptStatus:
    progress = desk.progress_of(attempt)
    return control.AttemptStatus(
        attempt=attempt.id,
        machine=attempt.lease.machine,
        title=brief(attempt.lease.title, 120),
        ordered_by=brief(attempt.lease.ordered_by, 80),
        material=brief(attempt.lease.material, 80),
        state=attempt.state,
        checked=attempt.checked,
        local=attempt.local,
        program_sha256=attempt.lease.program_sha256,
        estimate_s=attempt.lease.estimate_s,
        waits_for=why_waiting(world, attempt) if attempt.state in NOT_BEGUN else "",
        reason=attempt.reason,
        remaining_s=progress.remaining_s if progress else None,
        line=progress.line if progress else 0,
        lines=progress.lines if progress else 0,
        hotend_c=progress.hotend_c if progress else None,
        bed_c=progress.bed_c if progress else None,
        paused=progress.paused if progress else False,
    )
