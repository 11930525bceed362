"""One file to one port, as a person types it: checked, its machine asked what it is, gone on with or begun."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from firmware_bridge.agent.home import Home
from firmware_bridge.errors import BridgeError, JournalError, NoGcode, NotResumable, ProgramRefused, Stopped
from firmware_bridge.gcode import GateReport, check_file
from firmware_bridge.identity.reach import Memory, open_link
from firmware_bridge.journal import Journal, Run, journals
from firmware_bridge.journal.resumption import whereabouts
from firmware_bridge.machine import Link, MachineProfile
from firmware_bridge.program import left_at
from firmware_bridge.protocol.conversation import Firmware, Whereabouts
from firmware_bridge.protocol.firmwares import FIRMWARES, expecting
from firmware_bridge.protocol.silence import Timings
from firmware_bridge.sending.detect import detect
from firmware_bridge.sending.gates import Checked, Gates
from firmware_bridge.sending.given import path_of
from firmware_bridge.sending.half_made import HalfMade, Origin
from firmware_bridge.stream import stream
from firmware_bridge.text import why_not_written
from firmware_bridge.wire import Progress


class Sent(msgspec.Struct, frozen=True, omit_defaults=True):
    """How it went. `seconds` is None where nothing had to be sent; `line` is the last that was acknowledged where it
    ended by an error."""

    ok: bool
    error: str | None = None
    program_sha256: str | None = None
    line: int | None = None
    lines: int | None = None
    resumed_after: int | None = None
    lines_sent: int | None = None
    resends: int | None = None
    probes: int | None = None
    seconds: float | None = None
    window: str | None = None


@dataclass(frozen=True)
class Target:
    """Where to. Of several `profiles` the one whose firmware is found there counts."""

    profiles: Sequence[MachineProfile]
    link: Link
    home: Home
    described: bool = True
    """By the machine's owner; of one that nobody described nothing is expected."""
    material: str | None = None
    """Where it is said, the machine's own programs for it are put around what is sent."""

    @property
    def journals(self) -> Path:
        return self.home.folder / "streamed"

    def tell_which(self, profile: MachineProfile, tell: Callable[[str], None]) -> None:
        """Where nobody described the machine: what holds instead."""
        if not self.described:
            tell(f"no --machine given: {profile.name} is assumed ({profile.bounds()})")

    def firmware(self, profile: MachineProfile) -> Firmware:
        if self.described:
            return expecting(profile.firmware, profile.volume, profile.limits)
        return FIRMWARES[profile.firmware]

    def gate(self, file: Path, profile: MachineProfile, out: BinaryIO) -> GateReport:
        """Raises `ProgramRefused`, and `ProfileError` for a material that the machine does not have."""
        return check_file(file, profile, self.material, out)

    def journal(self, sha256: str, origin: Origin | None = None) -> Journal:
        origin = origin or Origin("", "")
        return Journal.open(self.journals, self.link.address, sha256, origin.name, origin.sha256)


def send(
    given: BinaryIO,
    target: Target,
    *,
    resume: bool,
    on_progress: Callable[[Progress], None],
    stop_requested: Callable[[], str | None],
    tell: Callable[[str], None],
    resume_requested: Callable[[], bool] = lambda: False,
    on_opening: Callable[[], None] = lambda: None,
) -> Sent:
    """Returns when the last motion is over. `tell` takes sentences for the person, `on_opening` is called before the
    port is opened; the others are as for `stream`.

    Raises `ProgramRefused` before the port is opened where no machine it may be for would take it, `BridgeError` where
    the disk cannot keep what it must, `NotResumable` also where what was left half made is not this on this port, and
    what `detect` and `stream` raise.
    """
    with ExitStack() as stack:
        gates = Gates(given, target.profiles, stack.enter_context(_scratch()), target.gate)
        path = path_of(given)
        origin = Origin(str(path.resolve()) if path else "", gates.given_sha256)
        parts = HalfMade(target.journals, target.link.address, origin)
        stack.enter_context(_refusals_told(gates, target, tell))
        _require_taken(gates, parts if resume else None)
        found = None
        chosen = _with_a_run(gates, target) if resume else None
        if chosen is not None:
            earlier = target.journal(chosen.gate.sha256).run()
            if earlier is not None and earlier.outcome == "finished":
                return _nothing_left(chosen)
            found = _found(chosen.path, earlier)
        elif resume:
            if (done := _finished_here(gates, target)) is not None:
                return done
            parts.require_none([checked.gate.sha256 for checked in gates.all_passed()])
        begun = [target.journal(checked.gate.sha256) for checked in gates.judged]
        _tidy(target.journals, tell)  # after the folder was made: where it cannot be, that ends it
        if found is None:
            for each, checked in zip(begun, gates.judged, strict=True):
                each.require_room(checked.gate.lines)
        if resume and found is None:
            begins = "nothing of this program was sent to this port: starting at line 1"
            tell("; ".join(filter(None, [begins, parts.elsewhere()])))
        on_opening()
        port = open_link(target.link, Memory(target.home.found), in_haste=found is not None)
        stack.callback(port.close)
        if chosen is None:
            name: str = target.profiles[0].firmware
            if len(target.profiles) > 1:
                tell("asking which firmware is there, which takes a moment")
                name = detect(port, stop_requested=stop_requested).name
            chosen = gates.passed(name)
        profile, lines = chosen.profile, chosen.gate.lines
        target.tell_which(profile, tell)
        firmware = target.firmware(profile)
        journal = target.journal(chosen.gate.sha256, origin)
        earlier = journal.run()
        if not resume and earlier is not None and earlier.cut_off:
            after = f"an earlier run of this program was cut off after line {earlier.acknowledged}"
            tell(f"{after}: starting at line 1 (--resume goes on where the machine stands)")
        if found is None and (other := parts.other([chosen.gate.sha256])):
            tell(f"{other}: starting this one at line 1, which gives that one up")
        with _in_words(chosen.path, earlier, firmware):
            report = stream(
                chosen.path,
                port,
                journal,
                on_progress=on_progress,
                stop_requested=stop_requested,
                resume_requested=resume_requested,
                on_going_on=lambda line: tell(f"goes on after line {line} of {lines}, under {profile.name}"),
                firmware=firmware,
                found=found,
                limits=profile.limits,
                estimate_s=chosen.gate.time_s,
                timings=Timings(watchdog_s=target.link.watchdog_s),
            )
    return Sent(
        ok=True,
        program_sha256=chosen.gate.sha256,
        lines=report.lines,
        resumed_after=report.after if found else None,
        lines_sent=report.lines_sent,
        resends=report.resends,
        probes=report.probes,
        seconds=report.seconds,
        window=report.window,
    )


