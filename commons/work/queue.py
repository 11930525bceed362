"""Taking and settling long work: one taker at a time, and a taker that died loses its turn."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from commons.work.models import Work, WorkState

TURN_S = 20.0
"""How long a taker may be silent before another takes its work."""


@dataclass(frozen=True)
class Turn:
    """The right to make one thing, as long as nobody has taken a later one."""

    key: str
    kind: str
    subject: str
    attempt: int
    about: dict[str, Any] = field(default_factory=dict)


def take(session: Session, now: datetime, kinds: Collection[str]) -> Turn | None:
    """The oldest work of these kinds that is wanted, or whose taker's turn is over."""
    abandoned = sa.and_(Work.state == WorkState.MAKING, Work.expires <= now)
    free = sa.or_(Work.state == WorkState.WANTED, abandoned)
    query = sa.select(Work).where(Work.kind.in_(kinds), free).order_by(Work.wanted).limit(1)
    work = session.scalar(query.with_for_update(skip_locked=True))
    if work is None:
        return None
    work.state, work.attempt = WorkState.MAKING, work.attempt + 1
    work.began, work.expires = now, now + timedelta(seconds=TURN_S)
    return Turn(work.key, work.kind, work.subject, work.attempt, work.about)


def keep(session: Session, turn: Turn, now: datetime) -> None:
    """The taker is alive: its turn goes on."""
    mine = (Work.key == turn.key, Work.attempt == turn.attempt, Work.state == WorkState.MAKING)
    session.execute(sa.update(Work).where(*mine).values(expires=now + timedelta(seconds=TURN_S)))


def settle(session: Session, turn: Turn, state: WorkState, error: str = "") -> bool:
    """Ends a turn; False, and nothing is changed, when another has taken the work since."""
    mine = (Work.key == turn.key, Work.attempt == turn.attempt, Work.state == WorkState.MAKING)
    result = session.execute(sa.update(Work).where(*mine).values(state=state, error=error, expires=None))
    return bool(getattr(result, "rowcount", 0))
