"""The one shell around the protocol: read, feed, write, wait."""

import contextlib
import hashlib
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from firmware_bridge.errors import (
    BridgeError,
    FirmwareHalted,
    JournalError,
    LinkLost,
    MachineError,
    ProtocolError,
    Stopped,
)
from firmware_bridge.journal import Journal
from firmware_bridge.protocol.framing import check_line
from firmware_bridge.protocol.marlin import Marlin
from firmware_bridge.protocol.silence import Timings
from firmware_bridge.protocol.states import State
from firmware_bridge.transport.port import Port
from firmware_bridge.wire import Progress

RANGE_LINES = 512
"""Lines put on disk as "may have been sent" at a time: a flash card takes some 50 ms for each."""
TICK_S = 0.2
"""How often progress is told and a stop is asked for."""
NOTE_S = 0.01
"""How often acknowledgements are put in the journal: each line of a real print, every 200th of a race."""
SURE_AFTER_S, SURE_AFTER = 30.0, 0.2
"""The estimate gives way to the run's own pace, which alone counts after so long or such a share of its lines."""

ERRORS: dict[State, type[MachineError]] = {
    State.STOPPED: Stopped,
    State.UNCONFIRMED: Stopped,
    State.HALTED: FirmwareHalted,
    State.RESTARTED: FirmwareHalted,
    State.SILENT: LinkLost,
    State.STUCK: ProtocolError,
}
HALTED_WITHIN_S = 3.0
"""A halted firmware has turned its heaters off and is deaf; it is asked briefly, in case it is neither."""
REMAINING_MAX_S = 1e9
UNCONFIRMED = "; the machine did not confirm that its heaters are off: look at it now"


@dataclass(frozen=True)
class StreamReport:
    """`lines` are the program's, `lines_sent` count repetitions, `own_lines` are those the bridge added."""

    lines: int
    lines_sent: int
    own_lines: int
    resends: int
    probes: int
    seconds: float