@contextmanager
def _refusals_told(gates: Gates, target: Target, tell: Callable[[str], None]) -> Iterator[None]:
    """With the machine by which a program was refused, where that is one that nobody described."""
    try:
        yield
    except NoGcode:
        raise
    except ProgramRefused as error:
        profile = gates.of(error)
        target.tell_which(profile, tell)
        error.generic = None if target.described else profile.firmware
        raise


@contextmanager
def _in_words(program: Path, earlier: Run | None, firmware: Firmware) -> Iterator[None]:
    """What a person is told further of a run that could not go on, or was stopped."""
    try:
        yield
    except NotResumable as error:
        assert earlier is not None  # noqa: S101 (there was something to go on with)
        raise _not_resumable(program, earlier, error) from None
    except Stopped as error:
        if not error.left_hot:
            error.args = (f"{error}, and {firmware.is_off}",)
        raise


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for what is needed only now. Raises `BridgeError` where there can be none."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="firmware-bridge-", ignore_cleanup_errors=True)
    except OSError as error:
        raise BridgeError(f"no temporary file can be made: {why_not_written(error, 'set TMPDIR')}") from None
    with folder as name:
        yield Path(name)


def _tidy(folder: Path, tell: Callable[[str], None]) -> None:
    try:
        journals.tidy(folder)
    except JournalError as error:
        tell(f"{error}; this ends nothing")  # what this run needs of the disk, it asks for itself


def _with_a_run(gates: Gates, target: Target) -> Checked | None:
    """That of which something was sent to this port. A machine in mid-program is not asked what it is."""
    for checked in gates.all_passed():
        earlier = target.journal(checked.gate.sha256).run()
        if earlier is not None and earlier.reserved:
            return checked
    return None


def _finished_here(gates: Gates, target: Target) -> Sent | None:
    """Under another name of this port: begun anew it would be made onto the finished part."""
    for checked in gates.all_passed():
        if journals.finished(target.journals, checked.gate.sha256, target.link.address):
            return _nothing_left(checked)
    return None


def _nothing_left(checked: Checked) -> Sent:
    return Sent(ok=True, program_sha256=checked.gate.sha256, lines=checked.gate.lines, lines_sent=0)


def _require_taken(gates: Gates, to_go_on_with: HalfMade | None) -> None:
    """By a gate. Raises `ProgramRefused`; of a file that was taken when it was begun, it says so too."""
    try:
        gates.require_one()
    except ProgramRefused as error:
        if to_go_on_with and (hint := to_go_on_with.as_it_was()):
            error.args = (f"{error}; {hint}",)
        raise


def _found(program: Path, earlier: Run | None) -> Whereabouts | None:
    """Where the machine may stand. Raises `NotResumable` where it was switched off."""
    if earlier is None:
        return None
    try:
        return whereabouts(earlier, now=time.time())
    except NotResumable as error:
        raise _not_resumable(program, earlier, error) from None


def _not_resumable(program: Path, earlier: Run, why: NotResumable) -> NotResumable:
    error = NotResumable(f"cannot go on after {left_at(program, earlier)}: {why}; to begin anew, leave --resume out")
    error.left_hot, error.line, error.lines = why.left_hot, earlier.acknowledged, earlier.lines
    return error
