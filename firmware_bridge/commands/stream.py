"""`firmware-bridge stream FILE --port URL`: a program to a machine, without a commons."""

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

import click
import msgspec

from firmware_bridge.agent.home import Home
from firmware_bridge.commands.rates import read_baud
from firmware_bridge.errors import BridgeError, NotResumable
from firmware_bridge.gcode import check, generic_profile
from firmware_bridge.identity.reach import Memory, open_link
from firmware_bridge.journal import Journal, Run
from firmware_bridge.machine import Link, MachineProfile
from firmware_bridge.program import left_at
from firmware_bridge.protocol.conversation import Whereabouts
from firmware_bridge.protocol.silence import Timings
from firmware_bridge.resumption import whereabouts
from firmware_bridge.stream import StreamReport, stream
from firmware_bridge.wire import Progress


class Sent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `--json` prints. `resumed_after`: the last line of an earlier run that was known to be executed."""

    ok: bool
    error: str | None = None
    program_sha256: str | None = None
    lines: int | None = None
    resumed_after: int | None = None
    lines_sent: int | None = None
    resends: int | None = None
    probes: int | None = None
    seconds: float | None = None
    window: str | None = None


@click.command(name="stream")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="strict"))
@click.option("--port", "port_url", help="Device path, link to a pty, socket:// or rfc2217://. Default: the profile's.")
@click.option("--baud", metavar="auto|N", callback=read_baud, help="Default: the profile's, else 115200.")
@click.option("--firmware", type=click.Choice(["auto", "marlin"]), default="auto", show_default=True)
@click.option("--machine", "profile_path", type=click.Path(path_type=Path), help="The machine's profile, TOML.")
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder, for the journal.")
@click.option("--resume", is_flag=True, help="Go on with this program where the machine stands after a cut-off run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a progress bar.")
def command(
    *,
    file: TextIO,
    port_url: str | None,
    baud: int | None,
    firmware: str,
    profile_path: Path | None,
    home: Path | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Check FILE against the machine's limits and send it, every line once and in order.

    Ctrl-C, a closed terminal, SIGTERM and SIGUSR1 turn the heaters off, then end it; under nohup it goes on without a
    terminal.

    With --resume, a program that was finished on this port is not sent again, one of which nothing was sent begins, and
    one that was cut off goes on at the very line where the firmware stands. Where the machine was reset, used or
    switched off since, it is made safe and the line and height are told.
    """
    try:
        profile = _profile(profile_path, firmware)
        # A port that is typed is meant, whatever machine is there; how it is opened is the profile's.
        link = msgspec.structs.replace(profile.link, port=port_url, fingerprint="") if port_url else profile.link
        if not link.key:
            raise click.UsageError("say which --port, or give a --machine whose profile names one")
        if baud is not None:
            link = msgspec.structs.replace(link, baud=baud)
        sent = _send(file, profile, link, Home.at(home), resume=resume, bar=not as_json)
    except BridgeError as error:
        if as_json:
            _print(Sent(ok=False, error=str(error)))
        raise
    if as_json:
        _print(sent)
    elif sent.seconds is None:
        click.echo(f"this program was finished on this port: all its {sent.lines} lines; nothing was sent")
    else:
        again = f", {sent.resends} resends, {sent.probes} probes" if sent.resends or sent.probes else ""
        after = f", going on after line {sent.resumed_after}" if sent.resumed_after is not None else ""
        click.echo(f"done: {sent.lines} lines in {sent.seconds:.1f} s{after}{again}")


def _profile(path: Path | None, firmware: str) -> MachineProfile:
    if path:
        return MachineProfile.load(path)
    profile = generic_profile("marlin" if firmware == "auto" else firmware)
    box, limits = profile.volume, profile.limits
    _tell(
        f"no --machine given: checking against {box.x_mm:g} × {box.y_mm:g} × {box.z_mm:g} mm, "
        f"hot end {limits.hotend_max_c:g} °C, bed {limits.bed_max_c:g} °C"
    )
    return profile


