"""What a bridge's sync does to the board. Every function runs inside a writing transaction of the caller."""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from commons.config import Config
from commons.errors import Conflict, NotFound
from commons.orders.models import Attempt, Job
from commons.orders.services import refuse_plan
from commons.orders.steps import locked, move_attempt, step
from commons.workshops.models import Bridge, BridgeRefusal, Machine
from fabrication.dispatch.states import JobEvent, JobState
from firmware_bridge import wire
from firmware_bridge.wire import LIVE_ATTEMPT_STATES, AttemptReport, AttemptState, MachineReport, MachineState

WAITING = (AttemptState.LEASED, AttemptState.ARMED)


def sync(session: Session, config: Config, bridge: Bridge, request: wire.SyncRequest, now: datetime) -> wire.SyncAnswer:
    """Takes in what the bridge says of its machines and attempts; answers with what it may do next."""
    bridge.seen, bridge.version = now, request.bridge_version[:40]
    commands: list[wire.Command] = []
    for report in request.machines:
        commands += _take_machine(session, bridge, report, now)
    settled: list[str] = []
    for attempt_report in request.attempts:
        commands += _take_attempt(session, config, bridge, attempt_report, now, settled)
    seen = _take_refusals(session, bridge, request.refusals)
    session.flush()
    held = {report.attempt for report in request.attempts}
    commands += _offer(session, config, bridge, request.machines, held, now)
    waiting = sa.select(Attempt).where(Attempt.bridge_id == bridge.id, Attempt.state.in_(WAITING))
    leases = {attempt.id: (attempt.expires - now).total_seconds() for attempt in session.scalars(waiting)}
    live = sa.select(Attempt.id).where(Attempt.bridge_id == bridge.id, Attempt.state.in_(LIVE_ATTEMPT_STATES)).limit(1)
    busy = session.scalar(live) is not None or _has_work(session, bridge)
    return wire.SyncAnswer(
        interval_s=config.sync_busy_s if busy else config.sync_idle_s,
        commands=[msgspec.Raw(msgspec.json.encode(command)) for command in commands],
        settled=settled,
        leases=leases,
        refusals_seen=seen,
    )


def start(
    session: Session, bridge: Bridge, attempt_id: str, request: wire.StartRequest, now: datetime
) -> wire.StartAnswer:
    """The point of no return: a compare-and-swap on fence and unexpired lease. Asked again, the same answer."""
    attempt = _of_bridge(session, bridge, attempt_id)
    job = locked(session, attempt.job_id)
    session.refresh(attempt)
    if attempt.fence != request.fence or attempt.program_sha256 != request.program_sha256:
        return wire.StartAnswer(started=False, reason="this is not the lease that was given")
    if attempt.state is AttemptState.STARTED:
        return wire.StartAnswer(started=True)
    if attempt.state not in WAITING or attempt.expires <= now or job.fence != attempt.fence:
        return wire.StartAnswer(started=False, reason="the lease is over")
    if attempt.state is AttemptState.LEASED:
        move_attempt(attempt, AttemptState.ARMED)
    move_attempt(attempt, AttemptState.STARTED)
    attempt.heard = now
    step(session, job, JobEvent.START)
    return wire.StartAnswer(started=True)


def program_of(session: Session, bridge: Bridge, attempt_id: str) -> str:
    """The hash of the program a bridge may fetch. Raises `NotFound` for an attempt that is not its own and live."""
    attempt = _of_bridge(session, bridge, attempt_id)
    if attempt.state not in LIVE_ATTEMPT_STATES:
        raise NotFound("This attempt is over.")
    return attempt.program_sha256


def _of_bridge(session: Session, bridge: Bridge, attempt_id: str) -> Attempt:
    attempt = session.get(Attempt, attempt_id)
    if attempt is None or attempt.bridge_id != bridge.id:
        raise NotFound("This bridge has no such attempt.")
    return attempt


def _take_machine(session: Session, bridge: Bridge, report: MachineReport, now: datetime) -> list[wire.Command]:
    query = sa.select(Machine).where(Machine.bridge_id == bridge.id, Machine.local_name == report.machine)
    machine = session.scalar(query)
    known = machine is not None and machine.profile_sha256 == report.profile_sha256
    if not known and (report.profile is None or report.profile.sha256() != report.profile_sha256):
        return [wire.NeedProfile(machine=report.machine)]
    if machine is None:
        machine = Machine(workshop_id=bridge.workshop_id, bridge_id=bridge.id, local_name=report.machine)
        session.add(machine)
    if not known and report.profile is not None:
        machine.name, machine.profile = report.profile.name, msgspec.to_builtins(report.profile)
        machine.profile_sha256 = report.profile_sha256
    machine.state, machine.seen = report.state, now
    session.flush()
    return []


