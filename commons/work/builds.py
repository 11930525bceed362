"""Builds that take longer than a person waits for a preview: wanted by a page, made by the worker."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from commons.catalog.models import Revision
from commons.catalog.services import revision as revision_named
from commons.catalog.services import source_of
from commons.db import Database, utcnow
from commons.errors import NotFound
from commons.work.models import Work, WorkState
from commons.work.queue import Turn
from fabrication.artefacts import ArtefactStore
from fabrication.geometry.service import Geometry
from fabrication.recipes import Source, Value, geometry_key, json_values

BUILD = "build"


@dataclass(frozen=True)
class BuildStatus:
    """Where a wanted build of a variant stands: for how long it has been made, how many come first, why it failed."""

    key: str
    state: WorkState
    seconds: float
    ahead: int
    error: str
    revision_id: str
    values: Mapping[str, Value]

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


def want(session: Session, revision: Revision, source: Source, values: Mapping[str, Value]) -> str:
    """Have it built in the background; `values` are canonical. Returns the key that `status` takes.

    The same again is one build. One that is over is taken up anew: it may have failed, or what it made may be gone;
    where it is still there, that costs nothing.
    """
    key = geometry_key(BUILD, source, values)
    work = session.get(Work, key)
    if work is None:
        with suppress(IntegrityError), session.begin_nested():  # somebody else wanted it at the same moment
            session.add(Work(key=key, kind=BUILD, subject=revision.id, about=dict(json_values(values))))
    elif work.state in (WorkState.FAILED, WorkState.MADE):
        work.state, work.wanted, work.error = WorkState.WANTED, utcnow(), ""
    session.flush()
    return key


def status(session: Session, key: str) -> BuildStatus:
    """Raises `NotFound` for what nobody wanted."""
    found = find(session, key)
    if found is None:
        raise NotFound("Nobody asked for that to be built here.")
    return found


def find(session: Session, key: str) -> BuildStatus | None:
    """The same, or None for what nobody wanted."""
    work = session.get(Work, key)
    if work is None or work.kind != BUILD:
        return None
    waiting = (WorkState.WANTED, WorkState.MAKING)
    earlier = sa.select(sa.func.count()).where(Work.kind == BUILD, Work.state.in_(waiting), Work.wanted < work.wanted)
    ahead = session.scalar(earlier) or 0
    seconds = (utcnow() - work.began).total_seconds() if work.began else 0.0
    return BuildStatus(key, work.state, seconds, ahead, work.error, work.subject, work.about)


class Builder:
    """Makes wanted builds, each with its picture: the page that waits shows it."""

    def __init__(self, database: Database, geometry: Geometry, store: ArtefactStore) -> None:
        self.database, self.geometry, self.store = database, geometry, store

    def build(self, turn: Turn) -> None:
        """Raises `FabricationError`."""
        with self.database.read() as session:
            source = source_of(self.store, revision_named(session, turn.subject))
        self.geometry.picture(self.geometry.build(source, turn.about))
