"""From an order to a part: who may order, claim, refuse, cancel and judge, on each database."""

import threading

import msgspec
import pytest

from commons.agents import pairing
from commons.errors import Conflict, Forbidden, Invalid
from commons.orders import services as orders
from fabrication.dispatch.states import JobState
from firmware_bridge.wire import AttemptState


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


def test_the_same_form_twice_is_one_order(world):
    assert world.order(form_token="once") == world.order(form_token="once")
    assert len(world.orders()) == 1


def test_a_changed_profile_sends_a_ready_job_back(world):
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    world.plan(job_id)
    smaller = msgspec.structs.replace(world.profile, name="Changed")
    assert world.sync(profile=smaller)[1] == []
    assert world.job(job_id).state is JobState.OPEN
    assert "profile changed" in world.job(job_id).reason


def test_unpairing_gives_back_what_was_not_begun_and_claims_no_more(world):
    first, second = world.order(quantity=2)
    lease = world.lease(first)
    world.start(lease)
    world.claim(second)
    world.let_it_claim()
    world.acting(world.owner_id, pairing.revoke, world.bridge_id, world.now)
    assert [world.job(job_id).state for job_id in (first, second)] == [JobState.RUNNING, JobState.OPEN]
    world.sweep()
    assert world.job(second).state is JobState.OPEN
    with pytest.raises(Invalid, match="pair it again"):
        world.claim(second)
