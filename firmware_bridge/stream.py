"""The one shell around the protocol: read, feed, write, wait."""

import contextlib
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from firmware_bridge.errors import (
    BridgeError,
    FirmwareHalted,
    JournalError,
    LinkLost,
    MachineError,
    NotResumable,
    ProgramNotTaken,
    ProtocolError,
    Stopped,
)
from firmware_bridge.journal import Journal
from firmware_bridge.machine import Limits
from firmware_bridge.program import StoredProgram
from firmware_bridge.progress import progress_of
from firmware_bridge.protocol.conversation import Conversation, Ending, Firmware, NoProgram, Whereabouts
from firmware_bridge.protocol.firmwares import MARLIN
from firmware_bridge.protocol.silence import Timings
from firmware_bridge.protocol.thermal import ThermalWatch
from firmware_bridge.transport.port import Port
from firmware_bridge.wire import Progress

TICK_S = 0.2
"""How often progress is told and a stop is asked for."""
NOTE_S = 0.01
"""How often acknowledgements are put in the journal: each line of a real print, every 200th of a race."""
ALIVE_S = 1.0
"""How often the journal says that its process lives, whatever is acknowledged."""

ERRORS: dict[Ending, type[MachineError]] = {
    Ending.STOPPED: Stopped,
    Ending.UNCONFIRMED: Stopped,
    Ending.HALTED: FirmwareHalted,
    Ending.RESTARTED: FirmwareHalted,
    Ending.REFUSED: ProgramNotTaken,
    Ending.ELSEWHERE: NotResumable,
    Ending.SILENT: LinkLost,
    Ending.STUCK: ProtocolError,
}
Told = TypeVar("Told")
HALTED_WITHIN_S = 5.0
"""A halted firmware has turned its heaters off and is deaf; it is asked briefly, in case it is neither."""


def unconfirmed(firmware: Firmware) -> str:
    """What is added to the reason where a stop was not confirmed."""
    return f"; the machine did not confirm that {firmware.is_off}, look at it now"


@dataclass(frozen=True)
class StreamReport:
    """`lines` are the program's, `lines_sent` count repetitions, `own_lines` are those the bridge added; `after` is the
    line after which it began, 0 for the first."""

    lines: int
    after: int
    lines_sent: int
    own_lines: int
    resends: int
    probes: int
    seconds: float
    window: str


