"""What a bridge does before anything else: settle what the one before it left open.

A restarted bridge never begins a program. What was not begun must be checked and armed again; what was
begun is over: `finished` where its journal says so, else `lost`, and its machine is switched off first. Only what a
host prints goes on, and is looked for there.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from firmware_bridge.agent import evidence, rules
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules import Attempt, Bench, Machine
from firmware_bridge.agent.store import Store
from firmware_bridge.errors import JournalError
from firmware_bridge.journal import Journal
from firmware_bridge.machine import Link
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState

_MOVES = frozenset({"G0", "G1", "G2", "G3"})


def recover(home: Home, store: Store, machines: Mapping[str, Machine]) -> None:
    """Brings every open attempt into a state that needs nothing of a bridge that is gone."""
    benches = store.benches()
    for attempt in store.open_attempts():
        bench = benches.get(attempt.lease.machine, Bench())
        if attempt.state in rules.NOT_BEGUN:
            store.put(_held_again(attempt, machines.get(attempt.lease.machine)))
        elif attempt.state is AttemptState.STARTED and not _host_prints_on(bench, machines.get(attempt.lease.machine)):
            state, reason = _how_it_ended(home, attempt, bench.hot)
            store.end(attempt, state, reason, bench)
    for machine in machines.values():
        if machine.profile.virtual:
            store.set_bench(machine.id, replace(store.benches().get(machine.id, Bench()), bed_clear=True))
    for half in (home.folder / "programs").glob("*.part"):
        half.unlink()  # of a download that was cut off
    evidence.tidy(home, store)


def _held_again(attempt: Attempt, machine: Machine | None) -> Attempt:
    if machine is None or machine.sha256 != attempt.lease.profile_sha256:
        changed = "has gone" if machine is None else "has changed"
        reason = f"the profile of {attempt.lease.machine} {changed} since it was leased: plan again"
        return replace(attempt, state=rules.given_back(attempt), reason=reason)
    return replace(attempt, state=AttemptState.LEASED, checked=False)


def _host_prints_on(bench: Bench, machine: Machine | None) -> bool:
    """Whether there is still a host to ask how it goes."""
    if bench.hot is None or not bench.hot.hosted or machine is None:
        return False
    now = machine.profile.link
    return (now.host, now.address) == (bench.hot.host, bench.hot.address)


def _how_it_ended(home: Home, attempt: Attempt, link: Link | None) -> tuple[AttemptState, str]:
    assert link is not None  # noqa: S101 (`begin` wrote it together with the state)
    try:
        run = Journal.last(home.journal(attempt.id), link.address, attempt.lease.program_sha256)
    except JournalError as error:
        return AttemptState.LOST, brief(f"the bridge was cut off, nobody knows where: {error}")
    if run is None:
        return AttemptState.LOST, "the bridge was cut off before it sent the first line"
    if run.outcome == "finished":
        return AttemptState.FINISHED, ""
    height = height_at(home.program(attempt.lease.program_sha256), run.acknowledged)
    where = f"line {run.acknowledged} of {run.lines}" + ("" if height is None else f", {height:.2f} mm high")
    return AttemptState.LOST, brief(f"the bridge was cut off at {where}{run.reason and f': {run.reason}'}")


def height_at(program: Path, line: int) -> float | None:
    """The height in mm at which the program's line (from 1) leaves the tool; None before it says one."""
    height, relative = None, False
    with program.open(encoding="ascii") as lines:
        for number, text in enumerate(lines, 1):
            if number > line:
                break
            command, *words = text.split()
            if command in ("G90", "G91"):
                relative = command == "G91"
            elif command in ("G28", "G29"):
                height = None
            elif command in _MOVES:
                for word in words:
                    if word[0] == "Z":
                        height = (
                            float(word[1:]) if not relative else None if height is None else height + float(word[1:])
                        )
    return height


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
