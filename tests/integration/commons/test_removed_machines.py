"""A machine that its bridge has no more: it gets no jobs, gives back what it has not begun, and its history stays."""

import pytest

from commons.errors import Invalid
from fabrication.dispatch.states import JobState
from firmware_bridge import wire
from firmware_bridge.wire import AttemptState, MachineState

GONE = "Old Ender was removed at its bridge"


def test_it_is_claimed_for_no_more_until_its_bridge_has_it_again(world):
    (job_id,) = world.order()
    world.sync()
    world.sync(removed=True)
    assert world.machine().removed == world.now
    assert world.machine().state is MachineState.OFFLINE
    with pytest.raises(Invalid, match=GONE):
        world.claim(job_id)
    world.sync()
    assert world.machine().removed is None
    world.claim(job_id)
    assert world.job(job_id).state is JobState.CLAIMED


def test_it_claims_nothing_by_itself(world):
    (job_id,) = world.order()
    world.sync()
    world.let_it_claim()
    world.sync(removed=True)
    world.sweep()
    assert world.job(job_id).state is JobState.OPEN
    world.sync()
    world.sweep()
    assert world.job(job_id).state is JobState.CLAIMED


@pytest.mark.parametrize("planned", [False, True])
def test_a_job_that_waits_for_it_goes_back_with_the_reason(world, planned):
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    if planned:
        world.plan(job_id)
    world.sync(removed=True)
    job = world.job(job_id)
    assert (job.state, job.reason, job.machine_id) == (JobState.OPEN, GONE, None)


@pytest.mark.parametrize("state", [AttemptState.LEASED, AttemptState.ARMED])
def test_so_does_one_that_it_held(world, state):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    world.report(lease, state, removed=True)
    job = world.job(job_id)
    assert (job.state, job.reason) == (JobState.OPEN, GONE)
    assert [attempt.state for attempt in world.attempts()] == [AttemptState.LAPSED]
    assert not world.start(lease).started
    _, commands = world.report(lease, state, removed=True)
    assert [type(command) for command in commands] == [wire.Withdraw]


def test_the_bridges_own_word_comes_first(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    reason = "the profile of ender has gone since it was leased: plan again"
    answer, _ = world.report(lease, AttemptState.LAPSED, reason, removed=True)
    assert answer.settled == [lease.attempt]
    assert (world.job(job_id).state, world.job(job_id).reason) == (JobState.OPEN, reason)


@pytest.mark.parametrize(
    ("end", "state"), [(AttemptState.FINISHED, JobState.MADE), (AttemptState.FAILED, JobState.FAILED)]
)
def test_what_it_has_begun_still_reports(world, end, state):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    assert world.start(lease).started
    world.report(lease, AttemptState.STARTED, removed=True)
    assert world.job(job_id).state is JobState.RUNNING
    answer, _ = world.report(lease, end, removed=True)
    assert answer.settled == [lease.attempt]
    assert world.job(job_id).state is state
    assert world.attempts()[0].machine_id == world.machine_id()


def test_what_was_cut_off_there_still_waits_for_its_bridge_or_a_person(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    world.start(lease)
    world.report(lease, AttemptState.LOST, "cut off", removed=True)
    world.sync(removed=True)
    assert world.job(job_id).state is JobState.RUNNING
    assert [attempt.state for attempt in world.attempts()] == [AttemptState.LOST]


def test_one_whose_profile_cannot_be_used_at_the_moment_is_not_gone(world):
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    world.plan(job_id)
    _, commands = world.sync(left_out=["ender"])
    assert commands == []
    assert (world.machine().removed, world.machine().state) == (None, MachineState.OFFLINE)
    assert world.job(job_id).state is JobState.READY
    _, (lease,) = world.sync()
    assert lease.attempt


def test_one_that_an_older_bridge_does_not_name_may_have_a_profile_that_cannot_be_used(world):
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    world.plan(job_id)
    world.sync(removed=True, older=True)
    assert (world.machine().removed, world.machine().state) == (None, MachineState.OFFLINE)
    assert world.job(job_id).state is JobState.READY
    _, (lease,) = world.sync(older=True)
    assert lease.attempt


def test_another_bridge_says_nothing_of_it(world):
    world.sync()
    world.sync(removed=True, bridge_id=world.pair())
    assert world.machine().removed is None
