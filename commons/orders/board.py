"""What the pages of orders show: who could make an open job, which jobs a workshop has, which an account ordered."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from commons.accounts.models import Account
from commons.errors import NotFound
from commons.orders.models import Attempt, Job, JobRefusal, Order
from commons.workshops.models import Bridge, Machine, Workshop
from commons.workshops.services import OUTDATED, profile_of
from fabrication.dispatch.matching import why_not
from fabrication.dispatch.states import IN_WORK, JOB_TRANSITIONS, JobEvent, JobState
from firmware_bridge.machine import PublishedProfile

ROWS_A_PAGE = 50
MACHINES_COMPARED = 50
"""Of other people's, those heard of last. The viewer's own are compared always."""
SILENT_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Known:
    """A machine with a bridge. `silent_s` is None where it was heard of lately, `profile` where it cannot be read."""

    machine: Machine
    profile: PublishedProfile | None
    mine: bool
    silent_s: float | None


@dataclass(frozen=True)
class Offer:
    """One machine beside one row; `reasons` are empty where it could make it."""

    known: Known
    reasons: tuple[str, ...]

    @property
    def machine(self) -> Machine:
        return self.known.machine


@dataclass(frozen=True)
class Row:
    """Open jobs that are alike, copies of one part of one order, beside every machine compared."""

    order: Order
    part: str
    reason: str
    size_mm: tuple[float, float, float]
    job_ids: tuple[str, ...]
    """By copy; a claim takes one of them."""
    offers: tuple[Offer, ...]

    @cached_property
    def mine_able(self) -> list[Known]:
        """What the person who looks can claim it for."""
        return [offer.known for offer in self.offers if offer.known.mine and not offer.reasons]

    @cached_property
    def others_able(self) -> list[Known]:
        return [offer.known for offer in self.offers if not offer.known.mine and not offer.reasons]

    @cached_property
    def unable(self) -> list[Offer]:
        """The person's own machines first, as they come."""
        return [offer for offer in self.offers if offer.reasons]


@dataclass(frozen=True)
class Board:
    """One page of the board. `all_compared` unless there are more machines than a page compares."""

    rows: tuple[Row, ...]
    page: int
    pages: int
    all_compared: bool


