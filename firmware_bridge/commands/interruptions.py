"""What a person and the system end a command by that must not end in the middle of something."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from firmware_bridge.errors import Stopped


class Interruptions:
    """Ctrl-C, SIGTERM, SIGUSR1 and a dropped terminal. They raise `Stopped` at once, whatever is waited for, until
    `only_noted` was called; from then on they are the `reason` for a safe stop, and none ends the process."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._noted = False
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    def only_noted(self) -> None:
        self._noted = True

    def asked(self) -> str | None:
        """Why to stop, None while nobody wants to."""
        return self.reason

    def __enter__(self) -> Self:
        numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored: nohup, it is meant to go on
            numbers.append(signal.SIGHUP)
        self._before = {number: signal.signal(number, self._hear) for number in numbers}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self.reason = self.reason or f"stopped by {signal.Signals(number).name}"
        if not self._noted:
            raise Stopped(f"{self.reason}: nothing was begun")
