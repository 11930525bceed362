"""What follows from what the bridge knows. The agent asks again after each event, so a decision that could not be
carried out is simply made again."""

from itertools import takewhile
from typing import NamedTuple

from firmware_bridge.agent.rules import power
from firmware_bridge.agent.rules.standing_arm import policy_objection
from firmware_bridge.agent.rules.world import NOT_BEGUN, Attempt, Hot, World
from firmware_bridge.wire import AttemptState


class Lapse(NamedTuple):
    attempt: Attempt
    reason: str


class Arm(NamedTuple):
    attempt: Attempt


class Disarm(NamedTuple):
    """A person armed it for a machine that was there; what they saw holds no longer."""

    attempt: Attempt
    reason: str


class Fetch(NamedTuple):
    attempt: Attempt


class AskStart(NamedTuple):
    attempt: Attempt


class Begin(NamedTuple):
    attempt: Attempt


class MakeSafe(NamedTuple):
    machine: str
    hot: Hot


class Rejoin(NamedTuple):
    """A host prints this, and nobody watches it."""

    attempt: Attempt


Action = Lapse | Arm | Disarm | Fetch | AskStart | Begin | MakeSafe | Rejoin


def todo(world: World) -> list[Action]:
    """Everything that should be under way now and is not decided by a person."""
    actions: list[Action] = []
    unwatched = {a.lease.machine: a for a in world.attempts if _goes_on_unwatched(world, a)}
    actions += map(Rejoin, unwatched.values())
    for machine, bench in world.benches.items():
        if bench.hot is not None and machine not in world.running and machine not in unwatched:
            actions.append(MakeSafe(machine, bench.hot))
    for attempt in world.attempts:
        if attempt.state in NOT_BEGUN:
            actions += _next_step(world, attempt)
    return actions


def _goes_on_unwatched(world: World, attempt: Attempt) -> bool:
    machine = world.machines.get(attempt.lease.machine)
    hosted = machine is not None and machine.profile.link.hosted
    return hosted and attempt.state is AttemptState.STARTED and attempt.lease.machine not in world.running


def _next_step(world: World, attempt: Attempt) -> list[Action]:
    # Once the start was asked for, only the commons knows whether the lease was in time.
    if not attempt.local and not attempt.start_asked and world.now >= world.expires.get(attempt.id, world.now):
        return [Lapse(attempt, "the lease ran out before it was armed and begun")]
    if not attempt.checked:
        return [Fetch(attempt)]
    profile = world.machines[attempt.lease.machine].profile
    # The standing arm names people of the commons; what anybody with the bridge's key brings is armed by a person.
    by_person = attempt.local or policy_objection(profile, attempt.lease, world.hour, world.clock_apart_s)
    if attempt.state is AttemptState.LEASED:
        return [] if by_person else [Arm(attempt)]
    if by_person and not_ready(world, attempt.lease.machine):
        reason = f"no longer armed: {attempt.lease.machine} went offline before it began; arm it again once it is back"
        return [Disarm(attempt, reason)]
    if why_waiting(world, attempt):
        return []
    return [Begin(attempt) if attempt.local else AskStart(attempt)]


def not_ready(world: World, machine: str) -> bool:
    """It is offline, or a run may have left it on. Whoever arms must not be surprised by it hours later."""
    return machine not in world.present or world.bench(machine).hot is not None


def why_waiting(world: World, attempt: Attempt) -> str:
    """What a held attempt waits for; empty when it may begin."""
    missing = _missing(world, attempt)
    if missing or not world.power_budget_w:
        return missing
    before = takewhile(lambda other: other.id != attempt.id, world.attempts)
    ahead = [a.lease.machine for a in before if a.state is AttemptState.ARMED and not _missing(world, a)]
    powers = {name: machine.profile.power for name, machine in world.machines.items()}
    return power.why_waiting(world.power_budget_w, attempt.lease.machine, powers, world.heats, ahead)


def _missing(world: World, attempt: Attempt) -> str:
    machine = attempt.lease.machine
    if not attempt.checked:
        return "its program to be fetched and checked"
    if attempt.state is AttemptState.LEASED:
        return f"arming: firmware-bridge arm {attempt.id}"
    if not world.bench(machine).bed_clear:
        return f"the bed: firmware-bridge clear {machine}"
    if not_ready(world, machine) or machine in world.running:
        return f"{machine} to be there and safe"
    return ""
