"""What the pages of orders show: who could make an open job, which jobs a workshop has, which an account ordered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from commons.accounts.models import Account
from commons.errors import NotFound
from commons.orders.models import Attempt, Job, Order
from commons.orders.services import obstacles, open_jobs
from commons.workshops.models import Machine, Workshop
from fabrication.dispatch.states import IN_WORK, JOB_TRANSITIONS, JobEvent, JobState

MACHINES_SHOWN = 50


@dataclass(frozen=True)
class Offer:
    """One machine beside one open job; `reasons` are empty where it could make it."""

    machine: Machine
    reasons: tuple[str, ...]
    mine: bool


@dataclass(frozen=True)
class Row:
    """One open job on the board, with every machine here that could make it and why the others cannot."""

    job: Job
    offers: tuple[Offer, ...]

    @property
    def mine_able(self) -> list[Machine]:
        """What the person who looks can claim it for."""
        return [offer.machine for offer in self.offers if offer.mine and not offer.reasons]

    @property
    def others_able(self) -> list[Machine]:
        return [offer.machine for offer in self.offers if not offer.mine and not offer.reasons]

    @property
    def unable(self) -> list[Offer]:
        """The person's own machines first."""
        return sorted((offer for offer in self.offers if offer.reasons), key=lambda offer: not offer.mine)


def board(session: Session, account: Account | None) -> list[Row]:
    """Every open job, oldest first."""
    machines = _machines(session)
    return [
        Row(job, tuple(Offer(m, obstacles(job, m), _is_owner(account, m.workshop)) for m in machines))
        for job in open_jobs(session)
    ]


def order_for(session: Session, order_id: str, account: Account | None) -> Order:
    """The order, for who placed it and for workshops that have or had a job of it. Raises `NotFound`."""
    order = session.get(Order, order_id)
    if order is None or account is None or not _may_see(order, account):
        raise NotFound("There is no such order, or it is not yours to see.")
    return order


def orders_of(session: Session, account: Account, limit: int = 100) -> Sequence[Order]:
    """Newest first."""
    query = sa.select(Order).where(Order.orderer_id == account.id).order_by(Order.created.desc()).limit(limit)
    return session.scalars(query.options(selectinload(Order.jobs))).all()


def jobs_at(session: Session, workshop: Workshop) -> Sequence[Job]:
    """The jobs a workshop has in work, oldest claim first."""
    query = sa.select(Job).join(Job.machine).where(Machine.workshop_id == workshop.id, Job.state.in_(sorted(IN_WORK)))
    return session.scalars(query.order_by(Job.claimed, Job.id)).all()


def attempts_at(session: Session, workshop: Workshop, limit: int = 30) -> Sequence[Attempt]:
    """The workshop's attempts, newest first."""
    query = sa.select(Attempt).join(Attempt.machine).where(Machine.workshop_id == workshop.id)
    return session.scalars(query.order_by(Attempt.leased.desc(), Attempt.id).limit(limit)).all()


def materials(session: Session) -> list[str]:
    """Every material some machine here has, by name; PLA where there is none yet."""
    named = {m.name.casefold(): m.name for machine in _machines(session) for m in machine.published().materials}
    return sorted(named.values(), key=str.casefold) or ["PLA"]


def is_over(jobs: Iterable[Job]) -> bool:
    """Whether nothing will change any more by itself."""
    return all(job.state in (JobState.ACCEPTED, JobState.CANCELLED) for job in jobs)


def can_cancel(jobs: Iterable[Job]) -> bool:
    """Whether there is anything that no machine has begun."""
    return any((job.state, JobEvent.CANCEL) in JOB_TRANSITIONS for job in jobs)


def _machines(session: Session) -> Sequence[Machine]:
    query = sa.select(Machine).options(joinedload(Machine.workshop)).order_by(Machine.name, Machine.id)
    return session.scalars(query.limit(MACHINES_SHOWN)).all()


def _is_owner(account: Account | None, workshop: Workshop) -> bool:
    return account is not None and workshop.owner_id == account.id


def _may_see(order: Order, account: Account) -> bool:
    if order.orderer_id == account.id:
        return True
    tried = [attempt.machine for job in order.jobs for attempt in job.attempts]
    holding = [job.machine for job in order.jobs if job.machine is not None]
    return any(_is_owner(account, machine.workshop) for machine in (*tried, *holding))
