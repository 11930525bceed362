"""One sync of one bridge: what it says is taken in, and what it may do next is answered."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from commons.config import Config
from commons.errors import Conflict
from commons.orders.models import Attempt, Job
from commons.orders.services import refuse_plan, release_held
from commons.orders.steps import end_lease, locked, move_attempt, step
from commons.orders.sweeper import lapse_lease
from commons.workshops.models import Bridge, BridgeRefusal, Machine
from fabrication.dispatch.states import JobEvent, JobState
from firmware_bridge import wire
from firmware_bridge.wire import (
    LIVE_ATTEMPT_STATES,
    WAITING_ATTEMPT_STATES,
    AttemptReport,
    AttemptState,
    MachineReport,
    MachineState,
)


@dataclass
class Sync:
    """Runs inside a writing transaction of the caller; `answer` may be called once."""

    session: Session
    config: Config
    bridge: Bridge
    now: datetime
    commands: list[wire.Command] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    def answer(self, request: wire.SyncRequest) -> wire.SyncAnswer:
        """Takes in the bridge's machines, attempts and refusals; offers leases to machines that are free."""
        self.bridge.seen, self.bridge.version = self.now, request.bridge_version[:40]
        for machine_report in request.machines:
            self._take_machine(machine_report)
        for attempt_report in request.attempts:
            self._take_attempt(attempt_report)
        self._take_absence(request)
        seen = self._take_refusals(request.refusals)
        self.session.flush()
        held = {report.attempt for report in request.attempts}
        for machine_report in request.machines:
            if machine_report.state is MachineState.FREE:
                self._offer(machine_report.machine, held)
        live = self._live_attempts()
        return wire.SyncAnswer(
            interval_s=self.config.sync_busy_s if live or self._has_claims() else self.config.sync_idle_s,
            commands=[msgspec.Raw(msgspec.json.encode(command)) for command in self.commands],
            settled=self.settled,
            leases={one.id: self._left_s(one) for one in live if one.state in WAITING_ATTEMPT_STATES},
            refusals_seen=seen,
        )

    def _take_machine(self, report: MachineReport) -> None:
        machine = self._machine(report.machine)
        known = machine is not None and machine.profile_sha256 == report.profile_sha256
        if not known and (report.profile is None or report.profile.sha256() != report.profile_sha256):
            self.commands.append(wire.NeedProfile(machine=report.machine))
            return
        if machine is None:
            machine = Machine(workshop_id=self.bridge.workshop_id, bridge_id=self.bridge.id, local_name=report.machine)
            self.session.add(machine)
        if not known and report.profile is not None:
            machine.name, machine.profile = report.profile.name, msgspec.to_builtins(report.profile)
            machine.profile_sha256 = report.profile_sha256
        machine.state, machine.seen, machine.removed = report.state, self.now, None
        self.session.flush()

    def _take_absence(self, request: wire.SyncRequest) -> None:
        """What the bridge no longer has gives back what it was to make; after the bridge's own word on its attempts.

        One that does not say which it has left out may have it still, with a profile that is wrong for the moment.
        """
        there = {report.machine for report in request.machines}
        mine = (Machine.bridge_id == self.bridge.id, Machine.removed.is_(None), Machine.local_name.not_in(there))
        for machine in self.session.scalars(sa.select(Machine).where(*mine)).all():
            machine.state = MachineState.OFFLINE
            if request.left_out is not None and machine.local_name not in request.left_out:
                machine.removed = self.now
                release_held(self.session, Machine.id == machine.id, f"{machine.name} was removed at its bridge")

    def _take_attempt(self, report: AttemptReport) -> None:
        """One report. Of a superseded fence it changes nothing; what is over is settled, to be said no more."""
        attempt = self.session.get(Attempt, report.attempt)
        if attempt is None or attempt.bridge_id != self.bridge.id:
            self._withdraw(report, "this bridge has no such attempt")
            return
        job = locked(self.session, attempt.job_id)
        self.session.refresh(attempt)
        if self._superseded(report, attempt, job):
            self._withdraw(report, attempt.reason or f"this attempt is {attempt.state}")
            return
        attempt.heard = self.now
        if report.progress is not None:
            attempt.progress = msgspec.to_builtins(report.progress)
        if attempt.state in WAITING_ATTEMPT_STATES and report.state in WAITING_ATTEMPT_STATES:
            attempt.expires = self.now + timedelta(seconds=self.config.lease_s)
        if report.state is not attempt.state:
            self._move(job, attempt, report)
        if attempt.state not in LIVE_ATTEMPT_STATES or (attempt.state is report.state is AttemptState.LOST):
            self.settled.append(report.attempt)

    @staticmethod
    def _superseded(report: AttemptReport, attempt: Attempt, job: Job) -> bool:
        over = attempt.state not in LIVE_ATTEMPT_STATES
        return over or report.fence != attempt.fence or job.fence != attempt.fence

    def _withdraw(self, report: AttemptReport, reason: str) -> None:
        self.settled.append(report.attempt)
        self.commands.append(wire.Withdraw(attempt=report.attempt, fence=report.fence, reason=reason))

    def _move(self, job: Job, attempt: Attempt, report: AttemptReport) -> None:
        """Carries a bridge's word over to the job. A word the table does not allow changes nothing.

        Before the start only arming, giving back and refusing count: a start is asked for (`services.start`),
        never reported.
        """
        waiting = attempt.state in WAITING_ATTEMPT_STATES
        refused_before_start = waiting and report.state is AttemptState.FAILED
        if waiting and report.state is AttemptState.LAPSED:
            end_lease(self.session, job, JobEvent.LAPSE, report.reason or "given back by the workshop's bridge")
            return
        if waiting and not refused_before_start and report.state not in WAITING_ATTEMPT_STATES:
            return
        try:
            move_attempt(attempt, report.state, report.reason)
        except Conflict:
            return
        if refused_before_start:
            refuse_plan(self.session, job, f"the workshop's bridge refused it: {report.reason}")
        elif report.state is AttemptState.FINISHED:
            step(self.session, job, JobEvent.FINISH)
        elif report.state is AttemptState.FAILED:
            step(self.session, job, JobEvent.FAIL, report.reason)

    def _take_refusals(self, refusals: list[wire.Refusal]) -> int:
        newest = sa.select(sa.func.max(BridgeRefusal.number)).where(BridgeRefusal.bridge_id == self.bridge.id)
        seen = self.session.scalar(newest) or 0
        for refusal in sorted(refusals, key=lambda one: one.number):
            if refusal.number > seen:
                said = {"number": refusal.number, "what": refusal.what, "reason": refusal.reason}
                self.session.add(BridgeRefusal(bridge_id=self.bridge.id, **said))
                seen = refusal.number
        return seen

    def _offer(self, local_name: str, held: set[str]) -> None:
        """A lease for a free machine that has a ready job; one whose answer was lost is offered again."""
        machine = self._machine(local_name)
        if machine is None:
            return
        live = [one for one in self._live_attempts() if one.machine_id == machine.id]
        if live and live[0].state in WAITING_ATTEMPT_STATES and live[0].expires <= self.now:
            lapse_lease(self.session, live[0].job_id, self.now)
            return
        attempt = live[0] if live else self._lease(machine)
        if attempt is None or attempt.id in held or attempt.state not in WAITING_ATTEMPT_STATES:
            return
        job, order = attempt.job, attempt.job.order
        lease = wire.Lease(
            attempt=attempt.id,
            fence=attempt.fence,
            machine=local_name,
            title=f"{order.title}: {job.part}",
            ordered_by=order.orderer.handle,
            material=order.material,
            profile_sha256=job.profile_sha256 or "",
            program_sha256=attempt.program_sha256,
            program_bytes=job.program_bytes or 0,
            estimate_s=job.estimate_s or 0.0,
            expires_in_s=self._left_s(attempt),
        )
        self.commands.append(lease)

    def _lease(self, machine: Machine) -> Attempt | None:
        query = sa.select(Job).where(Job.machine_id == machine.id, Job.state == JobState.READY)
        query = query.order_by(Job.claimed, Job.id).limit(1).with_for_update(skip_locked=True)
        job = self.session.scalar(query)
        if job is None:
            return None
        if job.profile_sha256 != machine.profile_sha256:
            note = "the machine's profile changed after the plan; claim it again"
            step(self.session, job, JobEvent.RELEASE, note)
            return None
        job.fence += 1
        attempt = Attempt(
            job_id=job.id,
            machine_id=machine.id,
            bridge_id=self.bridge.id,
            fence=job.fence,
            program_sha256=job.program_sha256,
            expires=self.now + timedelta(seconds=self.config.lease_s),
        )
        self.session.add(attempt)
        self.session.flush()
        return attempt

    def _machine(self, local_name: str) -> Machine | None:
        mine = (Machine.bridge_id == self.bridge.id, Machine.local_name == local_name)
        return self.session.scalar(sa.select(Machine).where(*mine))

    def _live_attempts(self) -> list[Attempt]:
        mine = (Attempt.bridge_id == self.bridge.id, Attempt.state.in_(LIVE_ATTEMPT_STATES))
        return list(self.session.scalars(sa.select(Attempt).where(*mine)))

    def _has_claims(self) -> bool:
        """Whether a job of this bridge's machines is ready or about to be."""
        soon = (JobState.CLAIMED, JobState.PLANNED, JobState.READY)
        query = sa.select(Job.id).join(Machine).where(Machine.bridge_id == self.bridge.id, Job.state.in_(soon))
        return self.session.scalar(query.limit(1)) is not None

    def _left_s(self, attempt: Attempt) -> float:
        return (attempt.expires - self.now).total_seconds()
