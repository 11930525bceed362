"""The rules of dispatch against real databases: who may do what, when, and what time does."""

import threading
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from commons.agents import pairing
from commons.errors import Conflict, Forbidden, Invalid, NotFound
from commons.orders import services as orders
from commons.orders.models import Attempt
from commons.orders.sweeper import lapse_lease
from commons.workshops.models import BridgeRefusal, Machine
from fabrication.dispatch.states import JobState
from firmware_bridge import wire
from firmware_bridge.wire import AttemptState, MachineState


def test_an_order_becomes_one_open_job_a_copy_of_a_part(world):
    jobs = [world.job(job_id) for job_id in world.order(quantity=3)]
    assert [(job.copy, job.part, job.state) for job in jobs] == [(n, "knob", JobState.OPEN) for n in (1, 2, 3)]


@pytest.mark.parametrize(("changes", "message"), [({"quantity": 0}, "1 and 100"), ({"material": " "}, "material")])
def test_a_senseless_order_leaves_nothing_behind(world, changes, message):
    with pytest.raises(Invalid, match=message):
        world.order(**changes)
    assert world.orders() == []


def test_from_the_board_to_made_and_accepted(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    assert world.job(job_id).state is JobState.READY
    world.report(lease, AttemptState.ARMED)
    assert world.start(lease).started
    assert world.job(job_id).state is JobState.RUNNING
    answer, _ = world.report(lease, AttemptState.FINISHED)
    assert answer.settled == [lease.attempt]
    assert world.job(job_id).state is JobState.MADE
    world.acting(world.maker_id, orders.accept, job_id)
    assert world.job(job_id).state is JobState.ACCEPTED


def test_only_the_owner_of_a_machine_claims_for_it(world):
    (job_id,) = world.order()
    world.sync()
    with pytest.raises(Forbidden, match="another workshop"):
        world.acting(world.maker_id, orders.claim, job_id, world.machine_id())
    assert world.job(job_id).state is JobState.OPEN


def test_a_machine_that_cannot_make_it_cannot_claim_it(world):
    (job_id,) = world.order(material="Unobtainium")
    world.sync()
    with pytest.raises(Invalid, match="Unobtainium"):
        world.claim(job_id)


def test_two_owners_at_once_one_claims(world):
    (job_id,) = world.order()
    world.sync()
    outcomes: list[str] = []

    def try_claim() -> None:
        try:
            world.claim(job_id)
            outcomes.append("claimed")
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=try_claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["claimed"] + ["refused"] * 5


def test_a_refused_plan_returns_the_job_closed_to_that_machine(world):
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    with world.database.write() as session:
        orders.refuse_plan(session, orders.locked(session, job_id), "too tall")
    job = world.job(job_id)
    assert (job.state, job.reason, job.machine_id) == (JobState.OPEN, "too tall", None)
    with pytest.raises(Invalid, match="too tall"):
        world.claim(job_id)


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


def test_a_held_lease_is_renewed_by_every_sync(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    for _ in range(3):
        world.sweep(later_s=100)
        answer, _ = world.report(lease, AttemptState.LEASED)
        assert answer.leases[lease.attempt] == pytest.approx(120)
    assert world.job(job_id).state is JobState.READY


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


def test_a_changed_profile_sends_a_ready_job_back(world):
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    world.plan(job_id)
    smaller = msgspec.structs.replace(world.profile, name="Changed")
    assert world.sync(profile=smaller)[1] == []
    assert world.job(job_id).state is JobState.OPEN
    assert "profile changed" in world.job(job_id).reason


def test_cancelling_spares_what_the_machine_has_begun(world):
    first, second = world.order(quantity=2)
    lease = world.lease(first)
    world.start(lease)
    order_id = world.job(first).order_id
    assert world.acting(world.maker_id, orders.cancel_order, order_id) == 1
    assert [world.job(job_id).state for job_id in (first, second)] == [JobState.RUNNING, JobState.CANCELLED]
    (order,) = world.orders()
    assert sum(orders.tally(order).values()) == order.quantity


def test_a_failed_job_goes_back_to_the_board_by_hand(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    world.start(lease)
    world.report(lease, AttemptState.FAILED, "nozzle clogged")
    assert (world.job(job_id).state, world.job(job_id).reason) == (JobState.FAILED, "nozzle clogged")
    world.acting(world.maker_id, orders.reopen, job_id)
    again = world.lease(job_id)
    assert again.attempt != lease.attempt


def test_another_bridge_has_no_say(world):
    (job_id,) = world.order()
    lease = world.lease(job_id)
    other = world.pair()
    with pytest.raises(NotFound):
        world.start(lease, bridge_id=other)


def test_a_claim_nobody_came_back_to_returns(world):
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    world.sweep(later_s=86401)
    assert world.job(job_id).state is JobState.OPEN


def test_a_machine_with_the_policy_claims_one_job_by_itself(world):
    jobs = world.order(quantity=2)
    world.sync()
    with world.database.write() as session:
        session.get_one(Machine, world.machine_id()).claims_by_itself = True
    world.sweep()
    world.sweep()
    assert sorted(world.job(job_id).state for job_id in jobs) == [JobState.CLAIMED, JobState.OPEN]


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


def test_a_refusal_holds_for_the_profile_it_was_made_under(world):
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    with world.database.write() as session:
        orders.refuse_plan(session, orders.locked(session, job_id), "too fast for it")
    with pytest.raises(Invalid, match="too fast"):
        world.claim(job_id)
    world.profile = msgspec.structs.replace(world.profile, name="Faster Ender")
    world.sync()
    world.claim(job_id)
    assert world.job(job_id).state is JobState.CLAIMED


def let_it_claim(world):
    with world.database.write() as session:
        session.get_one(Machine, world.machine_id()).claims_by_itself = True


def test_a_machine_nobody_has_heard_of_claims_nothing(world):
    (job_id,) = world.order()
    world.sync()
    let_it_claim(world)
    world.sweep(later_s=3600)
    assert world.job(job_id).state is JobState.OPEN


def test_unpairing_gives_back_what_was_not_begun_and_claims_no_more(world):
    first, second = world.order(quantity=2)
    lease = world.lease(first)
    world.start(lease)
    world.claim(second)
    let_it_claim(world)
    world.acting(world.owner_id, pairing.revoke, world.bridge_id, world.now)
    assert [world.job(job_id).state for job_id in (first, second)] == [JobState.RUNNING, JobState.OPEN]
    world.sweep()
    assert world.job(second).state is JobState.OPEN
    with pytest.raises(Invalid, match="pair it again"):
        world.claim(second)


def test_many_jobs_nobody_can_make_hide_nothing_from_a_policy(world):
    world.order(quantity=100, material="Unobtainium")
    (job_id,) = world.order()
    world.sync()
    let_it_claim(world)
    world.sweep()
    assert world.job(job_id).state is JobState.CLAIMED


def test_the_same_form_twice_is_one_order(world):
    assert world.order(form_token="once") == world.order(form_token="once")
    assert len(world.orders()) == 1


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
