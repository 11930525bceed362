"""The one way a job changes state: by the table, with a line in its history and a new fence where it moves on."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from commons.db import utcnow
from commons.errors import Conflict, NotFound
from commons.orders.models import Attempt, Job, JobStep
from fabrication.dispatch.states import JobEvent, JobState, after
from fabrication.errors import IllegalTransition
from firmware_bridge.wire import ATTEMPT_TRANSITIONS, LIVE_ATTEMPT_STATES, AttemptState


def locked(session: Session, job_id: str) -> Job:
    """The job, its row locked until the transaction ends. Raises `NotFound`."""
    job = session.get(Job, job_id, with_for_update=True, populate_existing=True)
    if job is None:
        raise NotFound("There is no such job.")
    return job


def step(session: Session, job: Job, event: JobEvent, note: str = "") -> None:
    """Moves `job` along the table and writes it down. Raises `Conflict` where the table has no such way."""
    try:
        job.state = after(job.state, event)
    except IllegalTransition as error:
        raise Conflict(f"This job cannot be changed like that: {error}.") from None
    if job.state in (JobState.OPEN, JobState.CANCELLED):
        job.fence += 1
        job.machine_id = job.claimed = job.profile_sha256 = job.program_sha256 = job.program_bytes = None
        job.estimate_s = job.filament_g = None
    job.reason = note
    session.add(JobStep(job_id=job.id, event=event, state=job.state, note=note))
    session.flush()


def live_attempt(session: Session, job: Job) -> Attempt | None:
    """The job's one attempt that may still become a part, if any."""
    return session.scalar(sa.select(Attempt).where(Attempt.job_id == job.id, Attempt.state.in_(LIVE_ATTEMPT_STATES)))


def move_attempt(attempt: Attempt, state: AttemptState, reason: str = "") -> None:
    """Moves an attempt along its table. Raises `Conflict` where the table has no such way."""
    if state not in ATTEMPT_TRANSITIONS[attempt.state]:
        raise Conflict(f"An attempt that is {attempt.state} cannot become {state}.")
    attempt.state, attempt.reason = state, reason
    now = utcnow()
    if state is AttemptState.STARTED and attempt.started is None:
        attempt.started = now
    attempt.ended = None if state in LIVE_ATTEMPT_STATES else now


def end_lease(session: Session, job: Job, event: JobEvent, note: str = "") -> None:
    """Takes a job from its machine before it was started: its lease lapses, then `event` is done.

    Raises `Conflict` when the machine has already begun.
    """
    attempt = live_attempt(session, job)
    if attempt is not None:
        if attempt.state in (AttemptState.STARTED, AttemptState.LOST):
            raise Conflict("The machine has begun this job; it can only be stopped at the machine.")
        move_attempt(attempt, AttemptState.LAPSED, note)
    step(session, job, event, note)
