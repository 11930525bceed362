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

from firmware_bridge import hosts, wire
from firmware_bridge.agent.runs.process import (
    LINE_BYTES_MAX,
    Now,
    Outcome,
    PrintOnHost,
    Stop,
    StreamProgram,
    SwitchOff,
    Work,
)
from firmware_bridge.errors import BridgeError, JournalError, LinkLost, MachineError
from firmware_bridge.hosts import safe
from firmware_bridge.hosts.watch import HostedJob, Left, Watch, is_ours
from firmware_bridge.journal import Journal
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
        while self._stop is None and (b"\n" in self._pending or select.select([self._down], [], [], 0)[0]):
            if b"\n" not in self._pending:
                data = os.read(self._down, 1 << 16)
                if not data:
                    self._stop, self.left = "the bridge went away", True
                self._pending += data
            else:
                line, _, self._pending = self._pending.partition(b"\n")
                self._stop = msgspec.json.decode(line, type=Stop).reason
        return self._stop

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
            outcome = _do(work, boss)
    except Left:
        return  # the host prints on: the next bridge goes on watching it
    except BridgeError as error:  # nothing was sent
        if isinstance(work, PrintOnHost) and work.rejoin:
            # No outcome says how it goes there, so the bridge tries again.
            print(f"attempt {work.attempt} cannot be watched: {error}", file=sys.stderr)  # noqa: T201
            return
        outcome = Outcome(state="failed", safe=not isinstance(work, SwitchOff), reason=brief(str(error)))
    boss.end(outcome)


def _do(work: Work, boss: Boss) -> Outcome:
    match work:
        case SwitchOff():
            return _switch_off(work)
        case PrintOnHost():
            return _print_on_host(work, boss)
        case StreamProgram():
            return _stream(work, boss)


def _switch_off(work: SwitchOff) -> Outcome:
    if work.link.hosted:
        safe.make_safe(hosts.open_host(work.link), is_ours)
        return Outcome(state="finished", safe=True)
    with closing(open_port(work.link.port, work.link.baud)) as port:
        make_safe(port)
    return Outcome(state="finished", safe=True)


def _stream(work: StreamProgram, boss: Boss) -> Outcome:
    """Raises `BridgeError` only where nothing was sent."""
    with closing(open_port(work.link.port, work.link.baud)) as port:
        journal = Journal.open(Path(work.journal), work.link.port, work.program_sha256)
        try:
            stream(
                Path(work.program),
                port,
                journal,
                on_progress=boss.show,
                stop_requested=boss.stop_requested,
                estimate_s=work.estimate_s,
            )
        except BridgeError as error:
            return _failed(error)
    return Outcome(state="finished", safe=True)


def _print_on_host(work: PrintOnHost, boss: Boss) -> Outcome:
    """Raises `Left` where the bridge went away, and the host prints on."""
    journal = Journal.open(Path(work.journal), work.link.address, work.program_sha256)
    try:
        watch = Watch(
            hosts.open_host(work.link),
            HostedJob(work.attempt, Path(work.program), work.estimate_s),
            journal,
            on_progress=boss.show,
            stop_requested=boss.stop_requested,
            left=lambda: boss.left,
        )
        if work.rejoin:
            watch.rejoin()
        else:
            watch.begin()
    except JournalError as error:
        # What was begun is then known to nobody, not even by its name at the host.
        lost = work.rejoin
        return Outcome(state="lost" if lost else "failed", safe=not lost, reason=brief(str(error)))
    except BridgeError as error:
        return _failed(error)
    return Outcome(state="finished", safe=True)


def _failed(error: BridgeError) -> Outcome:
    state: Literal["failed", "lost"] = "lost" if isinstance(error, LinkLost) else "failed"
    return Outcome(state=state, safe=not error.left_hot, reason=brief(str(error)))


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
