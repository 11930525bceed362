"""What time does to jobs: leases lapse, the silent become lost, old claims return, policies claim.

Each job is looked at again once it is locked, in a transaction of its own: a bridge may have spoken meanwhile.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from commons.config import Config
from commons.db import Database, utcnow
from commons.errors import Conflict
from commons.orders.models import Attempt, Job, Order
from commons.orders.services import claim_for, obstacles
from commons.orders.steps import end_lease, live_attempt, locked, move_attempt
from commons.workshops.models import Bridge, Machine
from commons.workshops.services import profile_of
from fabrication.dispatch.states import HELD, JobEvent, JobState
from firmware_bridge.wire import WAITING_ATTEMPT_STATES, AttemptState, MachineState

CANDIDATES = 50
"""How many open jobs a machine's policy looks at in one pass."""


@dataclass(frozen=True)
class Sweeper:
    """One pass after another changes nothing more; any number of processes may run one."""

    database: Database
    config: Config

    def run_once(self) -> bool:
        """One pass now. Never busy: the next one can wait."""
        self.sweep(utcnow())
        return False

    def sweep(self, now: datetime) -> None:
        """One pass as of `now`."""
        silent = now - timedelta(seconds=self.config.silent_s)
        old = now - timedelta(seconds=self.config.claim_s)
        heard = now - timedelta(seconds=4 * self.config.sync_idle_s)
        waiting, started = Attempt.state.in_(WAITING_ATTEMPT_STATES), Attempt.state == AttemptState.STARTED
        self._each(sa.select(Attempt.job_id).where(waiting, Attempt.expires <= now), partial(lapse_lease, now=now))
        self._each(sa.select(Attempt.job_id).where(started, Attempt.heard <= silent), partial(lose, silent=silent))
        self._each(sa.select(Job.id).where(Job.state.in_(HELD), Job.claimed <= old), partial(lapse_claim, old=old))
        self._each(_claiming_machines(heard), claim_by_policy)

    def _each(self, query: sa.Select[str], act: Callable[[Session, str], None]) -> None:
        with self.database.read() as session:
            found = session.scalars(query).all()
        for one in found:
            with suppress(Conflict), self.database.write() as session:
                act(session, one)


def lapse_lease(session: Session, job_id: str, now: datetime) -> None:
    """A lease that ran out before its start returns to the board."""
    job = locked(session, job_id)
    attempt = live_attempt(session, job)
    if attempt is not None and attempt.state in WAITING_ATTEMPT_STATES and attempt.expires <= now:
        end_lease(session, job, JobEvent.LAPSE, "the workshop's bridge fell silent before it began")


def lose(session: Session, job_id: str, silent: datetime) -> None:
    """A started attempt that fell silent is lost: it waits for its bridge's journal or a person, never re-run."""
    attempt = live_attempt(session, locked(session, job_id))
    if attempt is not None and attempt.state is AttemptState.STARTED and attempt.heard <= silent:
        move_attempt(attempt, AttemptState.LOST, "nothing heard from the workshop's bridge")


def lapse_claim(session: Session, job_id: str, old: datetime) -> None:
    """A claim nobody came back to returns to the board."""
    job = locked(session, job_id)
    if job.state in HELD and job.claimed is not None and job.claimed <= old:
        end_lease(session, job, JobEvent.RELEASE, "claimed, but not begun in time")


def claim_by_policy(session: Session, machine_id: str) -> None:
    """A machine whose owner lets it claim by itself takes the oldest open job that it can make.

    A job that came back to the board for any reason waits for a person.
    """
    machine = session.get_one(Machine, machine_id)
    profile = profile_of(machine)
    if profile is None:
        return
    materials = [material.name.lower() for material in profile.materials]
    query = (
        sa.select(Job)
        .join(Order)
        .where(Job.state == JobState.OPEN, Job.reason == "", Order.process == profile.process)
        .where(sa.func.lower(Order.material).in_(materials))
        .order_by(Job.created, Job.id)
        .limit(CANDIDATES)
    )
    for job in session.scalars(query).all():
        if not obstacles(job, machine):
            claim_for(session, locked(session, job.id), machine)
            return


def _claiming_machines(heard: datetime) -> sa.Select[str]:
    """Machines that claim by themselves, have no job, and whose bridge is paired and lately heard of."""
    busy = sa.select(Job.machine_id).where(Job.state.in_((*HELD, JobState.RUNNING)))
    return (
        sa.select(Machine.id)
        .join(Bridge)
        .where(Machine.claims_by_itself, Machine.id.not_in(busy), Bridge.revoked.is_(None))
        .where(Machine.seen >= heard, Machine.removed.is_(None), Machine.state != MachineState.OFFLINE)
        .order_by(Machine.id)
    )
