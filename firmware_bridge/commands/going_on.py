"""How the person before a `stream` lets a program go on that waits for somebody: by Enter, or by a signal."""

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class GoingOn:
    """`asked` never waits. Enter counts where standard input is a terminal and this process is in its foreground:
    the others would be stopped for reading it."""

    def __init__(self) -> None:
        self._signalled = False
        self._terminal: int | None = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None

    @property
    def how(self) -> str:
        """As it is at this moment."""
        return f"or here: kill -USR2 {os.getpid()}" if self._listening() is None else "or press Enter here"

    def asked(self) -> bool:
        """Once for each time that somebody asked; what was typed before anything waited is gone with the first look."""
        signalled, self._signalled = self._signalled, False
        return self._entered() or signalled

    def hear(self, *_: object) -> None:
        self._signalled = True

    def _listening(self) -> int | None:
        """The terminal, where Enter at it would be heard now."""
        try:
            heard = self._terminal is not None and os.tcgetpgrp(self._terminal) == os.getpgrp()
        except OSError:  # it is not the one that controls this process
            return None
        return self._terminal if heard else None

    def _entered(self) -> bool:
        terminal = self._listening()
        if terminal is None:
            return False
        try:
            if not select.select([terminal], [], [], 0)[0]:
                return False
            typed = os.read(terminal, 4096)
        except OSError:  # it was hung up
            typed = b""
        if not typed:
            self._terminal = None
        return b"\n" in typed


@contextmanager
def going_on() -> Iterator[GoingOn]:
    """SIGUSR2, which would end the process, goes on meanwhile."""
    answers = GoingOn()
    before = signal.signal(signal.SIGUSR2, answers.hear)
    try:
        yield answers
    finally:
        signal.signal(signal.SIGUSR2, before)