def board(session: Session, account: Account | None, now: datetime, page: int = 1) -> Board:
    """Open jobs, alike ones as one row, newest first. As many queries whatever there is; `page` counts from 1."""
    alike = (Job.order_id, Job.part, Job.reason)
    groups = sa.select(*alike).where(Job.state == JobState.OPEN).group_by(*alike)
    pages = -(-(session.scalar(sa.select(sa.func.count()).select_from(groups.subquery())) or 0) // ROWS_A_PAGE) or 1
    page = min(max(page, 1), pages)
    newest_first = groups.order_by(sa.func.max(Job.created).desc(), *alike)
    there = session.execute(newest_first.limit(ROWS_A_PAGE).offset((page - 1) * ROWS_A_PAGE))
    shown = [(order_id, part, reason) for order_id, part, reason in there]
    machines = known_machines(session, account, now)
    return Board(
        tuple(_rows(session, shown, machines)), page, pages,
        all_compared=sum(not known.mine for known in machines) < MACHINES_COMPARED,
    )  # fmt: skip


def unmakeable(session: Session, order: Order, account: Account | None, now: datetime) -> frozenset[str]:
    """Those open jobs of an order that no machine here could make as it is now."""
    keys = {(order.id, job.part, job.reason) for job in order.jobs if job.state is JobState.OPEN}
    if not keys:
        return frozenset()
    rows = _rows(session, sorted(keys), known_machines(session, account, now))
    return frozenset(job_id for row in rows if len(row.unable) == len(row.offers) for job_id in row.job_ids)


def _rows(session: Session, shown: list[tuple[str, str, str]], machines: Sequence[Known]) -> Iterable[Row]:
    order_ids = {order_id for order_id, _, _ in shown}
    wanted = (Job.state == JobState.OPEN, Job.order_id.in_(order_ids))
    profiles = {known.machine.id: known.machine.profile_sha256 for known in machines}
    closed: dict[str, dict[str, str]] = defaultdict(dict)
    for refusal in session.scalars(sa.select(JobRefusal).join(Job, Job.id == JobRefusal.job_id).where(*wanted)):
        if profiles.get(refusal.machine_id) == refusal.profile_sha256:
            closed[refusal.job_id][refusal.machine_id] = refusal.reason
    orders = {
        order.id: order
        for order in session.scalars(
            sa.select(Order).where(Order.id.in_(order_ids)).options(joinedload(Order.orderer))
        )
    }  # fmt: skip
    # Copies that different machines were found unable to make are rows of their own.
    copies: dict[tuple[str, str, str], dict[frozenset[str], list[sa.Row[tuple[str, list[object]]]]]]
    copies = {key: defaultdict(list) for key in shown}
    jobs = sa.select(Job.id, Job.size_mm, Job.order_id, Job.part, Job.reason).where(*wanted).order_by(Job.copy, Job.id)
    for job in session.execute(jobs):
        if (key := (job.order_id, job.part, job.reason)) in copies:
            copies[key][frozenset(closed[job.id])].append(job)
    for (order_id, part, reason), by_closed in copies.items():
        for alike in by_closed.values():
            width, depth, height = (float(length) for length in alike[0].size_mm)
            size, refusals = (width, depth, height), closed[alike[0].id]
            offers = tuple(Offer(known, _reasons(orders[order_id], size, known, refusals)) for known in machines)
            yield Row(orders[order_id], part, reason, size, tuple(job.id for job in alike), offers)


def _reasons(
    order: Order, size_mm: tuple[float, float, float], known: Known, refusals: dict[str, str]
) -> tuple[str, ...]:
    if known.machine.id in refusals:
        return (refusals[known.machine.id],)
    if known.profile is None:
        return (OUTDATED,)
    return why_not(size_mm, order.process, order.material, order.print_settings, known.profile)


def claimable(session: Session, account: Account, job_id: str, machine_id: str) -> str:
    """`job_id` itself while it is open, else a copy alike that is; the account's own second click claims no second."""
    job = session.get(Job, job_id)
    if job is None or job.state is JobState.OPEN or (job.machine and _is_owner(account, job.machine.workshop)):
        return job_id
    refused = sa.select(JobRefusal.job_id).where(JobRefusal.machine_id == machine_id)
    alike = (Job.order_id == job.order_id, Job.part == job.part, Job.state == JobState.OPEN, Job.id.not_in(refused))
    return session.scalar(sa.select(Job.id).where(*alike).order_by(Job.copy, Job.id).limit(1)) or job_id


_WHOLE = (joinedload(Job.machine).joinedload(Machine.workshop),
          selectinload(Job.attempts).joinedload(Attempt.machine).joinedload(Machine.workshop))  # fmt: skip
"""What a page says of a job is loaded with it, in as many queries for a hundred as for one."""


def order_for(session: Session, order_id: str, account: Account | None) -> Order:
    """The order, for who placed it and for workshops that have or had a job of it. Raises `NotFound`."""
    order = session.scalar(
        sa.select(Order).where(Order.id == order_id).options(selectinload(Order.jobs).options(*_WHOLE))
    )
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
    return session.scalars(query.order_by(Job.claimed, Job.id).options(joinedload(Job.order), *_WHOLE)).all()


def attempts_at(session: Session, workshop: Workshop, limit: int = 30) -> Sequence[Attempt]:
    """The workshop's attempts, newest first."""
    query = sa.select(Attempt).join(Attempt.machine).where(Machine.workshop_id == workshop.id)
    whole = (joinedload(Attempt.job).joinedload(Job.order), joinedload(Attempt.machine))
    return session.scalars(query.order_by(Attempt.leased.desc(), Attempt.id).limit(limit).options(*whole)).all()


def materials(session: Session, now: datetime) -> list[str]:
    """Every material some machine here has, by name; PLA where there is none yet."""
    profiles = [known.profile for known in known_machines(session, None, now)]
    named = {m.name.casefold(): m.name for profile in profiles if profile for m in profile.materials}
    return sorted(named.values(), key=str.casefold) or ["PLA"]


def is_over(jobs: Iterable[Job]) -> bool:
    """Whether nothing will change any more by itself."""
    return all(job.state in (JobState.ACCEPTED, JobState.CANCELLED) for job in jobs)


def can_cancel(jobs: Iterable[Job]) -> bool:
    """Whether there is anything that no machine has begun."""
    return any((job.state, JobEvent.CANCEL) in JOB_TRANSITIONS for job in jobs)


def known_machines(session: Session, account: Account | None, now: datetime) -> list[Known]:
    """Machines that a paired bridge still has, the account's own first, profiles read once."""
    there = (Bridge.revoked.is_(None), Machine.removed.is_(None))
    paired = (
        sa.select(Machine).join(Machine.bridge).join(Machine.workshop).where(*there)
        .options(contains_eager(Machine.workshop))
    )  # fmt: skip
    mine: Sequence[Machine] = ()
    if account is not None:
        mine = session.scalars(paired.where(Workshop.owner_id == account.id).order_by(Machine.name, Machine.id)).all()
        paired = paired.where(Workshop.owner_id != account.id)
    others = session.scalars(paired.order_by(Machine.seen.desc(), Machine.id).limit(MACHINES_COMPARED)).all()
    return [
        Known(
            machine, profile_of(machine), mine=machine in mine,
            silent_s=(now - machine.seen).total_seconds() if now - machine.seen > SILENT_AFTER else None,
        )
        for machine in (*mine, *others)
    ]  # fmt: skip


def _is_owner(account: Account | None, workshop: Workshop) -> bool:
    return account is not None and workshop.owner_id == account.id


def _may_see(order: Order, account: Account) -> bool:
    if order.orderer_id == account.id:
        return True
    tried = [attempt.machine for job in order.jobs for attempt in job.attempts]
    holding = [job.machine for job in order.jobs if job.machine is not None]
    return any(_is_owner(account, machine.workshop) for machine in (*tried, *holding))
