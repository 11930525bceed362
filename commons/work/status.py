"""How long work stands that a person waits for: wanted once whoever asks, and told in words."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from commons.db import utcnow
from commons.work.models import Work, WorkState

BUILD, SAVE = "build", "save"
KINDS = (BUILD, SAVE)
"""They share a thread of the worker, so what waits for one waits for all of them."""


@dataclass(frozen=True)
class Status:
    """Where a piece stands: for how long it has been made, how many come first, why it failed.

    `subject` and `about` are the row's own: what is made, in the terms of its kind.
    """

    key: str
    kind: str
    state: WorkState
    seconds: float
    ahead: int
    error: str
    subject: str
    about: Mapping[str, Any]

    @property
    def words(self) -> str:
        """One sentence for the person who waits."""
        match self.state:
            case WorkState.WANTED if self.ahead:
                return f"Waiting; {self.ahead} {'build comes' if self.ahead == 1 else 'builds come'} first."
            case WorkState.WANTED:
                return "About to begin."
            case WorkState.MAKING:
                return f"Building, for {self.seconds:.0f} s so far."
            case WorkState.MADE:
                return "Built."
            case _:
                return self.error


def want(session: Session, key: str, kind: str, subject: str, about: Mapping[str, Any]) -> None:
    """Have it made in the background. The same again is one piece of work.

    One that is over is taken up anew: it may have failed, or what it made may be gone; where it is still there, that
    costs nothing.
    """
    work = session.get(Work, key)
    if work is None:
        with suppress(IntegrityError), session.begin_nested():  # somebody else wanted it at the same moment
            session.add(Work(key=key, kind=kind, subject=subject, about=dict(about)))
    elif work.state in (WorkState.FAILED, WorkState.MADE):
        work.state, work.wanted, work.error = WorkState.WANTED, utcnow(), ""
    session.flush()


def find(session: Session, key: str, kind: str) -> Status | None:
    """How the piece of this kind stands, or None for what nobody wanted."""
    work = session.get(Work, key)
    if work is None or work.kind != kind:
        return None
    waiting = (WorkState.WANTED, WorkState.MAKING)
    earlier = sa.select(sa.func.count()).where(Work.kind.in_(KINDS), Work.state.in_(waiting), Work.wanted < work.wanted)
    ahead = session.scalar(earlier) or 0
    seconds = (utcnow() - work.began).total_seconds() if work.began else 0.0
    return Status(key, kind, work.state, seconds, ahead, work.error, work.subject, work.about)