def _send(text: TextIO, profile: MachineProfile, link: Link, home: Home, *, resume: bool, bar: bool) -> Sent:
    with ExitStack() as stack:
        program = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "program.gcode"
        with program.open("wb") as out:
            gate = check(text, profile, out)
        journal = Journal.open(home.folder / "streamed", link.key, gate.sha256)
        earlier = journal.run()
        if resume and earlier is not None and earlier.outcome == "finished":
            return Sent(ok=True, program_sha256=gate.sha256, lines=gate.lines, lines_sent=0)
        found = _found(program, earlier) if resume else None
        if not resume and earlier is not None and earlier.cut_off:
            after = f"an earlier run of this program was cut off after line {earlier.acknowledged}"
            _tell(f"{after}: starting at line 1 (--resume goes on where the machine stands)")
        port = open_link(link, Memory(home.found), in_haste=found is not None)
        stack.callback(port.close)
        interruptions = stack.enter_context(_interruptions())
        shown = stack.enter_context(
            click.progressbar(length=gate.lines, label="sending", item_show_func=_temperatures)
            if bar
            else nullcontext()
        )

        def on_progress(progress: Progress) -> None:
            if shown is not None:
                shown.update(progress.line - shown.pos, progress)

        try:
            report = stream(
                program,
                port,
                journal,
                on_progress=on_progress,
                stop_requested=lambda: interruptions[0] if interruptions else None,
                found=found,
                limits=profile.limits,
                estimate_s=gate.time_s,
                timings=Timings(watchdog_s=link.watchdog_s),
            )
        except NotResumable as error:
            assert earlier is not None  # noqa: S101 (there was something to go on with)
            raise _not_resumable(program, earlier, error) from None
    return _sent(gate.sha256, report, found)


def _found(program: Path, earlier: Run | None) -> Whereabouts | None:
    """Where the machine may stand; None where nothing was sent. Raises `NotResumable` where it was switched off."""
    if earlier is None or earlier.reserved == 0:
        _tell("nothing of this program was sent to this port: starting at line 1")
        return None
    try:
        return whereabouts(earlier, now=time.time())
    except NotResumable as error:
        raise _not_resumable(program, earlier, error) from None


def _not_resumable(program: Path, earlier: Run, why: NotResumable) -> NotResumable:
    error = NotResumable(f"cannot go on after {left_at(program, earlier)}: {why}")
    error.left_hot = why.left_hot
    return error


def _sent(sha256: str, report: StreamReport, found: Whereabouts | None) -> Sent:
    return Sent(
        ok=True,
        program_sha256=sha256,
        lines=report.lines,
        resumed_after=found.acknowledged if found else None,
        lines_sent=report.lines_sent,
        resends=report.resends,
        probes=report.probes,
        seconds=report.seconds,
        window=report.window,
    )


@contextmanager
def _interruptions() -> Iterator[list[str]]:
    """Ctrl-C, SIGTERM, SIGUSR1 and a dropped terminal ask for a safe stop; none ends the process in mid-print."""
    heard: list[str] = []
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored: nohup, it is meant to go on
        numbers.append(signal.SIGHUP)
    before = {
        number: signal.signal(number, lambda number, _frame: heard.append(f"stopped by {signal.Signals(number).name}"))
        for number in numbers
    }
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _temperatures(progress: Progress | None) -> str:
    if progress is None:
        return ""
    heat = [
        f"{name} {now_c:.0f}/{target_c or 0:.0f} °C"
        for name, now_c, target_c in (
            ("hot end", progress.hotend_c, progress.hotend_target_c),
            ("bed", progress.bed_c, progress.bed_target_c),
        )
        if now_c is not None
    ]
    left = [] if progress.remaining_s is None else [f"{progress.remaining_s / 60:.0f} min left"]
    return ", ".join(heat + left)


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _print(sent: Sent) -> None:
    click.echo(msgspec.json.encode(sent).decode())
