"""A bridge asks to begin, or for its program. Every function runs inside a transaction of the caller."""

from datetime import datetime

from sqlalchemy.orm import Session

from commons.errors import NotFound
from commons.orders.models import Attempt
from commons.orders.steps import locked, move_attempt, step
from commons.workshops.models import Bridge
from fabrication.dispatch.states import JobEvent
from firmware_bridge import wire
from firmware_bridge.wire import LIVE_ATTEMPT_STATES, WAITING_ATTEMPT_STATES, AttemptState


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
    if attempt.state not in WAITING_ATTEMPT_STATES or attempt.expires <= now or job.fence != attempt.fence:
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
