"""What a person and the system end a command by that must not end in the middle of something."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interruptions() -> Iterator[list[str]]:
    """Ctrl-C, SIGTERM, SIGUSR1 and a dropped terminal ask for a safe stop; none ends the process in mid-print."""
    heard: list[str] = []
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored: nohup, it is meant to go on
        numbers.append(signal.SIGHUP)
    before = {
        number: signal.signal(number, lambda number, _frame: heard.append(f"stopped by {signal.Signals(number).name}"))
        for number in numbers
    }
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
