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
from firmware_bridge.detect import detect
from firmware_bridge.errors import BridgeError, JournalError, NotResumable, ProgramRefused
from firmware_bridge.gates import Checked, Gates
from firmware_bridge.gcode import GateReport, check_file
from firmware_bridge.identity.reach import Memory, open_link
from firmware_bridge.journal import Journal, Run, journals
from firmware_bridge.journal.resumption import whereabouts
from firmware_bridge.machine import Link, MachineProfile
from firmware_bridge.program import left_at, line_of
from firmware_bridge.protocol.conversation import Whereabouts
from firmware_bridge.protocol.firmwares import FIRMWARES, expecting
from firmware_bridge.protocol.silence import Timings
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

    def gate(self, file: Path, profile: MachineProfile, out: BinaryIO) -> GateReport:
        """Raises `ProgramRefused`, and `ProfileError` for a material that the machine does not have."""
        return check_file(file, profile, self.material, out)

    def journal(self, sha256: str, name: str = "") -> Journal:
        return Journal.open(self.journals, self.link.address, sha256, name)


def send(
    given: BinaryIO,
    target: Target,
    *,
    resume: bool,
    on_progress: Callable[[Progress], None],
    stop_requested: Callable[[], str | None],
    tell: Callable[[str], None],
    resume_requested: Callable[[], bool] = lambda: False,
) -> Sent:
    """Returns when the last motion is over. `tell` takes sentences for the person; the others are as for `stream`.

    Raises `ProgramRefused` before the port is opened where no machine it may be for would take it, `BridgeError` where
    the disk cannot keep what it must, `NotResumable` also where another port is known for what was left of it, and what
    `detect` and `stream` raise.
    """
    with ExitStack() as stack:
        gates = Gates(given, target.profiles, stack.enter_context(_scratch()), target.gate)
        _require_taken(gates, target, _name(given) if resume else "")
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
            _require_none_elsewhere(gates, target)
            _require_as_it_was(target, _name(given))
            _require_no_other(gates, target)
        _tidy(target.journals, tell)
        if found is None:
            for possible in gates.judged:
                target.journal(possible.gate.sha256).require_room(possible.gate.lines)
        if resume and found is None:
            tell(f"nothing of this program was sent to this port: starting at line 1{_left_elsewhere(target)}")
        port = open_link(target.link, Memory(target.home.found), in_haste=found is not None)
        stack.callback(port.close)
        if chosen is None:
            name: str = target.profiles[0].firmware
            if len(target.profiles) > 1:
                name = detect(port, stop_requested=stop_requested).name
            chosen = gates.passed(name)
        journal = target.journal(chosen.gate.sha256, _name(given))
        earlier = journal.run()
        if not resume and earlier is not None and earlier.cut_off:
            after = f"an earlier run of this program was cut off after line {earlier.acknowledged}"
            tell(f"{after}: starting at line 1 (--resume goes on where the machine stands)")
        other = journals.half_made(target.journals, target.link.address, but=[chosen.gate.sha256])
        if found is None and other is not None:
            tell(f"{_left(other, _name(given))}: starting this one at line 1, which gives that one up")
        try:
            report = stream(
                chosen.path,
                port,
                journal,
                on_progress=on_progress,
                stop_requested=stop_requested,
                resume_requested=resume_requested,
                firmware=expecting(chosen.profile.firmware, chosen.profile.volume, chosen.profile.limits)
                if target.described
                else FIRMWARES[chosen.profile.firmware],
                found=found,
                limits=chosen.profile.limits,
                estimate_s=chosen.gate.time_s,
                timings=Timings(watchdog_s=target.link.watchdog_s),
            )
        except NotResumable as error:
            assert earlier is not None  # noqa: S101 (there was something to go on with)
            raise _not_resumable(chosen.path, earlier, error) from None
    return Sent(
        ok=True,
        program_sha256=chosen.gate.sha256,
        lines=report.lines,
        resumed_after=found.acknowledged if found else None,
        lines_sent=report.lines_sent,
        resends=report.resends,
        probes=report.probes,
        seconds=report.seconds,
        window=report.window,
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for what is needed only now. Raises `BridgeError` where there can be none."""
    try:
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    except OSError as error:
        raise BridgeError(f"no temporary file can be made: {why_not_written(error, 'TMPDIR')}") from None
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


def _require_taken(gates: Gates, target: Target, to_go_on_with: str) -> None:
    """By a gate. Raises `ProgramRefused`, or `NotResumable` for a file that was taken when it was begun."""
    try:
        gates.require_one()
    except ProgramRefused:
        _require_as_it_was(target, to_go_on_with)
        raise


def _require_none_elsewhere(gates: Gates, target: Target) -> None:
    """One port may have two names, and under another this would home onto the part. Raises `NotResumable`."""
    for checked in gates.all_passed():
        if run := journals.unfinished(target.journals, checked.gate.sha256):
            after = f"this program was cut off on {_port(run)} after line {run.acknowledged}"
            raise NotResumable(f"{after}: name that port, or leave --resume out to begin anew")


def _require_as_it_was(target: Target, name: str) -> None:
    """A file that is checked otherwise is another program. Raises `NotResumable`."""
    for run in journals.all_half_made(target.journals):
        if name and run.name == name:
            here = run.port == target.link.address
            after = f"{name} was cut off {'here' if here else f'on {_port(run)}'} after {line_of(run)}"
            why = "but under another profile or material, or before it was changed"
            way = f"say {'' if here else 'that port and '}the --machine and --material it was begun with"
            raise NotResumable(f"{after}, {why}: {way}, or leave --resume out to begin anew")


def _require_no_other(gates: Gates, target: Target) -> None:
    """Whoever would go on means the half-made part that is there, which is of another one. Raises `NotResumable`."""
    these = [checked.gate.sha256 for checked in gates.all_passed()]
    if run := journals.half_made(target.journals, target.link.address, but=these):
        way = "go on with that one, or leave --resume out to give it up and begin this one"
        raise NotResumable(f"{_left(run)}, and its part may be on the bed: {way}")


def _left(run: Run, name: str = "") -> str:
    """`name` is that of the program which is to be sent now."""
    what = f"another program{f' ({run.name})' if run.name else ''}"
    if name and run.name == name:
        what = f"{name} under another profile or material, or before it was changed,"
    return f"{what} was cut off here after {line_of(run)}"


def _left_elsewhere(target: Target) -> str:
    """Which half-made parts there are, for whoever has typed the wrong port; empty where there are none."""
    runs = journals.all_half_made(target.journals)
    parts = [f"{run.name or 'a program'} on {_port(run)} ({line_of(run)})" for run in runs]
    return f"; half made elsewhere: {', '.join(parts)}" if parts else ""


def _port(run: Run) -> str:
    return run.port.replace("#", " with the fingerprint ")


def _name(given: BinaryIO) -> str:
    """The whole path of a file, by which a person can give it again; empty for a pipe."""
    name = getattr(given, "name", None)
    return str(Path(name).absolute()) if isinstance(name, str) and Path(name).is_file() else ""


def _found(program: Path, earlier: Run | None) -> Whereabouts | None:
    """Where the machine may stand. Raises `NotResumable` where it was switched off."""
    if earlier is None:
        return None
    try:
        return whereabouts(earlier, now=time.time())
    except NotResumable as error:
        raise _not_resumable(program, earlier, error) from None


def _not_resumable(program: Path, earlier: Run, why: NotResumable) -> NotResumable:
    error = NotResumable(f"cannot go on after {left_at(program, earlier)}: {why}")
    error.left_hot = why.left_hot
    return error
