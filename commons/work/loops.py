"""A thread that does the same again and again, and outlives whatever one pass does."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from commons.db import utcnow

log = logging.getLogger(__name__)


class Loop:
    """Calls `run_once` until `ended` is set, pausing when it says there was nothing to do.

    `passed` is when a pass last went well: what a health page asks.
    """

    def __init__(self, name: str, run_once: Callable[[], bool], pause_s: float) -> None:
        self.name, self.run_once, self.pause_s = name, run_once, pause_s
        self.ended = threading.Event()
        self.passed: datetime | None = None

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                busy = self.run_once()
                self.passed = utcnow()
            except Exception:  # a locked database or one bad row must not be the last pass
                log.exception("a pass of the %s failed", self.name)
                busy = False
            if not busy:
                self.ended.wait(self.pause_s)

    def start(self) -> "Loop":
        """In a daemon thread: what the end of the process cuts off is taken up by the next."""
        threading.Thread(target=self.run, name=self.name, daemon=True).start()
        return self
