"""What the agent decides, as pure functions: no clock, no disk, no network. Times are in s.

`World` is one look at everything the bridge knows; `todo` says what follows from it. The agent asks
again after each event, so a decision that could not be carried out is simply made again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal, NamedTuple

import msgspec

from firmware_bridge import wire
from firmware_bridge.agent import power
from firmware_bridge.errors import BridgeError, ProfileError
from firmware_bridge.machine import Link, MachineProfile, PublishedProfile, StandingArm
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState, MachineState

OPEN_ATTEMPTS_MAX = 256
"""What one sync can carry; a flood beyond it is refused."""
TIMES_MAX_S = 30 * 24 * 3600.0
NOT_BEGUN = frozenset({AttemptState.LEASED, AttemptState.ARMED})
OCCUPYING = NOT_BEGUN | {AttemptState.STARTED}
ENDED = frozenset({AttemptState.FINISHED, AttemptState.FAILED, AttemptState.LOST, AttemptState.LAPSED})
INTERVAL_S = (0.2, 300.0)
BACKOFF_MAX_S = 60.0
CLOCK_APART_MAX_S = 15 * 60.0
"""How far this computer's clock may be from the commons' for its hours to be believed."""


@dataclass(frozen=True)
class Machine:
    """A machine whose profile can be used; `sha256` is of the published part."""

    id: str
    profile: MachineProfile
    published: PublishedProfile
    sha256: str


@dataclass(frozen=True)
class Bench:
    """What is remembered of a machine. `hot` is the link of one that a run may have left heated."""

    bed_clear: bool = False
    hot: Link | None = None


@dataclass(frozen=True)
class Attempt:
    """One lease and what became of it.

    `checked`: its program is here, whole, and passed the gate under the machine's present profile.
    `start_asked`: the commons may believe that it began. `settled`: nobody needs to hear of it any more.
    `local`: it was brought to the bridge itself, whose own lease it is; the commons never hears of it, nor decides.
    """

    lease: wire.Lease
    state: AttemptState = AttemptState.LEASED
    checked: bool = False
    start_asked: bool = False
    settled: bool = False
    reason: str = ""
    local: bool = False

    @property
    def id(self) -> str:
        return self.lease.attempt


@dataclass(frozen=True)
class World:
    """`attempts` are those not settled; `present` the machines whose port is there, or whose host says that they are
    ready; `running` those with a process of ours at work; `expires` when each lease ends; `hour` the local hour, 0 to
    23; `clock_apart_s` how far the wall clock is ahead of the commons'."""

    machines: Mapping[str, Machine]
    benches: Mapping[str, Bench]
    attempts: tuple[Attempt, ...]
    present: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    expires: Mapping[str, float] = field(default_factory=dict)
    now: float = 0.0
    hour: int = 0
    clock_apart_s: float = 0.0
    power_budget_w: float = 0.0
    heats: Mapping[str, power.Heat] = field(default_factory=dict)
    """Of every machine whose heaters may be on."""

    def bench(self, machine: str) -> Bench:
        return self.benches.get(machine, Bench())

    def occupant(self, machine: str) -> Attempt | None:
        """The attempt that holds the machine, if any."""
        return next((a for a in self.attempts if a.lease.machine == machine and a.state in OCCUPYING), None)


class Lapse(NamedTuple):
    attempt: Attempt
    reason: str


class Arm(NamedTuple):
    attempt: Attempt


class Fetch(NamedTuple):
    attempt: Attempt


class AskStart(NamedTuple):
    attempt: Attempt


class Begin(NamedTuple):
    attempt: Attempt


class MakeSafe(NamedTuple):
    machine: str
    link: Link


class Rejoin(NamedTuple):
    """A host prints this, and nobody watches it."""

    attempt: Attempt


Action = Lapse | Arm | Fetch | AskStart | Begin | MakeSafe | Rejoin


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
    if attempt.state is AttemptState.LEASED:
        profile = world.machines[attempt.lease.machine].profile
        # The standing arm names people of the commons; what anybody with the bridge's key brings is armed by a person.
        if attempt.local or policy_objection(profile, attempt.lease, world.hour, world.clock_apart_s):
            return []
        return [Arm(attempt)]
    if why_waiting(world, attempt):
        return []
    return [Begin(attempt) if attempt.local else AskStart(attempt)]


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
    if machine not in world.present or world.bench(machine).hot is not None or machine in world.running:
        return f"{machine} to be there and safe"
    return ""


def policy_objection(profile: MachineProfile, lease: wire.Lease, hour: int, clock_apart_s: float = 0.0) -> str:
    """Why the owner's standing arm does not cover this lease; empty when it does.

    Hours are local, `[from, to)`; from > to runs over midnight; from = to is never. They hold only where this
    computer's clock agrees with the commons': one that lost the time must not print at night.
    """
    if profile.arm != "policy":
        return "a person arms this machine"
    start, end = profile.arm_policy.hours
    if not (start <= hour < end if start <= end else hour >= start or hour < end):
        return f"it is outside the hours {start} to {end}"
    if (start, end) != (0, 24) and clock_trouble(clock_apart_s):
        return clock_trouble(clock_apart_s)
    materials = {name.casefold() for name in profile.arm_policy.materials}
    if materials and lease.material.casefold() not in materials:
        return f"{lease.material} is not among the materials of the standing arm"
    if profile.arm_policy.people and lease.ordered_by not in profile.arm_policy.people:
        return f"{lease.ordered_by} is not among the people of the standing arm"
    return _price_objection(profile.arm_policy, lease.price)


