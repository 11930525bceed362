"""What time does: leases lapse, the silent are lost, claims return, policies claim, on each database."""

from datetime import timedelta

import pytest

from commons.errors import Conflict, Forbidden
from commons.orders import services as orders
from commons.orders.models import Attempt
from commons.orders.sweeper import lapse_lease
from fabrication.dispatch.states import JobState
from firmware_bridge import wire
from firmware_bridge.wire import AttemptState, MachineState


def test_a_lease_never_started_returns_to_the_board_and_its_holder_is_told(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    world.sweep(later_s=121)
    job = world.job(job_id)
    assert (job.state, job.attempt.state) == (JobState.OPEN, AttemptState.LAPSED)
    assert not world.start(lease).started
    answer, (withdraw,) = world.report(lease, AttemptState.ARMED)
    assert isinstance(withdraw, wire.Withdraw)
    assert answer.settled == [lease.attempt]
    assert world.job(job_id).state is JobState.OPEN


def test_a_silent_start_is_lost_and_never_run_again_by_itself(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    world.start(lease)
    world.sweep(later_s=1801)
    world.sweep(later_s=10 * 86400)
    job = world.job(job_id)
    assert (job.state, job.attempt.state) == (JobState.RUNNING, AttemptState.LOST)
    assert world.sync(MachineState.FREE)[1] == []


def test_the_bridge_that_comes_back_settles_what_was_lost(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    world.start(lease)
    world.sweep(later_s=1801)
    world.report(lease, AttemptState.STARTED)
    assert world.job(job_id).attempt.state is AttemptState.STARTED
    world.report(lease, AttemptState.FINISHED)
    assert world.job(job_id).state is JobState.MADE


@pytest.mark.parametrize(("good", "state"), [(True, JobState.MADE), (False, JobState.FAILED)])
def test_the_owner_says_what_became_of_a_lost_attempt(world, good, state):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    world.start(lease)
    answer, _ = world.report(lease, AttemptState.LOST, "the bridge was restarted at line 12")
    assert answer.settled == [lease.attempt]
    assert world.job(job_id).attempt.reason == "the bridge was restarted at line 12"
    with pytest.raises(Forbidden):
        world.acting(world.maker_id, orders.settle_lost, job_id, good=good)
    world.acting(world.owner_id, orders.settle_lost, job_id, good=good, note="")
    assert world.job(job_id).state is state


def test_a_claim_nobody_came_back_to_returns(world):
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    world.sweep(later_s=86401)
    assert world.job(job_id).state is JobState.OPEN


def test_a_machine_with_the_policy_claims_one_job_by_itself(world):
    jobs = world.order(quantity=2)
    world.sync()
    world.let_it_claim()
    world.sweep()
    world.sweep()
    assert sorted(world.job(job_id).state for job_id in jobs) == [JobState.CLAIMED, JobState.OPEN]


def test_a_machine_nobody_has_heard_of_claims_nothing(world):
    (job_id,) = world.order()
    world.sync()
    world.let_it_claim()
    world.sweep(later_s=3600)
    assert world.job(job_id).state is JobState.OPEN


def test_many_jobs_nobody_can_make_hide_nothing_from_a_policy(world):
    world.order(quantity=100, material="Unobtainium")
    (job_id,) = world.order()
    world.sync()
    world.let_it_claim()
    world.sweep()
    assert world.job(job_id).state is JobState.CLAIMED


def test_who_ordered_writes_off_what_was_lost_for_days(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    world.start(lease)
    world.report(lease, AttemptState.LOST, "cut off")
    with pytest.raises(Conflict, match="3 days"):
        world.acting(world.maker_id, orders.write_off, job_id)
    with world.database.write() as session:
        session.get_one(Attempt, lease.attempt).heard -= timedelta(days=4)
    world.acting(world.maker_id, orders.write_off, job_id)
    assert world.job(job_id).state is JobState.FAILED


def test_a_start_between_look_and_lock_is_not_undone_by_the_sweeper(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    world.start(lease)
    with world.database.write() as session:
        lapse_lease(session, job_id, world.now + timedelta(seconds=500))
    assert world.job(job_id).state is JobState.RUNNING
