"""What a bridge does before anything else: settle what the one before it left open.

A restarted bridge never begins a program. What was not begun must be checked and armed again. What was begun is
`finished` where its journal says so. It may be gone on with where its owner's limits and `resumption` allow it; then
the firmware itself has the last word. Else it is `lost`, and its machine is switched off first. What a host prints goes
on, and is looked for there.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from firmware_bridge.agent import evidence
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules.leases import given_back
from firmware_bridge.agent.rules.world import NOT_BEGUN, Attempt, Bench, Hot, Machine
from firmware_bridge.agent.store import Store
from firmware_bridge.errors import JournalError, NotResumable
from firmware_bridge.journal import Run, journals
from firmware_bridge.journal.resumption import resume_within_s, whereabouts
from firmware_bridge.program import left_at
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState


def recover(
    home: Home, store: Store, machines: Mapping[str, Machine], *, now: Callable[[], float] = time.time
) -> list[Attempt]:
    """Brings every open attempt into a state that needs nothing of a bridge that is gone.

    Gives those still started, which may be gone on with. `now` is in seconds since the epoch.
    """
    benches, going_on = store.benches(), []
    for attempt in store.open_attempts():
        bench, machine = benches.get(attempt.lease.machine, Bench()), machines.get(attempt.lease.machine)
        if attempt.state in NOT_BEGUN:
            store.put(_held_again(attempt, machine))
        elif attempt.state is AttemptState.STARTED and not _host_prints_on(bench, machine):
            ended = _how_it_ended(home, attempt, bench.hot, machine, now())
            if ended is None:
                going_on.append(attempt)
            else:
                store.end(attempt, *ended, bench)
    for each in machines.values():
        if each.profile.virtual:
            store.set_bench(each.id, replace(store.benches().get(each.id, Bench()), bed_clear=True))
    for half in (home.folder / "programs").glob("*.part"):
        with suppress(OSError):
            half.unlink()  # of a download that was cut off; what stays is tried again
    evidence.tidy(home, store)
    return going_on


def _held_again(attempt: Attempt, machine: Machine | None) -> Attempt:
    if machine is None or machine.sha256 != attempt.lease.profile_sha256:
        changed = "has gone" if machine is None else "has changed"
        again = "bring it again" if attempt.local else "plan again"
        reason = f"the profile of {attempt.lease.machine} {changed} since it was leased: {again}"
        return replace(attempt, state=given_back(attempt), reason=reason)
    return replace(attempt, state=AttemptState.LEASED, checked=False)


def _host_prints_on(bench: Bench, machine: Machine | None) -> bool:
    """Whether there is still a host to ask how it goes."""
    if bench.hot is None or not bench.hot.link.hosted or machine is None:
        return False
    now, then = machine.profile.link, bench.hot.link
    return (now.host, now.address) == (then.host, then.address)


def _how_it_ended(
    home: Home, attempt: Attempt, hot: Hot | None, machine: Machine | None, now: float
) -> tuple[AttemptState, str] | None:
    """None where it may not have ended yet."""
    assert hot is not None  # noqa: S101 (`begin` wrote it together with the state)
    try:
        run = journals.last(home.journal(attempt.id), hot.link.address, attempt.lease.program_sha256)
    except JournalError as error:
        return AttemptState.LOST, brief(f"the bridge was cut off, nobody knows where: {error}")
    if run is None:
        return AttemptState.LOST, "the bridge was cut off before it sent the first line"
    if run.outcome == "finished":
        return AttemptState.FINISHED, ""
    objection = _objection(attempt, run, machine, now)
    if not objection:
        return None
    where = left_at(home.program(attempt.lease.program_sha256), run)
    return AttemptState.LOST, brief(f"the bridge was cut off at {where}: {objection}")


def _objection(attempt: Attempt, run: Run, machine: Machine | None, now: float) -> str:
    """Why nobody may ask the machine whether it can go on; empty where somebody may."""
    if machine is None or machine.sha256 != attempt.lease.profile_sha256:
        return f"the profile of {attempt.lease.machine} has {'gone' if machine is None else 'changed'} since"
    try:
        whereabouts(run, within_s=resume_within_s(machine.profile), now=now)
    except NotResumable as error:
        return str(error)
    return ""
