"""The agent: what arrives (answers, words of runs, requests of people) changes the store; `advance` acts on it.

One thread owns everything here. Nothing in it waits: asking the commons is an errand, driving a machine a
process. A change is on disk before anything that follows from it is done.
"""

import datetime
import random
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from firmware_bridge import gcode, wire
from firmware_bridge.agent import restart, rules
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.errands import Errands
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules import ENDED, Attempt, Bench, Machine, World
from firmware_bridge.agent.runs.process import Outcome, Run, StreamProgram, SwitchOff
from firmware_bridge.agent.store import Store
from firmware_bridge.errors import BridgeError, CommonsRefused, CommonsUnreachable, MachineError
from firmware_bridge.machine import Link
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState

COMMANDS_MAX = 64
TICK_S = 1.0
"""How late a port that appeared, an hour that struck or a lease that ran out may be noticed."""
_SYNC = ("sync", "")


class Agent:
    """`clock` gives monotonic s; `hour` the local hour, 0 to 23."""

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
        self._last_progress: dict[str, wire.Progress] = {}
        """By machine."""
        self.heard: float | None = None
        self.trouble = ""
        self.ending = False
        self._expires: dict[str, float] = {}
        self._unpublished = set(machines)
        self._next_sync = self._not_before = clock()
        restart.recover(home, store, machines)
        for attempt in store.open_attempts():
            self._expires[attempt.id] = clock() + attempt.lease.expires_in_s
            log(f"attempt {attempt.id} on {attempt.lease.machine} is {attempt.state} {attempt.reason}")

    def world(self) -> World:
        """Everything known, at this moment."""
        return World(
            machines=self.machines,
            benches=self.store.benches(),
            attempts=self.store.open_attempts(),
            present=frozenset(m.id for m in self.machines.values() if _present(m.profile.link.port)),
            running=frozenset(self.runs),
            expires=self._expires,
            now=self.clock(),
            hour=self._hour(),
        )

    def advance(self) -> float:
        """Does what is due; returns in how many s it should be asked again at the latest."""
        for run in self.runs.values():
            run.enforce(self.clock())
        if self.ending:
            return TICK_S
        actions = rules.todo(self.world())
        for action in actions:
            self._act(action)
        due = max(self._next_sync, self._not_before) if self.errands.may_go(_SYNC) else float("inf")
        if self.clock() >= due:
            self._sync()
        if any(isinstance(action, rules.Arm | rules.Lapse) for action in actions):
            return 0.0  # more follows from these at once
        soonest = min(due, self.errands.next_try())
        return min(max(soonest - self.clock(), 0.0), TICK_S)

    def end(self) -> None:
        """Begins to leave: every program is stopped safely; nothing new is begun."""
        self.ending = True
        for run in self.programs():
            run.stop("the bridge was ended at the workshop", self.clock())

    def programs(self) -> list[Run]:
        """The runs of programs; what only switches a machine off needs no bridge to see it through."""
        return [run for run in self.runs.values() if run.attempt is not None]

    def _act(self, action: rules.Action) -> None:
        match action:
            case rules.Lapse(attempt, reason):
                self.drop(attempt, reason)
            case rules.Arm(attempt):
                self.change(replace(attempt, state=AttemptState.ARMED))
                log(f"attempt {attempt.id} is armed by the owner's standing arm")
            case rules.Fetch(attempt) if self.errands.may_go(("fetch", attempt.id)):
                self._fetch(attempt)
            case rules.AskStart(attempt) if self.errands.may_go(("start", attempt.id)):
                self._ask_start(attempt)
            case rules.MakeSafe(machine, link) if self.errands.may_go(("safe", machine)):
                self._make_safe(machine, link)
            case _:
                pass  # under way, or waiting to be tried again

    # What arrives from the commons

    def _sync(self) -> None:
        world = self.world()
        attempts = sorted(world.attempts, key=lambda a: a.state in ENDED)[: rules.OPEN_ATTEMPTS_MAX]
        refusals = self.store.refusals()
        published = frozenset(self._unpublished)
        request = wire.SyncRequest(
            protocol=wire.PROTOCOL_VERSION,
            bridge_version=_version(),
            machines=[
                wire.MachineReport(
                    machine=machine.id,
                    profile_sha256=machine.sha256,
                    state=rules.machine_state(world, machine.id),
                    profile=machine.published if machine.id in published else None,
                )
                for machine in self.machines.values()
            ],
            attempts=[self._report(attempt) for attempt in attempts],
            refusals=refusals,
        )
        self._next_sync = float("inf")

        def done(answer: wire.SyncAnswer) -> None:
            self._unpublished -= published
            self._heard(answer, {a.id: a.state for a in attempts}, refusals[-1].number if refusals else 0)

        self.errands.send(_SYNC, lambda: self.client.sync(request), done, self._sync_failed)

    def _report(self, attempt: Attempt) -> wire.AttemptReport:
        return wire.AttemptReport(
            attempt=attempt.id,
            fence=attempt.lease.fence,
            state=attempt.state,
            program_sha256=attempt.lease.program_sha256,
            progress=self.progress_of(attempt),
            reason=attempt.reason,
        )

    def progress_of(self, attempt: Attempt) -> wire.Progress | None:
        """The latest known; of an attempt that has ended, how far it came."""
        run = self.runs.get(attempt.lease.machine)
        return run.progress if run is not None and run.attempt == attempt.id else self._last_progress.get(attempt.id)

    def _heard(self, answer: wire.SyncAnswer, said: Mapping[str, AttemptState], refusals: int) -> None:
        self.heard, self.trouble = self.clock(), ""
        self._not_before = self.clock() + rules.INTERVAL_S[0]
        self.errands.forget(_SYNC)
        # A change that came while this was under way has already asked for the next one.
        self._next_sync = min(
            self._next_sync,
            self.clock() + rules.interval_s(answer.interval_s, random.random()),  # noqa: S311 (keeps bridges apart)
        )
        self.store.refusals_seen(min(answer.refusals_seen, refusals))
        for raw in answer.commands[:COMMANDS_MAX]:
            self._obey(bytes(raw))
        if len(answer.commands) > COMMANDS_MAX:
            self.refuse("a flood of commands", f"{len(answer.commands)} in one answer; {COMMANDS_MAX} were read")
        for attempt in self.store.open_attempts():
            if attempt.id in answer.leases and attempt.id in said:
                self._expires[attempt.id] = self.clock() + answer.leases[attempt.id]
            # Only what was said can have been heard.
            if attempt.id in answer.settled and attempt.state in ENDED and said.get(attempt.id) is attempt.state:
                self._settle(attempt)

    def _sync_failed(self, error: BridgeError) -> None:
        if str(error) != self.trouble:
            log(f"sync: {error}")
        self.trouble = str(error)
        if not isinstance(error, CommonsUnreachable):
            self.refuse("an answer to sync", str(error))
        self.errands.put_off(_SYNC)
        self._next_sync = self.clock()

    def _obey(self, raw: bytes) -> None:
        try:
            command = rules.read_command(raw)
        except rules.CommandRefused as refused:
            self.refuse(refused.what, refused.reason)
            return
        match command:
            case wire.NeedProfile(machine=machine):
                if machine in self.machines:
                    self._unpublished.add(machine)
                    self.hurry()
            case wire.Withdraw(attempt=attempt, fence=fence, reason=reason):
                held = self.store.attempt(attempt)
                if held is not None and held.lease.fence == fence and held.state in rules.NOT_BEGUN:
                    self.drop(held, f"withdrawn: {brief(reason)}")
            case wire.Lease():
                self._take(command)

    def _take(self, lease: wire.Lease) -> None:
        before = self.store.attempt(lease.attempt)
        if before is not None:
            # The same lease again is an answer that was lost on its way; its reports are the reply.
            if before.settled or not rules.same_lease(before.lease, lease):
                self.refuse(f"lease {lease.attempt}", f"this bridge has had this attempt before; it is {before.state}")
            return
        world = self.world()
        if len(world.attempts) >= rules.OPEN_ATTEMPTS_MAX:
            self.refuse("a flood of leases", f"{len(world.attempts)} attempts wait to be settled")
            return
        if problem := rules.lease_problem(world, lease):
            self.change(Attempt(lease=lease, state=AttemptState.FAILED, reason=problem))
            log(f"refused lease {lease.attempt}: {brief(problem)}")
            return
        self._expires[lease.attempt] = self.clock() + lease.expires_in_s
        self.change(Attempt(lease=lease))
        log(f"holding {lease.attempt} for {lease.machine}: {brief(lease.title, 80)}")

    def refuse(self, what: str, reason: str) -> None:
        """Says no, here and to the commons."""
        if self.store.refuse(brief(what), brief(reason)):
            log(f"refused {brief(what)}: {brief(reason)}")
            self.hurry()

    # From lease to run

    def _fetch(self, attempt: Attempt) -> None:
        lease, machine = attempt.lease, self.machines[attempt.lease.machine]
        program = self.home.program(lease.program_sha256)

        def work() -> None:
            if not (program.exists() and restart.sha256_of(program) == lease.program_sha256):
                self.client.download(lease.attempt, program, lease.program_bytes, lease.program_sha256)
            gcode.verify(program, machine.published, lease.material)

        def done(_: None) -> None:
            held = self.store.attempt(attempt.id)
            if held is not None and held.state in rules.NOT_BEGUN:
                checked = replace(held, checked=True)
                self.change(checked)
                log(f"attempt {attempt.id} is checked and waits for {rules.why_waiting(self.world(), checked)}")
            self.errands.forget(("fetch", attempt.id))

        self.errands.send(("fetch", attempt.id), work, done, lambda error: self._not_fetched(attempt, error))

    def _not_fetched(self, attempt: Attempt, error: BridgeError) -> None:
        held = self.store.attempt(attempt.id)
        if held is None or held.state not in rules.NOT_BEGUN:
            return
        if isinstance(error, CommonsUnreachable):
            self.errands.put_off(("fetch", attempt.id))
            return
        self.change(replace(held, state=AttemptState.FAILED, reason=brief(str(error))))
        log(f"refused attempt {attempt.id}: {brief(str(error))}")

    def _ask_start(self, attempt: Attempt) -> None:
        asked = self.store.put(replace(attempt, start_asked=True))
        request = wire.StartRequest(fence=asked.lease.fence, program_sha256=asked.lease.program_sha256)
        self.errands.send(
            ("start", asked.id),
            lambda: self.client.start(asked.id, request),
            lambda answer: self._may_start(asked.id, answer),
            lambda error: self._not_started(asked.id, error),
        )

    def _may_start(self, attempt_id: str, answer: wire.StartAnswer) -> None:
        self.errands.forget(("start", attempt_id))
        attempt = self.store.attempt(attempt_id)
        if attempt is None or attempt.state is not AttemptState.ARMED:
            return  # stopped or withdrawn meanwhile, and reported as such
        if not answer.started:
            self.drop(attempt, f"the commons did not let it begin: {brief(answer.reason)}")
        elif not self.ending and not rules.why_waiting(self.world(), attempt):
            self._begin(attempt)
        # Else the answer stays good: it is asked for again once nothing is missing.

    def _not_started(self, attempt_id: str, error: BridgeError) -> None:
        attempt = self.store.attempt(attempt_id)
        if isinstance(error, CommonsRefused) and attempt is not None and attempt.state is AttemptState.ARMED:
            self.drop(attempt, f"the commons did not let it begin: {brief(str(error))}")
        else:
            self.errands.put_off(("start", attempt_id))

    def _begin(self, attempt: Attempt) -> None:
        machine = self.machines[attempt.lease.machine]
        begun = self.store.begin(attempt, machine.profile.link)
        self.hurry()
        log(f"attempt {begun.id} begins on {machine.id}")
        try:
            self.runs[machine.id] = Run(machine.id, begun.id, self._work(begun, machine))
        except MachineError as error:
            self._over(begun, Outcome(state="failed", safe=True, reason=str(error)))

    def _work(self, attempt: Attempt, machine: Machine) -> StreamProgram:
        return StreamProgram(
            program=str(self.home.program(attempt.lease.program_sha256)),
            program_sha256=attempt.lease.program_sha256,
            estimate_s=attempt.lease.estimate_s,
            link=machine.profile.link,
            journal=str(self.home.journal(attempt.id)),
            lock=str(self.home.machine_lock(machine.id)),
        )

    # What arrives from runs

    def hear(self, run: Run) -> bool:
        """Reads what a run says; True once it has ended and is gone from `runs`."""
        outcome = run.read()
        if outcome is None:
            return False
        del self.runs[run.machine]
        if run.attempt is None:
            self._switched_off(run.machine, outcome)
        else:
            attempt = self.store.attempt(run.attempt)
            assert attempt is not None  # noqa: S101 (`begin` wrote it)
            if run.progress is not None:
                self._last_progress[attempt.id] = run.progress
            self._over(attempt, outcome)
        return True

    def _over(self, attempt: Attempt, outcome: Outcome) -> None:
        machine = self.machines[attempt.lease.machine]
        hot = None if outcome.safe else machine.profile.link
        bench = Bench(bed_clear=machine.profile.virtual, hot=hot)
        self.store.end(attempt, AttemptState(outcome.state), outcome.reason, bench)
        self.hurry()
        log(f"attempt {attempt.id} on {machine.id} {outcome.state} {outcome.reason}")

    def _make_safe(self, machine: str, link: Link) -> None:
        try:
            work = SwitchOff(link=link, lock=str(self.home.machine_lock(machine)))
            self.runs[machine] = Run(machine, None, work)
        except MachineError as error:
            self._switched_off(machine, Outcome(state="failed", safe=False, reason=str(error)))

    def _switched_off(self, machine: str, outcome: Outcome) -> None:
        key = ("safe", machine)
        if not outcome.safe:
            self.errands.put_off(key)
            log(f"{machine} may still be hot: {outcome.reason}")
            return
        self.errands.forget(key)
        bench = self.world().bench(machine)
        self.store.set_bench(machine, replace(bench, hot=None))
        self.hurry()
        log(f"{machine}: heaters are off")

    # Shared by all

    def change(self, attempt: Attempt) -> None:
        """Keeps it, and tells the commons soon."""
        self.store.put(attempt)
        self.hurry()

    def drop(self, attempt: Attempt, reason: str) -> None:
        """Ends an attempt that has not begun here. Where the commons may think it has, it hears `failed`."""
        state = AttemptState.FAILED if attempt.start_asked else AttemptState.LAPSED
        self.change(replace(attempt, state=state, reason=reason))
        log(f"attempt {attempt.id} is dropped: {reason}")

    def hurry(self, *, person: bool = False) -> None:
        """The commons should hear of this soon. Only for a person is it asked again while it recovers."""
        self._next_sync = self.clock()
        if person:
            self.errands.forget(_SYNC)

    def _settle(self, attempt: Attempt) -> None:
        self.store.settle(attempt)
        self._expires.pop(attempt.id, None)
        self._last_progress.pop(attempt.id, None)
        for kind in ("fetch", "start"):
            self.errands.forget((kind, attempt.id))
        if all(a.lease.program_sha256 != attempt.lease.program_sha256 for a in self.store.open_attempts()):
            self.home.program(attempt.lease.program_sha256).unlink(missing_ok=True)
        shutil.rmtree(self.home.journal(attempt.id), ignore_errors=True)


def log(line: str) -> None:
    """One line for the owner, on stderr (which a service manager keeps)."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _version() -> str:
    try:
        return version("fabrication-commons")
    except PackageNotFoundError:
        return "uninstalled"  # run from a checkout


def _present(port: str) -> bool:
    """Whether a port can be there. One reached over the network is tried when it is needed."""
    return "://" in port or Path(port).exists()
