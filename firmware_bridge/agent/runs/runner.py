"""`python -m firmware_bridge.agent.runs.runner`: the process that drives one machine; `process` is its other end."""

import contextlib
import fcntl
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Literal

import msgspec

from firmware_bridge import wire
from firmware_bridge.agent.runs.process import LINE_BYTES_MAX, Now, Outcome, Stop, StreamProgram, SwitchOff, Work
from firmware_bridge.errors import BridgeError, LinkLost, MachineError
from firmware_bridge.journal import Journal
from firmware_bridge.protocol.firmwares import FIRMWARES
from firmware_bridge.stream import make_safe, stream
from firmware_bridge.text import brief
from firmware_bridge.transport.port import open_port

LOCK_WITHIN_S = 30.0
"""How long a process of an earlier bridge may take to stop its machine."""


class Boss:
    """The bridge, as this process knows it: two pipes."""

    def __init__(self, down: int, up: int) -> None:
        self._down, self._up = down, up
        self._pending = b""
        self._stop: str | None = None
        os.set_blocking(up, False)

    def work(self) -> Work:
        """The first line; waits for it."""
        while b"\n" not in self._pending:
            data = os.read(self._down, 1 << 16)
            if not data:
                raise BridgeError("the bridge went away before it gave any work")
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return msgspec.json.decode(line, type=StreamProgram | SwitchOff)

    def stop_requested(self) -> str | None:
        """Why to stop, once there is a reason; never waits."""
        while self._stop is None and (b"\n" in self._pending or select.select([self._down], [], [], 0)[0]):
            if b"\n" not in self._pending:
                data = os.read(self._down, 1 << 16)
                if not data:
                    self._stop = "the bridge went away"
                self._pending += data
            else:
                line, _, self._pending = self._pending.partition(b"\n")
                self._stop = msgspec.json.decode(line, type=Stop).reason
        return self._stop

    def interrupt(self, number: int, _frame: FrameType | None) -> None:
        """For signals: a service manager may end this process together with its bridge."""
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
            print(f"ended without a bridge: {outcome.state} {outcome.reason}", file=sys.stderr)  # noqa: T201


def _line(word: Now | Outcome) -> bytes:
    line = msgspec.json.encode(word) + b"\n"
    assert len(line) <= LINE_BYTES_MAX  # noqa: S101 (reasons are brief)
    return line


def main() -> None:
    boss = Boss(sys.stdin.fileno(), sys.stdout.fileno())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, boss.interrupt)
    work = boss.work()
    try:
        with _alone(Path(work.lock), boss):
            outcome = _switch_off(work) if isinstance(work, SwitchOff) else _stream(work, boss)
    except BridgeError as error:  # nothing was sent
        outcome = Outcome(state="failed", safe=isinstance(work, StreamProgram), reason=brief(str(error)))
    boss.end(outcome)


def _switch_off(work: SwitchOff) -> Outcome:
    with closing(open_port(work.link.port, work.link.baud)) as port:
        make_safe(port)
    return Outcome(state="finished", safe=True)


def _stream(work: StreamProgram, boss: Boss) -> Outcome:
    """Raises `BridgeError` only where nothing was sent."""
    firmware = FIRMWARES.get(work.firmware)
    if firmware is None:
        raise BridgeError(f"this version of the bridge sends nothing to {work.firmware} yet")
    with closing(open_port(work.link.port, work.link.baud)) as port:
        journal = Journal.open(Path(work.journal), work.link.port, work.program_sha256)
        try:
            stream(
                Path(work.program),
                port,
                journal,
                on_progress=boss.show,
                stop_requested=boss.stop_requested,
                firmware=firmware,
                estimate_s=work.estimate_s,
            )
        except BridgeError as error:
            state: Literal["failed", "lost"] = "lost" if isinstance(error, LinkLost) else "failed"
            return Outcome(state=state, safe=not error.left_hot, reason=brief(str(error)))
    return Outcome(state="finished", safe=True)


@contextmanager
def _alone(lock: Path, boss: Boss) -> Iterator[None]:
    """Holds the machine. Raises `MachineError` when another process still does after `LOCK_WITHIN_S`."""
    with lock.open("w") as file:
        deadline = time.monotonic() + LOCK_WITHIN_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline or boss.stop_requested():
                    raise MachineError("another process still drives this machine") from None
                time.sleep(0.05)
        yield


if __name__ == "__main__":
    main()
