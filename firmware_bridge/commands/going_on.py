"""How the person before a `stream` lets a program go on that waits for somebody: by Enter, or by a signal."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LINES_AT_MOST = 64
"""Read in one look, which is to end even where somebody holds Enter down."""


class GoingOn:
    """`asked` never waits. Enter counts where standard input is the terminal that controls this process, and while this
    process is in its foreground: what is typed otherwise is for another program."""

    def __init__(self) -> None:
        self._signalled = False
        self._terminal = _terminal()

    @property
    def how(self) -> str:
        """As it is at this moment."""
        return "or press Enter here" if self._in_foreground() else f"or here: kill -USR2 {os.getpid()}"

    def asked(self) -> bool:
        """Once, however often somebody asked since the last look: what was typed ahead answers nothing that comes."""
        signalled, self._signalled = self._signalled, False
        return self._entered() or signalled

    def hear(self, *_: object) -> None:
        self._signalled = True

    def close(self) -> None:
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            os.close(terminal)

    def _in_foreground(self) -> bool:
        try:
            return self._terminal is not None and os.tcgetpgrp(self._terminal) == os.getpgrp()
        except OSError:  # it was hung up
            return False

    def _entered(self) -> bool:
        """Whether it is in the foreground is not asked first: by the time it reads, it may have been put behind. The
        kernel gives the background nothing, and stops nobody for it who ignores SIGTTIN (`__tty_check_change`,
        drivers/tty/tty_jobctrl.c)."""
        entered = False
        if self._terminal is not None:
            # A terminal gives a line at a time. A Ctrl-D gives nothing: it ends a line, and another may follow.
            with suppress(OSError):  # nothing more was typed, it is in the background, or the terminal was hung up
                for _ in range(_LINES_AT_MOST):
                    entered |= b"\n" in os.read(self._terminal, 4096)
        return entered


@contextmanager
def going_on() -> Iterator[GoingOn]:
    """SIGUSR2, which would end the process, goes on meanwhile, and SIGTTIN, which would stop it, does nothing."""
    answers = GoingOn()
    before = {
        signal.SIGUSR2: signal.signal(signal.SIGUSR2, answers.hear),
        signal.SIGTTIN: signal.signal(signal.SIGTTIN, signal.SIG_IGN),
    }
    try:
        yield answers
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        answers.close()


def _terminal() -> int | None:
    """Opened anew, never to wait: standard input's own opening is shared with the shell, which means to wait."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    try:
        os.tcgetpgrp(sys.stdin.fileno())  # fails at any terminal but the one that controls this process
        return os.open("/dev/tty", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
