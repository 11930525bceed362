"""Leases, starts and reports: what a bridge is given, and which of its words count, on each database."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from commons.errors import NotFound
from commons.orders import services as orders
from commons.orders.models import Attempt
from commons.workshops.models import BridgeRefusal
from fabrication.dispatch.states import JobState
from firmware_bridge import wire
from firmware_bridge.wire import AttemptState, MachineState


def test_a_lease_whose_answer_was_lost_is_offered_again_and_is_the_same(world):
    (job_id,) = world.order()
    first = world.lease(job_id)
    _, (again,) = world.sync()
    assert (again.attempt, again.fence) == (first.attempt, first.fence)


def test_no_lease_while_the_bed_is_not_clear_or_a_lease_is_held(world):
    first, second = world.order(quantity=2)
    world.sync()
    for job_id in (first, second):
        world.claim(job_id)
        world.plan(job_id)
    assert world.sync(MachineState.WAITING_FOR_CLEAR)[1] == []
    assert len(world.sync(MachineState.FREE)[1]) == 1
    assert world.sync(MachineState.HOLDING)[1] == []
    assert len(world.attempts()) == 1


def test_a_start_is_given_once_a_fence_and_the_same_answer_again(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    assert not world.start(lease, fence=lease.fence - 1).started
    assert world.start(lease).started
    assert world.start(lease).started
    assert len(world.attempts()) == 1


def test_a_held_lease_is_renewed_by_every_sync(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    for _ in range(3):
        world.sweep(later_s=100)
        answer, _ = world.report(lease, AttemptState.LEASED)
        assert answer.leases[lease.attempt] == pytest.approx(120)
    assert world.job(job_id).state is JobState.READY


def test_reports_of_a_superseded_fence_change_nothing(world):
    (job_id,) = world.order()
    first = world.lease(job_id)
    world.acting(world.owner_id, orders.release, job_id)
    second = world.lease(job_id)
    assert second.fence > first.fence
    world.start(second)
    for state in AttemptState:
        world.report(first, state)
        assert world.job(job_id).state is JobState.RUNNING
    assert not world.start(first).started


def test_before_the_start_only_a_refusal_counts(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    for state in (AttemptState.STARTED, AttemptState.FINISHED, AttemptState.LOST):
        world.report(lease, state)
        assert world.job(job_id).state is JobState.READY
    world.report(lease, AttemptState.FAILED, "wrong hash")
    job = world.job(job_id)
    assert job.state is JobState.OPEN
    assert "wrong hash" in job.refusals[0].reason


def test_a_bridge_gives_back_what_it_has_not_begun(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    answer, _ = world.report(lease, AttemptState.LAPSED, "the lease ran out while the network was gone")
    assert answer.settled == [lease.attempt]
    job = world.job(job_id)
    assert (job.state, job.attempt.state) == (JobState.OPEN, AttemptState.LAPSED)
    assert "network was gone" in job.reason


def test_another_bridge_has_no_say(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    other = world.pair()
    with pytest.raises(NotFound):
        world.start(lease, bridge_id=other)


def test_refusals_are_kept_once(world):
    refusal = wire.Refusal(number=1, what="command 'dance'", reason="unknown")
    assert world.sync(refusals=[refusal])[0].refusals_seen == 1
    assert world.sync(refusals=[refusal])[0].refusals_seen == 1
    with world.database.read() as session:
        assert session.query(BridgeRefusal).count() == 1


def test_the_database_itself_keeps_a_job_and_a_machine_to_one_live_attempt(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    with pytest.raises(sa.exc.IntegrityError), world.database.write() as session:
        first = session.get_one(Attempt, lease.attempt)
        session.add(
            Attempt(
                job_id=job_id,
                machine_id=first.machine_id,
                bridge_id=first.bridge_id,
                fence=99,
                program_sha256=first.program_sha256,
                expires=first.expires,
            )
        )


def test_a_lease_that_ran_out_is_not_offered_again(world):
    (job_id,) = world.order()
    world.lease(job_id)
    world.now += timedelta(seconds=130)
    assert world.sync()[1] == []
    assert world.job(job_id).state is JobState.OPEN