def stream(
    program: Path,
    port: Port,
    journal: Journal,
    *,
    on_progress: Callable[[Progress], None],
    stop_requested: Callable[[], str | None],
    estimate_s: float | None = None,
    timings: Timings | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> StreamReport:
    """Send a canonical program (one command a line) and return when its last motion is over.

    `stop_requested` gives a reason to stop, or None; it is asked every 0.2 s. `estimate_s` is the
    gate's time for the whole program, told until the run itself shows its pace.

    Raises `LinkLost`, `FirmwareHalted`, `ProtocolError`; `Stopped` once the safe stop was sent;
    `JournalError` when the file is not the program the journal is for, or the disk fails. Once a line has gone
    out, whatever ends the run turns the machine off first; where it does not confirm that, the error says so and is
    `left_hot`. What `on_progress` raises ends its telling, never the run. Errors are written to the journal; a
    process that is killed leaves a run that is cut off.
    """
    total = _count_lines(program, journal.program_sha256)
    began = clock()
    tell = _unbroken(on_progress)

    def tick(marlin: Marlin, now: float) -> None:
        reason = stop_requested()
        if reason is not None:
            marlin.stop(reason, now)
        tell(_progress(marlin, total, now - began, estimate_s))

    with program.open("rb") as file:
        journal.begin(total)
        marlin = Marlin(_journalled(file, journal, total), total, timings=timings)
        marlin.begin(began)
        try:
            _converse(marlin, port, tick, journal.acknowledge, clock)
            journal.acknowledge(marlin.acknowledged)
            journal.finish()
        except BaseException as error:
            told = _left_off(marlin, port, error, timings, clock)
            # Heaters before disks. Where the disk fails too, the run reads as cut off, and the error tells.
            with contextlib.suppress(JournalError):
                journal.acknowledge(marlin.acknowledged)
                journal.fail(str(told))
            if told is error:
                raise
            raise told from error
        finally:
            tell(_progress(marlin, total, clock() - began, estimate_s))
            journal.close()
    return StreamReport(
        total, marlin.lines_sent, marlin.own_lines, marlin.resends, marlin.probes, round(clock() - began, 3)
    )


def _unbroken(on_progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """The same until it first fails: a screen that went away ends no print."""
    broken = False

    def tell(progress: Progress) -> None:
        nonlocal broken
        if broken:
            return
        try:
            on_progress(progress)
        except Exception:  # noqa: BLE001 (said, and no more asked)
            broken = True
            with contextlib.suppress(OSError, ValueError):  # stderr may be what went away, or closed
                traceback.print_exc()

    return tell


def _left_off(
    marlin: Marlin, port: Port, error: BaseException, timings: Timings | None, clock: Callable[[], float]
) -> BaseException:
    """Turns the machine off where a line went out and its stop is not confirmed yet. What to raise for `error`."""
    if marlin.state is State.STOPPED:
        return error
    told = error
    if isinstance(error, Exception) and not isinstance(error, BridgeError):
        told = MachineError(f"unforeseen {type(error).__name__}: {error}")
    if marlin.state is State.UNCONFIRMED or marlin.lines_sent == 0:
        # Asked to the end of its patience, or never given anything to do; a silent one may be hot from before.
        if isinstance(told, MachineError):
            told.left_hot = True
        return told
    if marlin.state is State.HALTED:
        timings = replace(timings or Timings(), stop_within_s=HALTED_WITHIN_S)
    try:
        make_safe(port, timings=timings, clock=clock)
    except MachineError:
        if isinstance(told, BridgeError):
            told.args = (f"{told}{UNCONFIRMED}",)
            told.left_hot = True
        else:
            told.add_note(UNCONFIRMED.removeprefix("; "))
    return told


def make_safe(port: Port, *, timings: Timings | None = None, clock: Callable[[], float] = time.monotonic) -> None:
    """Turn heaters, fan and motors off with unnumbered lines, whatever the firmware was doing.

    Raises `LinkLost` when the firmware did not confirm within `timings.stop_within_s` that every
    heater's target is 0, `FirmwareHalted` when it says it has halted.
    """
    marlin = Marlin(iter(()), 0, timings=timings)
    marlin.begin(clock())
    marlin.stop("made safe", clock())
    try:
        _converse(marlin, port, lambda _marlin, _now: None, lambda _line: None, clock)
    except Stopped as stopped:
        if marlin.state is State.UNCONFIRMED:
            raise LinkLost(str(stopped)) from None


def _converse(
    marlin: Marlin,
    port: Port,
    tick: Callable[[Marlin, float], None],
    acknowledge: Callable[[int], None],
    clock: Callable[[], float],
) -> None:
    """Until it is over. Raises the error that belongs to any end but FINISHED."""
    noted = 0
    tick_at = note_at = now = clock()
    while True:
        out = marlin.send(now)
        if out:
            port.write(out)
        # All that follows is done while the firmware works on what it was sent.
        marlin.prepare()
        if now >= note_at and marlin.acknowledged != noted:
            noted, note_at = marlin.acknowledged, now + NOTE_S
            acknowledge(noted)
        if now >= tick_at or marlin.over:
            tick(marlin, now)
            tick_at = now + TICK_S
        if marlin.over:
            break
        received = port.read(min(marlin.wake_at, tick_at) - now)
        now = clock()
        if received:
            marlin.feed(received, now)
    if marlin.state is not State.FINISHED:
        raise ERRORS[marlin.state](marlin.reason + (UNCONFIRMED if marlin.state is State.UNCONFIRMED else ""))


def _count_lines(program: Path, sha256: str) -> int:
    """How many lines, read once through. Raises `ProtocolError` for a line that cannot be sent."""
    digest, count = hashlib.sha256(), 0
    with program.open("rb") as file:
        for line in file:
            digest.update(line)
            count += 1
            check_line(count, line.rstrip(b"\r\n"))
    if digest.hexdigest() != sha256:
        raise JournalError(f"{program.name} is not the program this journal is for: it has changed")
    return count


def _journalled(file: BinaryIO, journal: Journal, total: int) -> Iterator[bytes]:
    """The program's lines; each is pulled before it is sent, so its range is on disk by then."""
    for index, line in enumerate(file):
        if index % RANGE_LINES == 0:
            journal.reserve(min(index + RANGE_LINES, total))
        yield line.rstrip(b"\r\n")


def _progress(marlin: Marlin, total: int, elapsed_s: float, estimate_s: float | None) -> Progress:
    done = marlin.acknowledged / total if total else 1.0
    printing_s = elapsed_s - marlin.heating_s
    remaining_s = None if estimate_s is None else estimate_s * (1 - done)
    if done > 0:
        by_pace_s = printing_s * (1 - done) / done
        sure = min(1.0, max(printing_s / SURE_AFTER_S, done / SURE_AFTER))
        remaining_s = by_pace_s if remaining_s is None else sure * by_pace_s + (1 - sure) * remaining_s
    heat = marlin.temperatures
    return Progress(
        line=marlin.acknowledged,
        lines=total,
        hotend_c=heat.hotend_c,
        hotend_target_c=heat.hotend_target_c,
        bed_c=heat.bed_c,
        bed_target_c=heat.bed_target_c,
        remaining_s=None if remaining_s is None else min(max(remaining_s, 0.0), REMAINING_MAX_S),
        paused=marlin.paused,
    )
