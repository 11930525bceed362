"""The bridge, as the process that drives a machine for it knows it: one pipe down, and one up."""

import contextlib
import os
import select
import signal
from collections.abc import Callable
from types import FrameType

import msgspec

from firmware_bridge import wire
from firmware_bridge.agent import clock
from firmware_bridge.agent.log import log
from firmware_bridge.agent.runs.process import (
    LINE_BYTES_MAX,
    GoOn,
    Now,
    Outcome,
    PrintOnHost,
    Stop,
    StreamProgram,
    SwitchOff,
    Work,
)
from firmware_bridge.errors import BridgeError

ASLEEP_LEAST_S = 1.0
"""Shorter is what two clocks read one after the other may differ by."""


class Boss:
    """`slept_s` says for how long the computer has slept so far."""

    asleep_max_s = float("inf")
    """What is printed goes cold, and a nozzle oozes, while nobody feeds the machine."""

    def __init__(self, down: int, up: int, slept_s: Callable[[], float] = clock.slept_s) -> None:
        self._slept_s, self._slept_before = slept_s, slept_s()
        self._down, self._up = down, up
        self._pending = b""
        self._stop: str | None = None
        self._go_on = False
        self.left = False
        """Nobody asked for a stop: the bridge has ended, or this process shall end with it."""
        os.set_blocking(up, False)

    def work(self) -> Work:
        """The first line; waits for it."""
        while b"\n" not in self._pending:
            data = os.read(self._down, 1 << 16)
            if not data:
                raise BridgeError("the bridge went away before it gave any work")
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return msgspec.json.decode(line, type=StreamProgram | PrintOnHost | SwitchOff)

    def stop_requested(self) -> str | None:
        """Why to stop, once there is a reason; never waits."""
        asleep = self._slept_s()
        slept, self._slept_before = asleep - self._slept_before, asleep
        if slept > max(self.asleep_max_s, ASLEEP_LEAST_S):
            self._stop = self._stop or f"this computer slept for {slept:.0f} s in the middle of it"
        while self._stop is None and (b"\n" in self._pending or select.select([self._down], [], [], 0)[0]):
            if b"\n" not in self._pending:
                data = os.read(self._down, 1 << 16)
                if not data:
                    self._stop, self.left = "the bridge went away", True
                self._pending += data
            else:
                line, _, self._pending = self._pending.partition(b"\n")
                word = msgspec.json.decode(line, type=Stop | GoOn)
                if isinstance(word, Stop):
                    self._stop = word.reason
                else:
                    self._go_on = True
        return self._stop

    def resume_requested(self) -> bool:
        """Once for each time that somebody asked. Heard by `stop_requested`."""
        asked, self._go_on = self._go_on, False
        return asked

    def wait(self, seconds: float) -> None:
        """So long, or until the bridge says something."""
        select.select([self._down], [], [], seconds)

    def interrupt(self, number: int, _frame: FrameType | None) -> None:
        """For signals: a service manager may end this process together with its bridge."""
        self.left = self.left or self._stop is None
        self._stop = self._stop or f"its process was told to end ({signal.Signals(number).name})"

    def show(self, progress: wire.Progress) -> None:
        """Sends progress, unless the bridge is slow to read: a print never waits for its bridge."""
        # The next one replaces what finds no room; a bridge that is gone shows in `stop_requested`.
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._up, _line(Now(progress=progress)))

    def end(self, outcome: Outcome) -> None:
        os.set_blocking(self._up, True)
        try:
            os.write(self._up, _line(outcome))
        except BrokenPipeError:
            log(f"ended without a bridge: {outcome.state} {outcome.reason}")


def _line(word: Now | Outcome) -> bytes:
    line = msgspec.json.encode(word) + b"\n"
    assert len(line) <= LINE_BYTES_MAX  # noqa: S101 (reasons are brief)
    return line
