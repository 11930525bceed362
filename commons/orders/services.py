"""What people do with orders and jobs. Every function runs inside a writing transaction of the caller."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from commons.accounts.models import Account
from commons.catalog.models import Revision
from commons.db import utcnow
from commons.errors import Conflict, Forbidden, Invalid, NotFound
from commons.orders.models import Attempt, Job, JobRefusal, Order
from commons.orders.steps import end_lease, live_attempt, locked, move_attempt, step
from commons.remix.models import Variant
from commons.work.models import Work
from commons.workshops.models import Machine
from commons.workshops.services import OUTDATED, profile_of
from fabrication.dispatch.matching import why_not
from fabrication.dispatch.states import HELD, IN_WORK, JobEvent, JobState
from fabrication.geometry.service import Build
from fabrication.slicing.settings import PrintSettings
from firmware_bridge.wire import AttemptState

QUANTITY_MAX = 100
WRITE_OFF_DAYS = 3


def place_order(
    session: Session,
    orderer: Account,
    *,
    revision: Revision,
    build: Build,
    quantity: int,
    material: str,
    settings: PrintSettings,
    title: str,
    variant: Variant | None = None,
    form_token: str | None = None,
) -> Order:
    """An order of `quantity` copies becomes one open job for each part of each copy. Raises `Invalid`.

    Placed once per `form_token`: sent again by the same person, it is the order there is.
    """
    if form_token is not None:
        mine = (Order.form_token == form_token, Order.orderer_id == orderer.id)
        placed = session.scalar(sa.select(Order).where(*mine))
        if placed is not None:
            return placed
    if not 1 <= quantity <= QUANTITY_MAX:
        raise Invalid("Order between 1 and 100 copies.", {"quantity": f"between 1 and {QUANTITY_MAX}"})
    if not material.strip():
        raise Invalid("Say which material.", {"material": "which one?"})
    order = Order(
        orderer_id=orderer.id,
        revision_id=revision.id,
        variant_id=variant.id if variant else None,
        title=title,
        values=dict(build.values),
        geometry_key=build.key,
        quantity=quantity,
        material=material.strip(),
        settings=msgspec.to_builtins(settings),
        form_token=form_token,
    )
    order.jobs = [
        Job(part=part.name, copy=copy, size_mm=list(part.size_mm))
        for copy in range(1, quantity + 1)
        for part in build.parts
    ]
    session.add(order)
    session.flush()
    return order


def obstacles(job: Job, machine: Machine) -> tuple[str, ...]:
    """Why `machine` cannot make `job`, in sentences; empty when it could."""
    here = (machine.id, machine.profile_sha256)
    closed = tuple(refusal.reason for refusal in job.refusals if (refusal.machine_id, refusal.profile_sha256) == here)
    profile = profile_of(machine)
    if profile is None:
        return (OUTDATED,)
    width, depth, height = (float(length) for length in job.size_mm)
    order = job.order
    return closed or why_not((width, depth, height), order.process, order.material, order.print_settings, profile)


def claim(session: Session, owner: Account, job_id: str, machine_id: str) -> Job:
    """The owner of a workshop takes an open job for one machine; a plan for exactly it is asked for."""
    machine = session.get(Machine, machine_id)
    if machine is None:
        raise NotFound("There is no such machine.")
    if machine.workshop.owner_id != owner.id:
        raise Forbidden("This machine belongs to another workshop.")
    return claim_for(session, locked(session, job_id), machine)


def claim_for(session: Session, job: Job, machine: Machine) -> Job:
    """`claim` without asking who; also what a machine's own policy does. Raises `Conflict`, `Invalid`."""
    if machine.bridge.revoked is not None:
        raise Invalid(f"{machine.name} has no bridge any more; pair it again.")
    if machine.removed is not None:
        raise Invalid(f"{machine.name} was removed at its bridge; put its profile back there first.")
    if job.state is not JobState.OPEN:
        raise Conflict("Somebody else has taken this job.")
    if reasons := obstacles(job, machine):
        raise Invalid(f"{machine.name} cannot make this: {'; '.join(reasons)}.")
    step(session, job, JobEvent.CLAIM, "")
    job.fence += 1
    job.machine_id, job.claimed = machine.id, utcnow()
    session.add(Work(key=f"plan:{job.id}:{job.fence}", kind="plan", subject=job.id))
    return job


def refuse_plan(session: Session, job: Job, reason: str) -> None:
    """The job goes back to the board with the reason, closed to this machine as it is now."""
    machine = job.machine
    assert machine is not None  # noqa: S101 (only claimed, planned and ready jobs come here)
    session.execute(sa.delete(JobRefusal).where(JobRefusal.job_id == job.id, JobRefusal.machine_id == machine.id))
    session.add(JobRefusal(job_id=job.id, machine_id=machine.id, profile_sha256=machine.profile_sha256, reason=reason))
    end_lease(session, job, JobEvent.REFUSE_PLAN, reason)


