"""The one shell around every host: hand the program over, start it once, watch it, stop it.

A host prints without us. So a bridge that goes away leaves the print alone, and the next one goes on watching it: the
journal says under which name it was handed over and whether the host may have been told to start.
"""

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.errors import (
    FirmwareHalted,
    HostRefused,
    JournalError,
    LinkLost,
    MachineError,
    ProgramNotTaken,
    Stopped,
)
from firmware_bridge.hosts.host import Fate, Host, Phase, Seen
from firmware_bridge.hosts.lines import LinesBefore
from firmware_bridge.hosts.safe import STEP_S, make_safe
from firmware_bridge.journal import Journal, Run
from firmware_bridge.program import StoredProgram
from firmware_bridge.protocol.firmwares import MARLIN
from firmware_bridge.stream import unconfirmed
from firmware_bridge.text import brief
from firmware_bridge.wire import Progress

POLL_S = 2.0
SETTLE_S = 60.0
"""How long a host may take to begin what it was told to start, or to write down how a job ended."""
GONE_AFTER_S = 1800.0
"""A host that answers nothing usable for so long is given up: the print goes on there, or nobody knows."""
_NAME = re.compile(r"commons-[A-Za-z0-9_-]{1,64}-[0-9a-f]+\.gcode")


class Left(Exception):
    """The bridge went away. No error: the print goes on without this process."""


@dataclass(frozen=True)
class HostedJob:
    """`estimate_s` is the gate's time for the whole program."""

    attempt: str
    program: Path
    estimate_s: float


@dataclass(frozen=True)
class Pace:
    """The shell's patience, in s; `wait` takes s."""

    poll_s: float = POLL_S
    settle_s: float = SETTLE_S
    gone_after_s: float = GONE_AFTER_S
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep


def is_ours(job: str) -> bool:
    """Whether a bridge handed that file to its host."""
    return _NAME.fullmatch(job) is not None


def name_of(attempt: str, run: Run) -> str:
    """What the program of that run is called at its host: never the same twice, found again from the journal."""
    return f"commons-{attempt}-{int(run.begun_at * 1000):x}.gcode"