def stream(
    program: Path,
    port: Port,
    journal: Journal,
    *,
    on_progress: Callable[[Progress], None],
    stop_requested: Callable[[], str | None],
    resume_requested: Callable[[], bool] = lambda: False,
    on_going_on: Callable[[int], None] = lambda _line: None,
    firmware: Firmware = MARLIN,
    found: Whereabouts | None = None,
    limits: Limits | None = None,
    estimate_s: float | None = None,
    timings: Timings | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> StreamReport:
    """Send a canonical program (one command a line) and return when its last motion is over.

    With `found`, the journal's run is gone on with where the firmware says it stands, or it is made safe; after which
    line it goes on, `on_going_on` is told before the next is sent.

    `resume_requested` is true once for each time that a person says that a held program may go on; it is heeded only
    where `on_progress` was told before that the program is held.
    `stop_requested` gives a reason to stop, or None; it is asked every 0.2 s, and so is the `ThermalWatch` over the
    machine's `limits` (a generic machine's, unless they are given). `estimate_s` is the gate's time for the whole
    program, told until the run itself shows its pace.

    Raises `LinkLost`, `FirmwareHalted`, `ProtocolError`, `ProgramNotTaken`, `NotResumable`; `Stopped` once the safe
    stop was sent; `JournalError` when the file is not the program the journal is for, or the disk fails. Once a line
    has gone out, whatever ends the run turns the machine off first; where it does not confirm that, the error says so
    and is `left_hot`. What `on_progress` raises ends its telling, never the run. Errors are written to the journal; a
    process that is killed leaves a run that is cut off.
    """
    try:
        begins = _unbroken(on_going_on) if found else lambda _line: None
        stored = StoredProgram(program, journal, firmware.check_line, begins)
        if found is None:
            journal.begin(stored.total)
        else:
            journal.resume()
    except BridgeError as error:
        if found is not None:
            as_it_was = f"the machine is as it was left, and {firmware.may_be_on}: look at it now"
            error.left_hot, error.args = True, (f"{error}; {as_it_was}",)
        raise
    total, began = stored.total, clock()
    tell = _unbroken(on_progress)
    limits = limits or Limits()
    watch = ThermalWatch(limits.hotend_max_c, limits.bed_max_c)
    told_held = False

    def tick(talk: Conversation, now: float) -> None:
        nonlocal told_held
        attended = talk.attention.paused or bool(talk.attention.why)
        reason = stop_requested() or watch.look(talk.temperatures, now, attended=attended)
        if reason:
            talk.stop(reason, now)
        elif resume_requested() and told_held and talk.attention.may_go_on:
            talk.resume()
        tell(progress_of(talk, total, now - began, estimate_s))
        told_held = talk.attention.may_go_on

    talk = firmware.converse(stored, timings or Timings(), found)
    talk.begin(began)
    try:
        _converse(talk, port, firmware, tick, journal.acknowledge, clock=clock)
        journal.acknowledge(talk.acknowledged)
        journal.finish()
    except BaseException as error:
        told, switched_off = _left_off(
            talk, port, error, firmware, timings=timings or Timings(), clock=clock, maybe_hot=found is not None
        )
        # Heaters before disks. Where no end can be written either, the error tells.
        if talk.acknowledged:
            with contextlib.suppress(JournalError):
                journal.acknowledge(talk.acknowledged)
        with contextlib.suppress(JournalError):
            journal.fail(str(told), switched_off=switched_off, stopped=isinstance(told, Stopped))
        if isinstance(told, BridgeError):
            told.line, told.lines = max(talk.acknowledged, found.acknowledged if found else 0), total
        if told is error:
            raise
        raise told from error
    finally:
        tell(progress_of(talk, total, clock() - began, estimate_s))
        journal.close()
    return StreamReport(
        lines=total,
        after=stored.after if stored.after is not None else total if found else 0,
        lines_sent=talk.tally.lines_sent,
        own_lines=talk.tally.own_lines,
        resends=talk.tally.resends,
        probes=talk.tally.probes,
        seconds=round(clock() - began, 3),
        window=talk.window,
    )


def _unbroken(on_progress: Callable[[Told], None]) -> Callable[[Told], None]:
    """The same until it first fails: a screen that went away ends no print."""
    broken = False

    def tell(progress: Told) -> None:
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
    talk: Conversation,
    port: Port,
    error: BaseException,
    firmware: Firmware,
    *,
    timings: Timings,
    clock: Callable[[], float],
    maybe_hot: bool,
) -> tuple[BaseException, bool]:
    """Turns the machine off where a line went out and its stop is not confirmed yet.

    What to raise for `error`, and whether the machine may have heard that it is to turn off.
    """
    if talk.ending in (Ending.STOPPED, Ending.REFUSED):
        return error, talk.ending is Ending.STOPPED
    told = error
    if isinstance(error, Exception) and not isinstance(error, BridgeError):
        told = MachineError(f"unforeseen {type(error).__name__}: {error}")
    if maybe_hot and talk.ending is Ending.RESTARTED and not talk.tally.touched:
        told = NotResumable(f"the machine was reset since: {error}")
    if talk.ending is Ending.UNCONFIRMED or (not talk.tally.touched and not maybe_hot):
        # Asked to the end of its patience, or never given anything to do; a silent one may be hot from before.
        if isinstance(told, MachineError):
            told.left_hot = True
        return told, talk.ending is Ending.UNCONFIRMED
    if talk.ending is Ending.HALTED:
        timings = replace(timings, stop_within_s=HALTED_WITHIN_S)
    stopping = talk.successor(timings)
    try:
        _stop(stopping, port, firmware, clock)
    except MachineError:
        if isinstance(told, BridgeError):
            told.args = (f"{told}{unconfirmed(firmware)}",)
            told.left_hot = True
        else:
            told.add_note(unconfirmed(firmware).removeprefix("; "))
        # The port was gone before any stop was asked for, and still is: not a word of one got through.
        unplugged = isinstance(error, LinkLost) and talk.ending is None and not talk.reason and not stopping.over
        return told, not unplugged
    return told, True


def make_safe(
    port: Port,
    *,
    firmware: Firmware = MARLIN,
    timings: Timings | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Turn everything off that a job may have turned on, whatever the firmware was doing.

    Raises `LinkLost` when the firmware did not confirm within `timings.stop_within_s` that it is off,
    `FirmwareHalted` when it says it has halted.
    """
    _stop(firmware.converse(NoProgram(), timings or Timings(), None), port, firmware, clock)


def _stop(talk: Conversation, port: Port, firmware: Firmware, clock: Callable[[], float]) -> None:
    talk.stop("made safe", clock())
    try:
        _converse(talk, port, firmware, lambda _talk, _now: None, lambda _line: None, clock=clock)
    except Stopped as stopped:
        if talk.ending is Ending.UNCONFIRMED:
            raise LinkLost(str(stopped)) from None


def _converse(
    talk: Conversation,
    port: Port,
    firmware: Firmware,
    tick: Callable[[Conversation, float], None],
    acknowledge: Callable[[int], None],
    *,
    clock: Callable[[], float],
) -> None:
    """Until it is over. Raises the error that belongs to any end but FINISHED."""
    noted = 0
    tick_at = note_at = now = clock()
    alive_at = now + ALIVE_S
    while True:
        out = talk.send(now)
        if out:
            port.write(out)
        # All that follows is done while the firmware works on what it was sent.
        talk.prepare()
        if now >= note_at and talk.acknowledged and (talk.acknowledged != noted or now >= alive_at):
            noted, note_at, alive_at = talk.acknowledged, now + NOTE_S, now + ALIVE_S
            acknowledge(noted)
        if now >= tick_at or talk.over:
            tick(talk, now)
            tick_at = now + TICK_S
        if talk.over:
            break
        received = port.read(min(talk.wake_at, tick_at) - now)
        now = clock()
        if received:
            talk.feed(received, now)
    if talk.ending is not Ending.FINISHED:
        assert talk.ending is not None  # noqa: S101 (it is over)
        added = unconfirmed(firmware) if talk.ending is Ending.UNCONFIRMED else ""
        raise ERRORS[talk.ending](talk.reason + added)