def _price_objection(policy: StandingArm, price: wire.Price | None) -> str:
    if not policy.price_min:
        return ""
    floor = f"{policy.price_min} {policy.currency} (minor units)"
    if price is None:
        return f"it names no price, and the standing arm begins at {floor}"
    if price.currency != policy.currency or price.amount < policy.price_min:
        return f"it pays {price.amount} {price.currency}, and the standing arm begins at {floor}"
    return ""


def clock_trouble(apart_s: float) -> str:
    """What the owner is told of a wall clock that is not the commons'; empty where the two agree."""
    if abs(apart_s) <= CLOCK_APART_MAX_S:
        return ""
    direction = "ahead of" if apart_s > 0 else "behind"
    return f"this computer's clock is {abs(apart_s) / 3600:.1f} h {direction} the commons': set it right (timedatectl)"


def machine_state(world: World, machine: str) -> MachineState:
    """What the commons and the owner are told."""
    occupant = world.occupant(machine)
    if occupant is not None and occupant.state is AttemptState.STARTED:
        return MachineState.RUNNING
    if occupant is not None:
        return MachineState.HOLDING
    if machine not in world.present or world.bench(machine).hot is not None:
        return MachineState.OFFLINE
    return MachineState.FREE if world.bench(machine).bed_clear else MachineState.WAITING_FOR_CLEAR


class Problem(NamedTuple):
    """Why a lease is not held. `FAILED` is a verdict on its program and closes the job to this machine;
    `LAPSED` only gives it back: at another time, or planned anew, it may be made here."""

    state: Literal[AttemptState.FAILED, AttemptState.LAPSED]
    reason: str


def lease_problem(world: World, lease: wire.Lease) -> Problem | None:
    """Why this lease is refused or given back before anything is fetched; None when it may be held."""
    machine = world.machines.get(lease.machine)
    if machine is None:
        return Problem(AttemptState.LAPSED, f"this bridge has no machine {lease.machine!r}")
    if passing := next(_passing_problems(world, lease, machine), None):
        return Problem(AttemptState.LAPSED, passing)
    if lease.program_bytes > wire.PROGRAM_BYTES_MAX:
        most = wire.PROGRAM_BYTES_MAX
        reason = f"its program of {lease.program_bytes} bytes is over the {most} this bridge takes"
        return Problem(AttemptState.FAILED, reason)
    try:
        machine.profile.material(lease.material)
    except ProfileError as error:
        return Problem(AttemptState.FAILED, str(error))
    return None


def _passing_problems(world: World, lease: wire.Lease, machine: Machine) -> Iterator[str]:
    bench = world.bench(machine.id)
    if lease.profile_sha256 != machine.sha256:
        yield f"it was planned for profile {lease.profile_sha256[:12]}, not for {machine.sha256[:12]}: plan again"
    if occupant := world.occupant(machine.id):
        yield f"{machine.id} already holds attempt {occupant.id}"
    if not bench.bed_clear:
        yield f"nobody has said that the bed of {machine.id} is clear"
    if bench.hot is not None:
        yield f"{machine.id} has not been made safe since its last run"
    if not 0 < lease.expires_in_s < TIMES_MAX_S or not 0 <= lease.estimate_s < TIMES_MAX_S:
        yield f"its times make no sense: {lease.estimate_s} s of work, {lease.expires_in_s} s of lease"


def upload_problem(world: World, machine: str, profile_sha256: str) -> str:
    """Why a program brought to this bridge is not taken for a machine; empty when it is.

    It need not find a clear bed: like any other it waits for one once it is armed.
    """
    known = world.machines.get(machine)
    if known is None:
        return f"there is no machine {machine!r}; there are: {', '.join(world.machines) or 'none'}"
    if known.sha256 != profile_sha256:
        return f"the profile of {machine} has changed since the bridge started: start the bridge again"
    if occupant := world.occupant(machine):
        return f"{machine} already holds attempt {occupant.id} ({occupant.state}): wait for its end, or stop it"
    if len(world.attempts) >= OPEN_ATTEMPTS_MAX:
        return f"{len(world.attempts)} attempts wait to be settled with the commons"
    return ""


def given_back(attempt: Attempt) -> AttemptState:
    """How an attempt that has not begun here ends for no fault of its program: `lapsed`, but `failed` where the
    commons may believe that it began, which is never taken back."""
    return AttemptState.FAILED if attempt.start_asked else AttemptState.LAPSED


def same_lease(one: wire.Lease, other: wire.Lease) -> bool:
    """Whether both say the same; how long it still runs may differ."""
    return msgspec.structs.replace(one, expires_in_s=0.0) == msgspec.structs.replace(other, expires_in_s=0.0)


class CommandRefused(BridgeError):
    """A command that this bridge does not know or cannot read; `what` names it."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what, self.reason = what, reason


def read_command(raw: bytes) -> wire.Command:
    """One command of a sync's answer. Raises `CommandRefused`."""
    try:
        return msgspec.json.decode(raw, type=wire.Lease | wire.Withdraw | wire.NeedProfile)
    except wire.UNREADABLE as error:
        raise CommandRefused(f"command {brief(raw.decode('utf-8', 'replace'), 200)}", brief(str(error))) from None


def interval_s(asked: float, chance: float) -> float:
    """How long until the next sync: what the commons asked, bounded; `chance` in [0, 1) keeps bridges apart."""
    low, high = INTERVAL_S
    return max(low, min(max(asked, low), high) * (0.8 + 0.2 * chance))


def backoff_s(failures: int, chance: float) -> float:
    """Full jitter: anything up to a bound that doubles with each failure."""
    return INTERVAL_S[0] + min(BACKOFF_MAX_S, 0.5 * 2.0 ** min(failures, 10)) * chance
