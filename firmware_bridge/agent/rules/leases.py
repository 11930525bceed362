"""Which leases and programs are taken, and how one that is not is given back."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from firmware_bridge import wire
from firmware_bridge.agent.rules.world import OPEN_ATTEMPTS_MAX, Attempt, Machine, World
from firmware_bridge.errors import BridgeError, ProfileError
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState

TIMES_MAX_S = 30 * 24 * 3600.0
TEXT_KEPT = 100


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


def shortened(lease: wire.Lease) -> wire.Lease:
    """What is kept of one that is not held: enough to tell it from others, whatever its sender wrote into it."""
    texts = {name: brief(getattr(lease, name), TEXT_KEPT) for name in ("title", "ordered_by", "material")}
    return msgspec.structs.replace(lease, **texts)


def same_lease(one: wire.Lease, other: wire.Lease) -> bool:
    """Whether both say the same, as far as it is kept; how long it still runs may differ."""
    one, other = shortened(one), shortened(other)
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
