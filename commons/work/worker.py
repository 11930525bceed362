"""The worker: takes rows of long work, and between them does what time asks for (`sweep`)."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from commons.config import Config
from commons.db import Database, utcnow
from commons.orders.sweeper import sweep
from commons.work.models import WorkState
from commons.work.queue import TURN_S, Turn, keep, settle, take

log = logging.getLogger(__name__)

Maker = Callable[[str], None]
LOOK_S = 0.5


class Worker:
    """One thread of long work. It only waits on other processes, so it costs the web little."""

    def __init__(self, database: Database, config: Config, makers: Mapping[str, Maker]) -> None:
        self.database, self.config, self.makers = database, config, makers
        self.ended = threading.Event()

    def run(self) -> None:
        """Until `ended` is set. An exception of a maker fails that work alone, and is logged whole."""
        while not self.ended.is_set():
            if not self.run_once():
                self.ended.wait(LOOK_S)

    def run_once(self) -> bool:
        """Sweeps, then takes and makes at most one piece of work; whether there was one."""
        with self.database.write() as session:
            sweep(session, self.config, utcnow())
            turn = take(session, utcnow())
        if turn is None:
            return False
        state, error = self._make(turn)
        with self.database.write() as session:
            settle(session, turn, state, error)
        return True

    def _make(self, turn: Turn) -> tuple[WorkState, str]:
        try:
            with self._kept(turn):
                self.makers[turn.kind](turn.subject)
        except Exception as error:  # the loop must outlive whatever one piece of work does
            log.exception("work %s failed", turn.key)
            return WorkState.FAILED, f"{type(error).__name__}: {error}"
        return WorkState.MADE, ""

    @contextmanager
    def _kept(self, turn: Turn) -> Iterator[None]:
        """Says every few seconds that this taker lives, so that one that died is found out soon."""
        over = threading.Event()

        def say() -> None:
            while not over.wait(TURN_S / 4):
                with self.database.write() as session:
                    keep(session, turn, utcnow())

        thread = threading.Thread(target=say, name=f"keeps {turn.key}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def start(self) -> threading.Thread:
        """Runs in a daemon thread; a turn cut off by the end of the process is taken again by the next."""
        thread = threading.Thread(target=self.run, name="worker", daemon=True)
        thread.start()
        return thread