def _take_attempt(
    session: Session, config: Config, bridge: Bridge, report: AttemptReport, now: datetime, settled: list[str]
) -> list[wire.Command]:
    """One report: of a superseded fence it changes nothing; a final one is settled so that it is not repeated."""
    attempt = session.get(Attempt, report.attempt)
    if attempt is None or attempt.bridge_id != bridge.id:
        settled.append(report.attempt)
        return [wire.Withdraw(attempt=report.attempt, fence=report.fence, reason="this bridge has no such attempt")]
    job = locked(session, attempt.job_id)
    session.refresh(attempt)
    over = attempt.state not in LIVE_ATTEMPT_STATES
    if over or report.fence != attempt.fence or job.fence != attempt.fence:
        settled.append(report.attempt)
        reason = attempt.reason or f"this attempt is {attempt.state}"
        return [wire.Withdraw(attempt=report.attempt, fence=report.fence, reason=reason)]
    attempt.heard = now
    if report.progress is not None:
        attempt.progress = msgspec.to_builtins(report.progress)
    if attempt.state in WAITING and report.state in WAITING:
        attempt.expires = now + timedelta(seconds=config.lease_s)
        attempt.state = report.state  # a restarted bridge is back at `leased`
    elif report.state is not attempt.state:
        _move(session, job, attempt, report)
    if attempt.state not in LIVE_ATTEMPT_STATES or (attempt.state is AttemptState.LOST is report.state):
        settled.append(report.attempt)
    return []


def _move(session: Session, job: Job, attempt: Attempt, report: AttemptReport) -> None:
    """Carries a bridge's word over to the job. A word the table does not allow changes nothing.

    Before the start only a refusal counts: a start is asked for (`start`), never reported.
    """
    refused_before_start = report.state is AttemptState.FAILED and attempt.state in WAITING
    if attempt.state in WAITING and not refused_before_start:
        return
    try:
        move_attempt(attempt, report.state, report.reason)
    except Conflict:
        return
    if refused_before_start:
        refuse_plan(session, job, f"the workshop's bridge refused it: {report.reason}")
    elif report.state is AttemptState.FINISHED:
        step(session, job, JobEvent.FINISH)
    elif report.state is AttemptState.FAILED:
        step(session, job, JobEvent.FAIL, report.reason)


def _take_refusals(session: Session, bridge: Bridge, refusals: list[wire.Refusal]) -> int:
    newest = sa.select(sa.func.max(BridgeRefusal.number)).where(BridgeRefusal.bridge_id == bridge.id)
    seen = session.scalar(newest) or 0
    for refusal in sorted(refusals, key=lambda one: one.number):
        if refusal.number > seen:
            row = BridgeRefusal(bridge_id=bridge.id, number=refusal.number, what=refusal.what, reason=refusal.reason)
            session.add(row)
            seen = refusal.number
    return seen


def _offer(
    session: Session, config: Config, bridge: Bridge, reports: list[MachineReport], held: set[str], now: datetime
) -> list[wire.Command]:
    """A lease for each machine that is free and has a ready job; one whose answer was lost is offered again."""
    commands: list[wire.Command] = []
    for report in reports:
        if report.state is not MachineState.FREE:
            continue
        machine = session.scalar(
            sa.select(Machine).where(Machine.bridge_id == bridge.id, Machine.local_name == report.machine)
        )
        if machine is None:
            continue
        live = session.scalar(
            sa.select(Attempt).where(Attempt.machine_id == machine.id, Attempt.state.in_(LIVE_ATTEMPT_STATES))
        )
        if live is None:
            live = _lease(session, config, bridge, machine, now)
        elif live.id in held or live.state not in WAITING:
            continue
        if live is not None:
            commands.append(_lease_command(live, machine, now))
    return commands


def _lease(session: Session, config: Config, bridge: Bridge, machine: Machine, now: datetime) -> Attempt | None:
    query = (
        sa.select(Job).where(Job.machine_id == machine.id, Job.state == JobState.READY).order_by(Job.claimed, Job.id)
    )
    job = session.scalar(query.limit(1).with_for_update(skip_locked=True))
    if job is None:
        return None
    if job.profile_sha256 != machine.profile_sha256:
        step(session, job, JobEvent.RELEASE, "the machine's profile changed after the plan; claim it again")
        return None
    assert job.program_sha256 is not None  # noqa: S101 (a ready job has its program)
    job.fence += 1
    attempt = Attempt(
        job_id=job.id,
        machine_id=machine.id,
        bridge_id=bridge.id,
        fence=job.fence,
        program_sha256=job.program_sha256,
        expires=now + timedelta(seconds=config.lease_s),
    )
    session.add(attempt)
    session.flush()
    return attempt


def _lease_command(attempt: Attempt, machine: Machine, now: datetime) -> wire.Lease:
    job, order = attempt.job, attempt.job.order
    return wire.Lease(
        attempt=attempt.id,
        fence=attempt.fence,
        machine=machine.local_name,
        title=f"{order.title}: {job.part}",
        ordered_by=order.orderer.handle,
        material=order.material,
        profile_sha256=job.profile_sha256 or "",
        program_sha256=attempt.program_sha256,
        program_bytes=job.program_bytes or 0,
        estimate_s=job.estimate_s or 0.0,
        expires_in_s=(attempt.expires - now).total_seconds(),
    )


def _has_work(session: Session, bridge: Bridge) -> bool:
    """Whether a job of this bridge's machines is about to become ready."""
    soon = (JobState.CLAIMED, JobState.PLANNED, JobState.READY)
    query = sa.select(Job.id).join(Machine).where(Machine.bridge_id == bridge.id, Job.state.in_(soon)).limit(1)
    return session.scalar(query) is not None
