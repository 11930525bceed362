"""`firmware-bridge stream FILE --port URL`: a program to a machine, without a commons."""

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click
import msgspec

from firmware_bridge.agent.home import Home
from firmware_bridge.detect import detect
from firmware_bridge.errors import BridgeError, ProgramRefused
from firmware_bridge.gcode import GateReport, check, generic_profile, read_lines
from firmware_bridge.journal import Journal
from firmware_bridge.machine import Link, MachineProfile
from firmware_bridge.protocol.firmwares import FIRMWARES
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
@click.option("--firmware", type=click.Choice(["auto", *FIRMWARES]), default="auto", show_default=True)
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
        link = profile.link if profile else Link()
        url = port_url or link.port
        if not url:
            raise click.UsageError("say which --port, or give a --machine whose profile names one")
        folder = Home.at(home).folder / "streamed"
        profiles = [profile] if profile else [generic_profile(name) for name in FIRMWARES]
        if profile_path is None:
            _tell(f"no --machine given: checking against {' or '.join(map(_box, profiles))}")
        sha256, report = _send(file, profiles, url, baud or link.baud, folder, bar=not as_json)
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


def _profile(path: Path | None, firmware: str) -> MachineProfile | None:
    """None for any machine whose firmware is found out by asking it."""
    if path:
        profile = MachineProfile.load(path)
        if firmware not in ("auto", profile.firmware):
            raise click.UsageError(f"--firmware says {firmware} and {path} says {profile.firmware}: leave one out")
        return profile
    return None if firmware == "auto" else generic_profile(firmware)


def _box(profile: MachineProfile) -> str:
    box, limits = profile.volume, profile.limits
    heat = f", hot end {limits.hotend_max_c:g} °C, bed {limits.bed_max_c:g} °C" if profile.process == "fff" else ""
    return f"{profile.name} ({box.x_mm:g} × {box.y_mm:g} × {box.z_mm:g} mm{heat})"


@dataclass(frozen=True)
class Checked:
    """A program that passed the gate of a machine, in canonical form."""

    path: Path
    gate: GateReport


def _checked(text: TextIO, profiles: Sequence[MachineProfile], folder: Path) -> dict[str, Checked | ProgramRefused]:
    """The program for each of the machines it may be for, by firmware. Raises `ProgramRefused` if it is for none."""
    results: dict[str, Checked | ProgramRefused] = {}
    refused: list[ProgramRefused] = []
    if len(profiles) > 1:
        # Each gate reads it anew; what comes through a pipe cannot be.
        copy = folder / "given.gcode"
        with copy.open("w", encoding="utf-8", newline="") as file:
            shutil.copyfileobj(text, file)
    for profile in profiles:
        path = folder / f"{profile.firmware}.gcode"
        try:
            with path.open("wb") as out:
                results[profile.firmware] = Checked(
                    path, check(read_lines(copy) if len(profiles) > 1 else text, profile, out)
                )
        except ProgramRefused as error:
            results[profile.firmware] = error
            refused.append(error)
    if len(refused) == len(results):
        # The one that has least against it is the one it was meant for; no line at all is a gate that judges none.
        raise min(refused, key=lambda error: (error.refusals[0].line == 0, len(error.refusals)))
    return results


def _send(
    text: TextIO, profiles: Sequence[MachineProfile], url: str, baud: int, folder: Path, *, bar: bool
) -> tuple[str, StreamReport]:
    with ExitStack() as stack:
        results = _checked(text, profiles, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        port = open_port(url, baud)
        stack.callback(port.close)
        interruptions = stack.enter_context(_interruptions())

        def stop_requested() -> str | None:
            return interruptions[0] if interruptions else None

        firmware: str = profiles[0].firmware
        if len(profiles) > 1:
            firmware = detect(port, stop_requested=stop_requested).name
        found = results[firmware]
        if isinstance(found, ProgramRefused):
            raise found
        gate = found.gate
        journal = Journal.open(folder, url, gate.sha256)
        earlier = journal.run()
        if earlier and earlier.cut_off:
            _tell(f"an earlier run of this program was cut off after line {earlier.acknowledged}: starting at line 1")
        shown = stack.enter_context(
            click.progressbar(length=gate.lines, label="sending", item_show_func=_temperatures)
            if bar
            else nullcontext()
        )

        def on_progress(progress: Progress) -> None:
            if shown is not None:
                shown.update(progress.line - shown.pos, progress)

        report = stream(
            found.path,
            port,
            journal,
            on_progress=on_progress,
            stop_requested=stop_requested,
            firmware=FIRMWARES[firmware],
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
