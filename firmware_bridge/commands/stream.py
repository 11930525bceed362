"""`firmware-bridge stream FILE --port URL`: a program to a machine, without a commons."""

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

import click
import msgspec

from firmware_bridge.agent.home import Home
from firmware_bridge.errors import BridgeError
from firmware_bridge.gcode import check, generic_profile
from firmware_bridge.journal import Journal
from firmware_bridge.machine import MachineProfile
from firmware_bridge.stream import StreamReport, stream
from firmware_bridge.transport.port import open_port
from firmware_bridge.wire import Progress


class Sent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `--json` prints."""

    ok: bool
    error: str | None = None
    program_sha256: str | None = None
    lines: int | None = None
    lines_sent: int | None = None
    resends: int | None = None
    probes: int | None = None
    seconds: float | None = None


@click.command(name="stream")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="strict"))
@click.option("--port", "port_url", help="Device path, link to a pty, socket:// or rfc2217://. Default: the profile's.")
@click.option("--baud", type=click.IntRange(min=1), help="Default: the profile's, else 115200.")
@click.option("--firmware", type=click.Choice(["auto", "marlin"]), default="auto", show_default=True)
@click.option("--machine", "profile_path", type=click.Path(path_type=Path), help="The machine's profile, TOML.")
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder, for the journal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a progress bar.")
def command(
    *,
    file: TextIO,
    port_url: str | None,
    baud: int | None,
    firmware: str,
    profile_path: Path | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Check FILE against the machine's limits and send it, every line once and in order.

    Ctrl-C, a closed terminal and SIGTERM turn the heaters off, then end it; under nohup it goes on without one.
    """
    try:
        profile = _profile(profile_path, firmware)
        url = port_url or profile.link.port
        if not url:
            raise click.UsageError("say which --port, or give a --machine whose profile names one")
        folder = Home.at(home).folder / "streamed"
        sha256, report = _send(file, profile, url, baud or profile.link.baud, folder, bar=not as_json)
    except BridgeError as error:
        if as_json:
            _print(Sent(ok=False, error=str(error)))
        raise
    if as_json:
        _print(
            Sent(
                ok=True,
                program_sha256=sha256,
                lines=report.lines,
                lines_sent=report.lines_sent,
                resends=report.resends,
                probes=report.probes,
                seconds=report.seconds,
            )
        )
    else:
        again = f", {report.resends} resends, {report.probes} probes" if report.resends or report.probes else ""
        click.echo(f"done: {report.lines} lines in {report.seconds:.1f} s{again}")


def _profile(path: Path | None, firmware: str) -> MachineProfile:
    if path:
        return MachineProfile.load(path)
    profile = generic_profile("marlin" if firmware == "auto" else firmware)
    _tell(f"no --machine given: checking against {profile.bounds()}")
    return profile


def _send(
    text: TextIO, profile: MachineProfile, url: str, baud: int, folder: Path, *, bar: bool
) -> tuple[str, StreamReport]:
    with ExitStack() as stack:
        program = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "program.gcode"
        with program.open("wb") as out:
            gate = check(text, profile, out)
        journal = Journal.open(folder, url, gate.sha256)
        earlier = journal.run()
        if earlier and earlier.cut_off:
            _tell(f"an earlier run of this program was cut off after line {earlier.acknowledged}: starting at line 1")
        port = open_port(url, baud)
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

        report = stream(
            program,
            port,
            journal,
            on_progress=on_progress,
            stop_requested=lambda: interruptions[0] if interruptions else None,
            estimate_s=gate.time_s,
        )
    return gate.sha256, report


@contextmanager
def _interruptions() -> Iterator[list[str]]:
    """Ctrl-C, SIGTERM and a dropped terminal ask for a safe stop instead of ending the process in mid-print."""
    heard: list[str] = []
    numbers = [signal.SIGINT, signal.SIGTERM]
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
