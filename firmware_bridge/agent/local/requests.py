"""What a person at the machine may ask of the running agent. None of it needs the network."""

from dataclasses import replace

from firmware_bridge.agent import rules
from firmware_bridge.agent.agent import Agent, log
from firmware_bridge.agent.local import control
from firmware_bridge.agent.local.control import Answer
from firmware_bridge.agent.rules import Attempt, World
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState


def answer(agent: Agent, left_out: dict[str, str], request: control.Request) -> Answer:
    """Does it at once, or says in a sentence why not."""
    match request:
        case control.AskStatus():
            return Answer(status=_status(agent, left_out))
        case control.AskArm(attempt=attempt, program_sha256=sha256):
            return _arm(agent, attempt, sha256)
        case control.AskClear(machine=machine):
            return _clear(agent, machine)
        case control.AskStop(machine=machine):
            return _stop(agent, machine)


def _arm(agent: Agent, attempt_id: str, sha256: str) -> Answer:
    attempt = agent.store.attempt(attempt_id)
    if attempt is None:
        return Answer(refused=f"there is no attempt {attempt_id!r}")
    if attempt.state is not AttemptState.LEASED:
        return Answer(refused=f"attempt {attempt_id} is {attempt.state}: only a leased one can be armed")
    if not attempt.checked:
        return Answer(refused=f"attempt {attempt_id} still waits for {rules.why_waiting(agent.world(), attempt)}")
    if attempt.lease.program_sha256 != sha256:
        return Answer(refused=f"attempt {attempt_id} has another program than the one shown")
    armed = replace(attempt, state=AttemptState.ARMED)
    agent.change(armed)
    agent.hurry(person=True)
    log(f"attempt {attempt_id} is armed at the machine")
    waiting = rules.why_waiting(agent.world(), armed)
    return Answer(said=f"armed; it waits for {waiting}" if waiting else "armed; it begins when the commons agrees")


def _clear(agent: Agent, machine: str) -> Answer:
    if machine not in agent.machines:
        return _no_machine(agent, machine)
    run = agent.runs.get(machine)
    if run is not None and run.attempt is not None:
        return Answer(refused=f"{machine} is running: its bed is not clear")
    agent.store.set_bench(machine, replace(agent.world().bench(machine), bed_clear=True))
    agent.hurry(person=True)
    log(f"the bed of {machine} is said to be clear")
    return Answer(said=f"the bed of {machine} is clear")


def _stop(agent: Agent, machine: str | None) -> Answer:
    """Stops what runs, gives back what is held, and takes nothing more until the bed is cleared again."""
    if machine is not None and machine not in agent.machines:
        return _no_machine(agent, machine)
    world, stopping = agent.world(), []
    for name in [machine] if machine is not None else list(agent.machines):
        occupant, run = world.occupant(name), agent.runs.get(name)
        if run is not None and run.attempt is not None:
            run.stop("stopped at the workshop", agent.clock())
            stopping.append(name)
            log(f"{name} is being stopped")
        elif occupant is not None:
            agent.change(replace(occupant, state=AttemptState.FAILED, reason="stopped at the workshop before it began"))
            log(f"attempt {occupant.id} is given back: stopped before it began")
        if not agent.machines[name].profile.virtual:
            agent.store.set_bench(name, replace(world.bench(name), bed_clear=False))
    agent.hurry(person=True)
    return Answer(stopping=stopping, said="" if stopping else "nothing was running")


def _no_machine(agent: Agent, machine: str) -> Answer:
    return Answer(refused=f"there is no machine {machine!r}; there are: {', '.join(agent.machines) or 'none'}")


def _status(agent: Agent, left_out: dict[str, str]) -> control.Status:
    world = agent.world()
    return control.Status(
        commons=agent.client.url,
        heard_s_ago=None if agent.heard is None else round(agent.clock() - agent.heard, 1),
        trouble=agent.trouble,
        machines=[
            control.MachineStatus(
                machine=machine.id,
                name=machine.profile.name,
                state=rules.machine_state(world, machine.id),
                bed_clear=world.bench(machine.id).bed_clear,
                port=machine.profile.link.port,
            )
            for machine in agent.machines.values()
        ],
        left_out=left_out,
        attempts=[_attempt(agent, world, attempt) for attempt in world.attempts],
        refusals=[f"{refusal.what}: {refusal.reason}" for refusal in agent.store.refusals()],
    )


def _attempt(agent: Agent, world: World, attempt: Attempt) -> control.AttemptStatus:
    progress = agent.progress_of(attempt)
    return control.AttemptStatus(
        attempt=attempt.id,
        machine=attempt.lease.machine,
        title=brief(attempt.lease.title, 120),
        ordered_by=brief(attempt.lease.ordered_by, 80),
        material=brief(attempt.lease.material, 80),
        state=attempt.state,
        program_sha256=attempt.lease.program_sha256,
        estimate_s=attempt.lease.estimate_s,
        waits_for=rules.why_waiting(world, attempt) if attempt.state in rules.NOT_BEGUN else "",
        reason=attempt.reason,
        line=progress.line if progress else 0,
        lines=progress.lines if progress else 0,
        hotend_c=progress.hotend_c if progress else None,
        bed_c=progress.bed_c if progress else None,
        paused=progress.paused if progress else False,
    )