class Watch:
    """One run of one job. `stop_requested` gives a reason to stop, or None; `left` says that the bridge is gone."""

    def __init__(
        self,
        host: Host,
        job: HostedJob,
        journal: Journal,
        *,
        on_progress: Callable[[Progress], None],
        stop_requested: Callable[[], str | None],
        left: Callable[[], bool],
        pace: Pace = Pace(),
    ) -> None:
        self._host, self._job, self._journal, self._pace = host, job, journal, pace
        self._on_progress, self._stop_requested, self._left = on_progress, stop_requested, left
        self._stored = StoredProgram(job.program, journal, lambda _number, _line: None)
        self._lines = LinesBefore(job.program, self._stored.total)
        self._name = self._unanswered = ""

    def begin(self) -> None:
        """Prints it and returns when it is finished.

        Raises `ProgramNotTaken` or `HostRefused` when nothing was started; `Stopped`, `FirmwareHalted`, or `LinkLost`
        when nobody knows how it went; `JournalError`; `Left`. Where the machine has not confirmed that its heaters
        are off, the error says so and is `left_hot`.
        """
        self._journal.begin(self._stored.total)
        try:
            self._name = name_of(self._job.attempt, self._run())
            try:
                self._hand_over()
            except LinkLost as error:
                raise ProgramNotTaken(f"{error}: nothing was started") from None
            self._journal.reserve(self._stored.total)
            self._start()
        except MachineError as error:
            self._journal.fail(str(error), stopped=isinstance(error, Stopped))
            raise
        finally:
            self._journal.close()
        self._to_the_end()

    def rejoin(self) -> None:
        """The same for a run that an earlier process began. It is never started again."""
        run = self._run()
        if not run.reserved:
            raise ProgramNotTaken("the bridge was cut off before it told the host to start: nothing was printed")
        self._name = name_of(self._job.attempt, run)
        if run.outcome is None:
            self._to_the_end()
        elif run.outcome == "failed":
            failed = MachineError(run.reason)
            failed.left_hot = True  # perhaps not, but nobody remembers
            raise failed

    def _run(self) -> Run:
        run = self._journal.run()
        if run is None:
            raise ProgramNotTaken("the bridge was cut off before it had begun: nothing was printed")
        return run

    def _hand_over(self) -> None:
        self._host.identify()
        seen = self._host.look()
        if seen.phase is not Phase.IDLE:
            raise ProgramNotTaken(f"{self._host.name} {why_not_idle(seen)}: nothing was started")
        self._host.upload(self._name, self._job.program, self._journal.program_sha256, self._alive)
        self._alive()

    def _alive(self) -> None:
        """During an upload: nothing has been started, so a stop needs nothing but to end it."""
        reason = self._stop_requested()
        if self._left():
            raise Left
        if reason is not None:
            raise Stopped(f"{reason}, before {self._host.name} was told to start")

    def _start(self) -> None:
        """An answer that is lost is no reason to ask again: whether it prints is then seen."""
        try:
            self._host.start(self._name)
        except LinkLost as error:
            self._unanswered = f" ({error})"

    def _to_the_end(self) -> None:
        try:
            self._watch()
        except MachineError as error:
            self._make_safe(error)
            reason, stopped = str(error), isinstance(error, Stopped)
            self._note(lambda: self._journal.fail(reason, stopped=stopped))
            raise
        self._note(self._journal.finish)

    def _note(self, write: Callable[[], None]) -> None:
        """The agent hears the end in any case: a disk that fails here neither stops a print nor changes how it went."""
        with contextlib.suppress(JournalError):
            self._journal.resume()
            write()
        self._journal.close()

    def _watch(self) -> None:
        answered_at = known_at = self._pace.clock()
        last = Seen(Phase.WORKING)
        while True:
            now = self._pace.clock()
            try:
                last = self._host.look()
                ours = last.phase.busy and last.job == self._name
                fate = None if ours else self._host.fate(self._name)
            except (LinkLost, HostRefused) as error:
                # A key that is no longer taken, too: it may be again, and meanwhile it prints.
                if now - answered_at > self._pace.gone_after_s:
                    raise LinkLost(f"nothing was heard of it for {now - answered_at:.0f} s: {error}") from None
                self._tell(last, f"{error}; it may go on printing")
            else:
                answered_at = now
                if ours:
                    known_at = now
                    self._tell(last, last.says)
                elif fate is Fate.FINISHED:
                    return
                elif fate is not None:
                    raise _ended(self._host.name, fate, last)
                elif now - known_at > self._pace.settle_s:
                    instead = why_not_idle(last) or "is idle"
                    raise LinkLost(f"{self._host.name} does not know how it ended: it {instead}{self._unanswered}")
            self._rest(now + self._pace.poll_s)

    def _rest(self, until: float) -> None:
        while True:
            reason = self._stop_requested()
            if self._left():
                raise Left
            if reason is not None:
                raise Stopped(reason)
            now = self._pace.clock()
            if now >= until:
                return
            self._pace.wait(min(STEP_S, until - now))

    def _tell(self, seen: Seen, attention: str) -> None:
        line = self._lines.at(seen)
        done = line / self._stored.total if self._stored.total else 0.0
        left_s = self._job.estimate_s * (1 - done)
        if seen.remaining_s is not None and seen.remaining_s >= 0:
            left_s = seen.remaining_s
        self._on_progress(
            Progress(
                line=line,
                lines=max(self._stored.total, 1),
                hotend_c=seen.heat.hotend_c,
                hotend_target_c=seen.heat.hotend_target_c,
                bed_c=seen.heat.bed_c,
                bed_target_c=seen.heat.bed_target_c,
                remaining_s=max(left_s, 0.0),
                paused=seen.phase is Phase.PAUSED,
                attention=brief(attention),
            )
        )

    def _make_safe(self, error: MachineError) -> None:
        try:
            make_safe(self._host, lambda job: job == self._name, clock=self._pace.clock, wait=self._pace.wait)
        except MachineError as unsafe:
            error.args = (f"{error}{unconfirmed(MARLIN)} ({unsafe})",)
            error.left_hot = True


def _ended(host: str, fate: Fate, seen: Seen) -> MachineError:
    why = f": {seen.says}" if seen.says else ""
    if fate is Fate.STOPPED:
        return Stopped(f"it was cancelled at {host}{why}")
    return FirmwareHalted(f"{host} says that it did not succeed (an error, or cancelled there){why}")


def why_not_idle(seen: Seen) -> str:
    """Why a host's machine cannot begin now, as the rest of a sentence; empty where it can."""
    if seen.phase is Phase.ABSENT:
        return f"has no machine ready{seen.says and f': {seen.says}'}"
    return f"is busy with {seen.job or 'something else'}" if seen.phase.busy else ""
