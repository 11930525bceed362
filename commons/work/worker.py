"""The worker: takes rows of long work, one at a time, and keeps its turn while it makes them."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from commons.catalog.refusals import REFUSALS, said_of
from commons.db import Database, utcnow
from commons.work.models import WorkState
from commons.work.queue import TURN_S, Turn, keep, settle, take

log = logging.getLogger(__name__)

Maker = Callable[[Turn], None]

INSIDE = "It failed inside the commons; its log says why."
"""What a person is told of a fault that is ours: its own words are of no use to them, and may name our insides."""


class Worker:
    """`makers` by kind of work. It only waits on other processes, so a thread of the web's is enough for it."""

    def __init__(self, database: Database, makers: Mapping[str, Maker]) -> None:
        self.database, self.makers = database, makers

    def run_once(self) -> bool:
        """Takes and makes at most one piece of work; whether there was one."""
        with self.database.write() as session:
            turn = take(session, utcnow(), self.makers.keys())
        if turn is None:
            return False
        state, error = self._make(turn)
        with self.database.write() as session:
            settle(session, turn, state, error)
        return True

    def _make(self, turn: Turn) -> tuple[WorkState, str]:
        try:
            with self._kept(turn):
                self.makers[turn.kind](turn)
        except REFUSALS as error:  # what the author's source or these values came to, or no forge
            log.info("work %s failed: %s", turn.key, error)
            return WorkState.FAILED, said_of(error)[0]
        except Exception:  # it fails that work alone
            log.exception("work %s failed", turn.key)
            return WorkState.FAILED, INSIDE
        return WorkState.MADE, ""

    @contextmanager
    def _kept(self, turn: Turn) -> Iterator[None]:
        """Says every few seconds that this taker lives, so that one that died is found out soon."""
        over = threading.Event()

        def say() -> None:
            while not over.wait(TURN_S / 4):
                try:
                    with self.database.write() as session:
                        keep(session, turn, utcnow())
                except sa.exc.OperationalError:  # said again in a moment
                    log.warning("could not keep the turn of %s", turn.key, exc_info=True)

        thread = threading.Thread(target=say, name=f"keeps {turn.key}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
