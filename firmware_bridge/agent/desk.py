"""What everything in the agent shares: the bridge's store and what is known beside it, and how both change.

A change is on disk before anything that follows from it is done.
"""

import datetime
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from firmware_bridge import wire
from firmware_bridge.agent import evidence
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.clock import now_s
from firmware_bridge.agent.errands import Errands, Key
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.log import log
from firmware_bridge.agent.rules import power
from firmware_bridge.agent.rules.leases import given_back
from firmware_bridge.agent.rules.pauses import why_wanted
from firmware_bridge.agent.rules.world import ENDED, Attempt, Machine, World, machine_state
from firmware_bridge.agent.runs.process import Run
from firmware_bridge.agent.store import Store, why_failed
from firmware_bridge.text import brief
from firmware_bridge.transport.ports import present
from firmware_bridge.wire import AttemptState, MachineState

SYNC: Key = ("sync", "")


class Desk:
    """`clock` gives s and is never set; `hour` the local hour, 0 to 23. `expires`: when each lease ends, by attempt.

    `power_budget_w` is what the machines may take together, 0 for no limit. `left_out` says of each machine that cannot
    be used, why.
    """

    def __init__(
        self,
        home: Home,
        client: CommonsClient,
        machines: Mapping[str, Machine],
        store: Store,
        errands: Errands,
        *,
        left_out: Mapping[str, str] | None = None,
        power_budget_w: float = 0.0,
        clock: Callable[[], float] = now_s,
        hour: Callable[[], int] = lambda: datetime.datetime.now().astimezone().hour,
    ) -> None:
        self.home, self.client, self.machines, self.store, self.errands = home, client, machines, store, errands
        self.power_budget_w, self.clock, self._hour = power_budget_w, clock, hour
        self.left_out = dict(left_out or {})
        self.runs: dict[str, Run] = {}
        """By machine."""
        self.last_progress: dict[str, wire.Progress] = {}
        """By attempt."""
        self.hosts = {
            machine.id: "has not answered yet" for machine in machines.values() if machine.profile.link.hosted
        }
        """By machine: why it could not begin now, by its host's latest word; empty where it could."""
        self.unsafe: dict[str, str] = {}
        """By machine that may be hot: why it could not be switched off, when that was tried last."""
        self.expires: dict[str, float] = {}
        self.heard: float | None = None
        self.trouble = ""
        self.page = ""
        """The address of the local page, where there is one."""
        self.ending = False
        self.failed = ""
        """Why it can keep nothing any more."""
        self.next_sync = clock()

    def world(self) -> World:
        """Everything known, at this moment."""
        benches = self.store.benches()
        maybe_hot = {name for name, bench in benches.items() if bench.hot is not None} & self.machines.keys()
        return World(
            machines=self.machines,
            benches=benches,
            attempts=self.store.open_attempts(),
            present=frozenset(m.id for m in self.machines.values() if self._present(m)),
            running=frozenset(self.runs),
            expires=self.expires,
            now=self.clock(),
            hour=self._hour(),
            power_budget_w=self.power_budget_w,
            heats={name: self._heat(name) for name in maybe_hot | self.runs.keys()},
            clock_apart_s=self.client.clock_apart_s,
        )

    def claimed(self, machine: str) -> tuple[str, ...]:
        """The ports of all the other machines."""
        links = [other.profile.link for other in self.machines.values() if other.id != machine]
        return tuple(link.port for link in links if link.port)

    def _heat(self, machine: str) -> power.Heat:
        run = self.runs.get(machine)
        return power.heat_of(run.progress if run is not None else None)

    def _present(self, machine: Machine) -> bool:
        """Whether it can be there. A port that is reached over the network is tried when it is needed."""
        if machine.id in self.hosts:
            return not self.hosts[machine.id]
        return present(machine.profile.link, self.claimed(machine.id))

    def trouble_of(self, machine: Machine, world: World) -> str:
        """Why it could not begin now, or why a person is wanted at what it runs; empty where all is well."""
        run = self.runs.get(machine.id)
        if run is not None and run.attempt is not None:
            return why_wanted(run.progress)
        if machine_state(world, machine.id) is MachineState.RUNNING:
            return self.hosts.get(machine.id, "")  # nobody watches what its host prints
        if world.bench(machine.id).hot is not None:
            tried = self.unsafe.get(machine.id)
            left = "its spindle may still turn" if machine.mills else "it may still be hot"
            return f"{left} since its last run, look at it{f': {tried}' if tried else ''}"
        if machine.id in self.hosts:
            return self.hosts[machine.id]
        if machine.id not in world.present:
            return f"there is no port {machine.profile.link.address}: check its cable, and whether it has power"
        return ""

    def progress_of(self, attempt: Attempt) -> wire.Progress | None:
        """The latest known; of an attempt that has ended, how far it came."""
        run = self.runs.get(attempt.lease.machine)
        return run.progress if run is not None and run.attempt == attempt.id else self.last_progress.get(attempt.id)

    def change(self, attempt: Attempt) -> None:
        """Keeps it, and tells the commons soon."""
        self.store.put(attempt)
        self.hurry()

    def drop(self, attempt: Attempt, reason: str) -> None:
        """Gives back an attempt that has not begun here. Where the commons may think it has, it hears `failed`."""
        self.change(replace(attempt, state=given_back(attempt), reason=brief(reason)))
        log(f"attempt {attempt.id} is given back: {brief(reason)}")

    def fail(self, attempt: Attempt, reason: str) -> None:
        """The verdict that its program may not run here; the job is then closed to this machine."""
        self.change(replace(attempt, state=AttemptState.FAILED, reason=brief(reason)))
        log(f"refused attempt {attempt.id}: {brief(reason)}")

    def settle(self, attempts: Sequence[Attempt]) -> None:
        """Nobody needs to hear of these ended attempts any more."""
        if not attempts:
            return
        self.store.settle(attempts)
        for attempt in attempts:
            self.expires.pop(attempt.id, None)
            self.last_progress.pop(attempt.id, None)
            for kind in ("fetch", "start"):
                self.errands.forget((kind, attempt.id))
        evidence.tidy(self.home, self.store)

    def settle_local(self, machine: str) -> None:
        """A person at the machine goes on: what came to its end there, brought to this bridge itself, was seen."""
        self.settle(
            [a for a in self.store.open_attempts() if a.local and a.lease.machine == machine and a.state in ENDED]
        )

    def refuse(self, what: str, reason: str) -> None:
        """Says no, here and to the commons."""
        if self.store.refuse(brief(what), brief(reason)):
            log(f"refused {brief(what)}: {brief(reason)}")
            self.hurry()

    def give_up(self, error: sqlite3.Error) -> None:
        """The database fails: nothing more is begun, and what runs goes on to its end, which its journal keeps."""
        if not self.failed:
            self.failed = self.trouble = f"the bridge's database {self.home.database} fails: {why_failed(error)}"
            log(f"{self.failed}; the bridge ends when its runs have")
        self.ending = True

    def hurry(self, *, person: bool = False) -> None:
        """The commons should hear of this soon. Only for a person is it asked again while it recovers."""
        self.next_sync = self.clock()
        if person:
            self.errands.forget(SYNC)
