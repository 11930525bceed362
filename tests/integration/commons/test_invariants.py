"""Dispatch as a model: any order of claims, syncs, crashes, silences and late words keeps the invariants.

The same model must catch four sabotaged variants of the rules, or it tests nothing.
"""

import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from commons.agents import services
from commons.agents.sync import Sync
from commons.db import Database
from commons.errors import CommonsError
from commons.orders import services as orders
from commons.orders import sweeper
from commons.orders.models import Attempt, Job
from fabrication.dispatch.states import IN_WORK, JobState
from firmware_bridge import wire
from firmware_bridge.wire import LIVE_ATTEMPT_STATES, AttemptState, MachineState
from tests.integration.commons.world import World, config_for

SETTINGS = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@cache
def _template() -> tempfile.TemporaryDirectory[str]:
    """With an empty database that has every table, made once a process and copied for each example."""
    folder = tempfile.TemporaryDirectory(prefix="commons-template-")
    database = Database(f"sqlite:///{folder.name}/empty.db")
    database.migrate()
    database.dispose()
    return folder


class Dispatch(RuleBasedStateMachine):
    """One bridge that may crash at any point, one order of two copies, and the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="commons-model-"))
        self.leases: list[wire.Lease] = []
        self.prints: set[str] = set()
        """The attempts that were physically begun."""

    @initialize()
    def begin(self) -> None:
        shutil.copy(f"{_template().name}/empty.db", self.folder / "model.db")
        self.database = Database(f"sqlite:///{self.folder / 'model.db'}")
        self.world = World(self.database, config_for(self.folder))
        self.jobs = self.world.order(quantity=2)
        self.order_id = self.world.job(self.jobs[0]).order_id
        self.world.sync()

    @rule(which=st.integers(0, 1))
    def claim_and_plan(self, which: int) -> None:
        try:
            self.world.claim(self.jobs[which])
        except CommonsError:
            return
        self.world.plan(self.jobs[which])

    @rule()
    def sync_free(self) -> None:
        for command in self.world.sync(MachineState.FREE)[1]:
            if isinstance(command, wire.Lease):
                self.leases.append(command)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        """The bridge asks to start; given a yes, it prints."""
        self._start(data.draw(st.sampled_from(self.leases)))

    def _start(self, lease: wire.Lease) -> None:
        if self.world.start(lease).started:
            self.prints.add(lease.attempt)

    @rule(which=st.integers(0, 1))
    def straight_to_print(self, which: int) -> None:
        """Guides the model to where it matters: left to chance, it seldom gets a machine to print."""
        self.claim_and_plan(which)
        self.sync_free()
        if self.leases:
            self._start(self.leases[-1])

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), state=st.sampled_from(list(AttemptState)), older=st.booleans())
    def report(self, data: st.DataObject, state: AttemptState, older: bool) -> None:
        """The bridge says something, perhaps late: of a superseded fence it changes nothing."""
        lease = data.draw(st.sampled_from(self.leases))
        with self.database.read() as session:
            attempt = session.get_one(Attempt, lease.attempt)
            fence = lease.fence - older
            superseded = attempt.job.fence != fence
        before = self._standing()
        self.world.report(lease, state, "said by the bridge", fence=fence)
        assert not superseded or self._standing() == before, "invariant: a superseded fence has no say"

    @rule()
    def the_machine_is_removed_and_put_back(self) -> None:
        self.world.sync(MachineState.HOLDING, removed=True)
        self.world.sync(MachineState.HOLDING)

    def _standing(self) -> list[tuple[str, str]]:
        with self.database.read() as session:
            jobs = [(job.id, job.state) for job in session.query(Job).order_by(Job.id)]
            return jobs + [(one.id, one.state) for one in session.query(Attempt).order_by(Attempt.id)]

    @rule(later_s=st.sampled_from([1.0, 130.0, 1900.0, 90_000.0]))
    def time_passes(self, later_s: float) -> None:
        self.world.sweep(later_s)

    @rule(
        which=st.integers(0, 1),
        verb=st.sampled_from(["release", "reopen", "settle good", "settle bad", "accept", "reject", "cancel"]),
    )
    def person(self, which: int, verb: str) -> None:
        job_id, owner, maker = self.jobs[which], self.world.owner_id, self.world.maker_id
        acts = {
            "release": lambda: self.world.acting(owner, orders.release, job_id),
            "reopen": lambda: self.world.acting(owner, orders.reopen, job_id),
            "settle good": lambda: self.world.acting(owner, orders.settle_lost, job_id, good=True),
            "settle bad": lambda: self.world.acting(owner, orders.settle_lost, job_id, good=False),
            "accept": lambda: self.world.acting(maker, orders.accept, job_id),
            "reject": lambda: self.world.acting(maker, orders.reject, job_id, "no good"),
            "cancel": lambda: self.world.acting(maker, orders.cancel_order, self.order_id),
        }
        try:
            acts[verb]()
        except CommonsError:
            return

    @invariant()
    def one_live_attempt(self) -> None:
        if not hasattr(self, "jobs"):
            return
        with self.database.read() as session:
            live = session.query(Attempt).filter(Attempt.state.in_(LIVE_ATTEMPT_STATES)).all()
            for owner in ("job_id", "machine_id"):
                owners = [getattr(attempt, owner) for attempt in live]
                assert len(set(owners)) == len(owners), f"invariant: one live attempt for each {owner}"
            running = {job.id for job in session.query(Job).filter_by(state=JobState.RUNNING)}
            begun = {one.job_id for one in live if one.state in (AttemptState.STARTED, AttemptState.LOST)}
            assert running == begun, "invariant: a job runs as long as an attempt that has begun is live"

    @invariant()
    def nothing_printed_is_forgotten(self) -> None:
        """A physical run whose end nobody has told keeps its job from the board."""
        if not hasattr(self, "jobs"):
            return
        with self.database.read() as session:
            for attempt_id in self.prints:
                attempt = session.get_one(Attempt, attempt_id)
                told = (AttemptState.STARTED, AttemptState.LOST, AttemptState.FINISHED, AttemptState.FAILED)
                assert attempt.state in told, f"invariant: {attempt.state} is no word for a print that was begun"

    @invariant()
    def what_was_ordered_adds_up(self) -> None:
        if not hasattr(self, "jobs"):
            return
        with self.database.read() as session:
            count = sa.select(Job.state, sa.func.count()).where(Job.order_id == self.order_id).group_by(Job.state)
            stored = dict(row for row in session.execute(count))
        (order,) = self.world.orders()
        told = orders.tally(order)
        assert sum(told.values()) == order.quantity == sum(stored.values()), "invariant: quantities add up"
        assert told["in work"] == sum(stored.get(state, 0) for state in IN_WORK), "invariant: quantities add up"

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.dispose()
        shutil.rmtree(self.folder)


def test_the_invariants_hold() -> None:
    run_state_machine_as_test(Dispatch, settings=SETTINGS)


def _start_without_a_look_at_the_lease(session, bridge, attempt_id, request, now):
    """Sabotage: any attempt of the bridge may start, lapsed or not."""
    attempt = session.get_one(Attempt, attempt_id)
    return wire.StartAnswer(started=attempt.program_sha256 == request.program_sha256)


def _requeue_what_went_silent(session, job_id, silent):
    """Sabotage: a silent start goes back to the board."""
    job = orders.locked(session, job_id)
    attempt = job.attempt
    if attempt.state is AttemptState.STARTED and attempt.heard <= silent:
        attempt.state = AttemptState.LAPSED
        job.state = JobState.OPEN


def _any_fence(_report, _attempt, _job):
    """Sabotage: a report counts whatever its fence."""
    return False


def _release_whatever_runs(session, owner, job_id):
    """Sabotage: a job can be given back after its start."""
    job = orders.locked(session, job_id)
    attempt = job.attempt
    if attempt is not None and attempt.state is AttemptState.STARTED:
        attempt.state = AttemptState.LAPSED
        job.state, job.fence, job.machine_id = JobState.OPEN, job.fence + 1, None
    return job


@pytest.mark.parametrize(
    ("module", "name", "sabotage"),
    [
        (services, "start", _start_without_a_look_at_the_lease),
        (sweeper, "lose", _requeue_what_went_silent),
        (Sync, "_superseded", staticmethod(_any_fence)),
        (orders, "release", _release_whatever_runs),
    ],
)
def test_the_model_catches_sabotage(monkeypatch, module, name, sabotage) -> None:
    monkeypatch.setattr(module, name, sabotage)
    with pytest.raises(AssertionError, match="invariant: "):
        run_state_machine_as_test(Dispatch, settings=settings(SETTINGS, max_examples=200, derandomize=True))
