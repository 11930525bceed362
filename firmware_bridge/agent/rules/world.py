"""One look at everything the bridge knows, on which the rules decide. Times are in s."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from firmware_bridge import wire
from firmware_bridge.agent.rules import power
from firmware_bridge.machine import Link, MachineProfile, PublishedProfile
from firmware_bridge.wire import AttemptState, MachineState

OPEN_ATTEMPTS_MAX = 256
"""What one sync can carry; a flood beyond it is refused."""
NOT_BEGUN = frozenset({AttemptState.LEASED, AttemptState.ARMED})
OCCUPYING = NOT_BEGUN | {AttemptState.STARTED}
ENDED = frozenset({AttemptState.FINISHED, AttemptState.FAILED, AttemptState.LOST, AttemptState.LAPSED})


@dataclass(frozen=True)
class Machine:
    """A machine whose profile can be used; `sha256` is of the published part."""

    id: str
    profile: MachineProfile
    published: PublishedProfile
    sha256: str

    @property
    def mills(self) -> bool:
        """What it may be left with is a turning spindle, not heat."""
        return self.profile.process == "milling"


@dataclass(frozen=True)
class Hot:
    """How a machine is spoken to that a run may have left heated, whatever has become of its profile since.

    `firmware` is empty where a bridge wrote it that did not remember it yet.
    """

    firmware: str
    link: Link


@dataclass(frozen=True)
class Bench:
    """What is remembered of a machine. `hot`: a run may have left it heated or spinning."""

    bed_clear: bool = False
    hot: Hot | None = None


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
