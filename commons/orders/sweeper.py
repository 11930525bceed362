"""What time does to jobs: leases lapse, the silent become lost, old claims return, policies claim."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from commons.config import Config
from commons.orders.models import Attempt, Job
from commons.orders.services import claim_for, obstacles, open_jobs
from commons.orders.steps import end_lease, locked, move_attempt
from commons.workshops.models import Machine
from fabrication.dispatch.states import JobEvent, JobState
from firmware_bridge.wire import AttemptState


def sweep(session: Session, config: Config, now: datetime) -> None:
    """One pass, inside a writing transaction of the caller; doing it twice changes nothing more."""
    lapse_leases(session, now)
    lose_silent(session, config, now)
    lapse_claims(session, config, now)
    claim_by_policy(session)


def lapse_leases(session: Session, now: datetime) -> None:
    """A lease that ran out before its start returns to the board."""
    waiting = (AttemptState.LEASED, AttemptState.ARMED)
    query = sa.select(Attempt.job_id).where(Attempt.state.in_(waiting), Attempt.expires <= now)
    for job_id in session.scalars(query).all():
        job = locked(session, job_id)
        end_lease(session, job, JobEvent.LAPSE, "the workshop's bridge fell silent before it began")


def lose_silent(session: Session, config: Config, now: datetime) -> None:
    """A started attempt that fell silent is lost: it waits for its bridge's journal or a person, never re-run."""
    silent = Attempt.heard <= now - timedelta(seconds=config.silent_s)
    query = sa.select(Attempt).where(Attempt.state == AttemptState.STARTED, silent).with_for_update(skip_locked=True)
    for attempt in session.scalars(query):
        move_attempt(attempt, AttemptState.LOST, "nothing heard from the workshop's bridge")


def lapse_claims(session: Session, config: Config, now: datetime) -> None:
    """A claim nobody came back to returns to the board."""
    held = (JobState.CLAIMED, JobState.PLANNED, JobState.READY)
    query = sa.select(Job.id).where(Job.state.in_(held), Job.claimed <= now - timedelta(seconds=config.claim_s))
    for job_id in session.scalars(query).all():
        job = locked(session, job_id)
        end_lease(session, job, JobEvent.RELEASE, "claimed, but not begun in time")


def claim_by_policy(session: Session) -> None:
    """Machines whose owner let them claim by themselves take one open job each while they have none.

    A job that came back to the board for any reason waits for a person.
    """
    busy = sa.select(Job.machine_id).where(
        Job.state.in_((JobState.CLAIMED, JobState.PLANNED, JobState.READY, JobState.RUNNING))
    )
    query = sa.select(Machine).where(Machine.claims_by_itself, Machine.id.not_in(busy)).order_by(Machine.id)
    for machine in session.scalars(query).all():
        for job in open_jobs(session):
            if not job.reason and not obstacles(job, machine):
                claim_for(session, locked(session, job.id), machine)
                break
