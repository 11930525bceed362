"""What the commons does when nobody wants anything: one try of one design, then a look whether anybody came."""

import logging
from collections import Counter

import sqlalchemy as sa

from commons.catalog.sampling.services import least_tried, record, tried_of, volumes
from commons.catalog.services import source_of
from commons.db import Database
from commons.work.models import Work, WorkState
from fabrication.artefacts import ArtefactStore
from fabrication.errors import ArtefactError, ForgeError, ForgeUnavailable, SourceError, Superseded
from fabrication.geometry.client import ForgeClient, ForgeHealth
from fabrication.geometry.feasible.plan import Bounds, Plan, Values
from fabrication.geometry.feasible.samples import Sample, Size
from fabrication.geometry.feasible.tries import try_out
from fabrication.geometry.parameters import read_parameters
from fabrication.recipes import Source

SECONDS_MAX = 900.0
"""What one source may take of this machine, in all: of a script that takes long, less is tried."""
PATIENCE_S = 3.0
GIVEN_UP_AFTER = 3
"""So often the forge may be lost over one source before it is left alone, until the next start."""

log = logging.getLogger(__name__)


class Idler:
    """Tries out designs while the forge has nothing else to do: `samples` sets of values of each at most.

    What it did is in the database alone, so whenever it is stopped, it goes on where it stood.
    """

    def __init__(self, database: Database, forge: ForgeClient, store: ArtefactStore, samples: int) -> None:
        self.database, self.forge, self.store = database, forge, store
        self.bounds = Bounds(samples, SECONDS_MAX)
        self._done: set[tuple[str, tuple[Size, ...]]] = set()
        self._lost: Counter[str] = Counter()

    def run_once(self) -> bool:
        """One try, if all is idle. False always: between two tries there is a rest, in which people come first."""
        if self._idle() and (task := self._next()) is not None:
            source, values = task
            if (sample := self._try(source, values)) is not None:
                with self.database.write() as session:
                    record(session, source.sha256, sample)
        return False

    def _try(self, source: Source, values: Values) -> Sample | None:
        """None where the try says nothing about the values: they are tried again later."""
        try:
            return try_out(self.forge, source, values, background=True, give_way=self._wanted)
        except Superseded:
            return None
        except ForgeError as error:
            self._lost[source.sha256] += 1
            log.warning("a try of %s came to nothing: %s", source.sha256[:12], error)
            return None

    def _wanted(self) -> bool:
        """Whether somebody waits while a try runs: where the forge has but one place, until it gives way."""
        health = self._health()
        return health is not None and health.waiting > 0

    def _health(self) -> ForgeHealth | None:
        try:
            return self.forge.health(PATIENCE_S)
        except ForgeUnavailable:
            return None

    def _idle(self) -> bool:
        health = self._health()
        if health is None or not health.ready or health.running or health.waiting:
            return False
        busy = sa.select(Work.key).where(Work.state.in_((WorkState.WANTED, WorkState.MAKING))).limit(1)
        with self.database.read() as session:
            return session.scalar(busy) is None

    def _next(self) -> tuple[Source, Values] | None:
        with self.database.read() as session:
            known = volumes(session)
            for revision in least_tried(session, self.bounds.samples):
                sha256 = revision.source_sha256
                if (sha256, known) in self._done or self._lost[sha256] >= GIVEN_UP_AFTER:
                    continue
                try:
                    source = source_of(self.store, revision)
                    plan = Plan(read_parameters(source.script), known)
                except (ArtefactError, SourceError) as error:  # what cannot be read is not tried
                    log.warning("%s is not tried out: %s", sha256[:12], error)
                    self._done.add((sha256, known))
                    continue
                values = plan.next(tried_of(session, sha256), self.bounds)
                if values is not None:
                    return source, values
                self._done.add((sha256, known))
        return None
