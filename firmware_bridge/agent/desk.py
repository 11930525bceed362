"""What everything in the agent shares: the bridge's store and what is known beside it, and how both change.

A change is on disk before anything that follows from it is done.
"""

import datetime
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from firmware_bridge import wire
from firmware_bridge.agent import rules
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.errands import Errands, Key
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules import Attempt, Machine, World
from firmware_bridge.agent.runs.process import Run
from firmware_bridge.agent.store import Store
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState

SYNC: Key = ("sync", "")


class Desk:
    """`clock` gives monotonic s; `hour` the local hour, 0 to 23. `expires`: when each lease ends, by attempt."""

    def __init__(
        self,
        home: Home,
        client: CommonsClient,
        machines: Mapping[str, Machine],
        store: Store,
        errands: Errands,
        *,
        clock: Callable[[], float] = time.monotonic,
        hour: Callable[[], int] = lambda: datetime.datetime.now().astimezone().hour,
    ) -> None:
        self.home, self.client, self.machines, self.store, self.errands = home, client, machines, store, errands
        self.clock, self._hour = clock, hour
        self.runs: dict[str, Run] = {}
        """By machine."""
        self.last_progress: dict[str, wire.Progress] = {}
        """By attempt."""
        self.hosts = {
            machine.id: "has not answered yet" for machine in machines.values() if machine.profile.link.hosted
        }
        """By machine: why it could not begin now, by its host's latest word; empty where it could."""
        self.expires: dict[str, float] = {}
        self.heard: float | None = None
        self.trouble = ""
        self.ending = False
        self.next_sync = clock()

    def world(self) -> World:
        """Everything known, at this moment."""
        return World(
            machines=self.machines,
            benches=self.store.benches(),
            attempts=self.store.open_attempts(),
            present=frozenset(m.id for m in self.machines.values() if self._present(m)),
            running=frozenset(self.runs),
            expires=self.expires,
            now=self.clock(),
            hour=self._hour(),
        )

    def _present(self, machine: Machine) -> bool:
        """Whether it can be there. A port that is reached over the network is tried when it is needed."""
        port = machine.profile.link.port
        return not self.hosts[machine.id] if machine.id in self.hosts else "://" in port or Path(port).exists()

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
        self.change(replace(attempt, state=rules.given_back(attempt), reason=brief(reason)))
        log(f"attempt {attempt.id} is given back: {brief(reason)}")

    def fail(self, attempt: Attempt, reason: str) -> None:
        """The verdict that its program may not run here; the job is then closed to this machine."""
        self.change(replace(attempt, state=AttemptState.FAILED, reason=brief(reason)))
        log(f"refused attempt {attempt.id}: {brief(reason)}")

    def refuse(self, what: str, reason: str) -> None:
        """Says no, here and to the commons."""
        if self.store.refuse(brief(what), brief(reason)):
            log(f"refused {brief(what)}: {brief(reason)}")
            self.hurry()

    def hurry(self, *, person: bool = False) -> None:
        """The commons should hear of this soon. Only for a person is it asked again while it recovers."""
        self.next_sync = self.clock()
        if person:
            self.errands.forget(SYNC)


def log(line: str) -> None:
    """One line for the owner, on stderr (which a service manager keeps)."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201
