"""The agent's end of a run: one process a machine, so that none can stall another or the control socket.

Down the process's stdin go its `Work`, then `Stop`s and `GoOn`s; its end of file means that the bridge is gone, and the
process stops the machine, or leaves it to the host that prints. Up its stdout come `Progress` (may be dropped) and,
last, one `Outcome`.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Literal

import msgspec

from firmware_bridge import wire
from firmware_bridge.agent.log import log
from firmware_bridge.errors import MachineError
from firmware_bridge.machine import Limits, Link, Volume
from firmware_bridge.text import brief

LINE_BYTES_MAX = 4096
"""PIPE_BUF on Linux: a write up to this length is whole or not at all (pipe(7))."""
STOP_WITHIN_S = 30.0
"""A process that was told to stop and has not ended by then is killed; its machine is then made safe by another. More
than `Timings.stop_within_s`, after which it ends by itself and says that its machine did not confirm."""


class _Word(msgspec.Struct, frozen=True, kw_only=True, tag_field="is"):
    pass


class StreamProgram(_Word, frozen=True, kw_only=True, tag="stream"):
    """Send this program. Paths are absolute; `estimate_s` is what the owner was told. `claimed` are the ports of
    other machines, `found` is the folder of what is remembered of where machines are.

    `resumes`: go on with the run in the journal instead of beginning one. `resume_within_s`: how long its machine may
    have heard nothing, and its computer may sleep.
    """

    program: str
    program_sha256: str
    estimate_s: float
    firmware: str
    link: Link
    claimed: tuple[str, ...]
    found: str
    journal: str
    lock: str
    limits: Limits = Limits()
    volume: Volume = Volume()
    resumes: bool = False
    resume_within_s: float = 0.0


class PrintOnHost(_Word, frozen=True, kw_only=True, tag="print on host"):
    """Have the link's host print this program. `rejoin`: an earlier process began it, watch it to its end."""

    attempt: str
    program: str
    program_sha256: str
    estimate_s: float
    link: Link
    journal: str
    lock: str
    rejoin: bool = False


class SwitchOff(_Word, frozen=True, kw_only=True, tag="switch off"):
    """Heaters and spindle off, and nothing else."""

    firmware: str
    link: Link
    claimed: tuple[str, ...]
    found: str
    lock: str


Work = StreamProgram | PrintOnHost | SwitchOff


class Stop(_Word, frozen=True, kw_only=True, tag="stop"):
    reason: str


class GoOn(_Word, frozen=True, kw_only=True, tag="go on"):
    """A person here says that a held program may go on."""


class Now(_Word, frozen=True, kw_only=True, tag="progress"):
    progress: wire.Progress


class Outcome(_Word, frozen=True, kw_only=True, tag="outcome"):
    """How it ended. `safe`: the machine was left with its heaters off."""

    state: Literal["finished", "failed", "lost"]
    safe: bool
    reason: str = ""


RUNNER = (sys.executable, "-m", "firmware_bridge.agent.runs.runner")
_upward = msgspec.json.Decoder(Now | Outcome)


class Run:
    """One process at work on one machine. `attempt` is None where it only switches off.

    Raises `MachineError` when no process can be started.
    """

    def __init__(self, machine: str, attempt: str | None, work: Work, *, command: Sequence[str] = RUNNER) -> None:
        self.machine, self.attempt = machine, attempt
        self.progress: wire.Progress | None = None
        self.stopping_since: float | None = None
        self.hosted = isinstance(work, PrintOnHost)
        """It goes on without this process, and can be watched by another."""
        self.died = False
        """It ended without an outcome."""
        self._outcome: Outcome | None = None
        self._pending = b""
        self._noisy = False
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the bridge, which then stops each machine in order
            )
        except OSError as error:
            raise MachineError(f"cannot start a process for {machine}: {error.strerror}") from None
        assert self._process.stdout is not None  # noqa: S101 (asked for above)
        self.fileno = self._process.stdout.fileno
        os.set_blocking(self.fileno(), False)
        self._tell(work)

    def stop(self, reason: str, now: float) -> None:
        """Asks for a safe stop, once."""
        if self.stopping_since is None:
            self.stopping_since = now
            self._tell(Stop(reason=reason))

    def go_on(self) -> None:
        """Tells a held program to go on; nothing where it is not held any more."""
        self._tell(GoOn())

    def enforce(self, now: float) -> None:
        """Ends a process that ignores its stop."""
        if self.stopping_since is not None and now - self.stopping_since > STOP_WITHIN_S:
            self._process.kill()

    def read(self) -> Outcome | None:
        """Takes in what the process said; its outcome once it has ended, which then has no more to read."""
        while True:
            try:
                data = os.read(self.fileno(), 1 << 16)
            except BlockingIOError:
                return None
            if not data:
                return self._ended()
            *lines, self._pending = (self._pending + data).split(b"\n")
            for line in lines:
                try:
                    word = _upward.decode(line)
                except wire.UNREADABLE as error:
                    self._noise(line, error)
                    continue
                match word:
                    case Now(progress=progress):
                        self.progress = progress
                    case outcome:
                        self._outcome = outcome

    def _noise(self, line: bytes, error: Exception) -> None:
        """What one machine's process says wrong must end no other machine's print."""
        if not self._noisy:
            said = brief(line.decode("utf-8", "replace"), 200)
            log(f"{self.machine}: its process said {said}: {error}")
        self._noisy = True

    def _ended(self) -> Outcome:
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None  # noqa: S101 (asked for in __init__)
            with contextlib.suppress(BrokenPipeError):  # it never read its last Stop
                pipe.close()
        self.died = self._outcome is None
        gone = Outcome(state="lost", safe=False, reason=f"the process that drove {self.machine} ended with {code}")
        return self._outcome or gone

    def _tell(self, word: Work | Stop | GoOn) -> None:
        assert self._process.stdin is not None  # noqa: S101 (asked for in __init__)
        with contextlib.suppress(BrokenPipeError):  # it has just ended: `read` says how
            self._process.stdin.write(msgspec.json.encode(word) + b"\n")
            self._process.stdin.flush()