def release(session: Session, owner: Account, job_id: str) -> Job:
    """The workshop gives a job back that its machine has not begun."""
    job = _of_workshop(session, owner, job_id)
    end_lease(session, job, JobEvent.RELEASE, "given back by the workshop")
    return job


def cancel_order(session: Session, orderer: Account, order_id: str) -> int:
    """Cancels what no machine has begun; returns how many jobs that were."""
    order = session.get(Order, order_id)
    if order is None or order.orderer_id != orderer.id:
        raise Forbidden("Only who placed an order can cancel it.")
    jobs = [locked(session, job_id) for job_id in sorted(job.id for job in order.jobs)]  # one order of locks for all
    waiting = [job for job in jobs if job.state in HELD or job.state in (JobState.OPEN, JobState.FAILED)]
    for job in waiting:
        end_lease(session, job, JobEvent.CANCEL, "cancelled by who ordered it")
    return len(waiting)


def accept(session: Session, orderer: Account, job_id: str) -> Job:
    """The part is in hand and good."""
    job = _of_orderer(session, orderer, job_id)
    step(session, job, JobEvent.ACCEPT)
    return job


def reject(session: Session, orderer: Account, job_id: str, note: str) -> Job:
    """The part is not what was ordered; `note` says why."""
    job = _of_orderer(session, orderer, job_id)
    step(session, job, JobEvent.REJECT, note or "rejected by who ordered it")
    return job


def reopen(session: Session, account: Account, job_id: str) -> Job:
    """A failed job goes back to the board; either side may do so."""
    job = locked(session, job_id)
    owner_id = job.machine.workshop.owner_id if job.machine else None
    if account.id not in (job.order.orderer_id, owner_id):
        raise Forbidden("Only who ordered this or who tried to make it can put it back.")
    step(session, job, JobEvent.REOPEN)
    return job


def settle_lost(session: Session, owner: Account, job_id: str, *, good: bool, note: str = "") -> Job:
    """The workshop says what became of an attempt that went silent or was cut off."""
    job = _of_workshop(session, owner, job_id)
    attempt = _lost_attempt(session, job)
    note = note.strip() or ("found finished" if good else "found failed")
    move_attempt(attempt, AttemptState.FINISHED if good else AttemptState.FAILED, note)
    step(session, job, JobEvent.FINISH if good else JobEvent.FAIL, note)
    return job


def write_off(session: Session, orderer: Account, job_id: str) -> Job:
    """Who ordered a job gives up an attempt that has been lost for days. Raises `Conflict` before that."""
    job = _of_orderer(session, orderer, job_id)
    attempt = _lost_attempt(session, job)
    if attempt.heard > utcnow() - timedelta(days=WRITE_OFF_DAYS):
        raise Conflict(f"The workshop has {WRITE_OFF_DAYS} days to say what happened.")
    note = "written off by who ordered it: the workshop never said what happened"
    move_attempt(attempt, AttemptState.FAILED, note)
    step(session, job, JobEvent.FAIL, note)
    return job


def release_held(session: Session, machines: sa.ColumnElement[bool], note: str) -> None:
    """Gives back what these machines hold and have not begun."""
    held = sa.select(Job.id).join(Machine).where(machines, Job.state.in_(HELD)).order_by(Job.id)
    for job_id in session.scalars(held).all():
        end_lease(session, locked(session, job_id), JobEvent.RELEASE, note)


def tally(order: Order) -> Mapping[str, int]:
    """How the jobs of an order stand; what was ordered = the sum, at every moment."""
    count = {"open": 0, "in work": 0, "made": 0, "accepted": 0, "failed": 0, "cancelled": 0}
    for job in order.jobs:
        count["in work" if job.state in IN_WORK else job.state.value] += 1
    return count


def order_state(order: Order) -> str:
    """One word for the whole order: that of its least advanced job which is not cancelled."""
    ladder = [JobState.FAILED, JobState.OPEN, JobState.CLAIMED, JobState.PLANNED, JobState.READY, JobState.RUNNING,
              JobState.MADE, JobState.ACCEPTED]  # fmt: skip
    states = {job.state for job in order.jobs} - {JobState.CANCELLED}
    return next((state.value for state in ladder if state in states), JobState.CANCELLED.value)


def _lost_attempt(session: Session, job: Job) -> Attempt:
    attempt = live_attempt(session, job)
    if attempt is None or attempt.state is not AttemptState.LOST:
        raise Conflict("Nothing about this job is in doubt.")
    return attempt


def _of_workshop(session: Session, owner: Account, job_id: str) -> Job:
    job = locked(session, job_id)
    if job.machine is None or job.machine.workshop.owner_id != owner.id:
        raise Forbidden("This job is with another workshop.")
    return job


def _of_orderer(session: Session, orderer: Account, job_id: str) -> Job:
    job = locked(session, job_id)
    if job.order.orderer_id != orderer.id:
        raise Forbidden("Only who ordered this can say so.")
    return job
