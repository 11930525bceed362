"""`firmware-bridge check`: the gate alone."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from firmware_bridge.commands.given import Given
from firmware_bridge.commands.material import NEEDS_MACHINE, hint
from firmware_bridge.commands.profile import profile_file
from firmware_bridge.errors import NoGcode, ProgramRefused
from firmware_bridge.gcode import GateReport, check_file, generic_profile
from firmware_bridge.machine import MachineProfile
from firmware_bridge.protocol.firmwares import FIRMWARES
from firmware_bridge.sending.gates import meant_for
from firmware_bridge.sending.given import readable
from firmware_bridge.text import count, span


@click.command()
@click.argument("file", type=Given())
@click.option(
    "--machine",
    "profile_path",
    metavar="PROFILE.toml|NAME",
    type=click.Path(path_type=Path),
    help="The machine's profile, or the name of one of the bridge's. Without it a generic machine is assumed.",
)
@click.option(
    "--firmware",
    type=click.Choice(["auto", *FIRMWARES]),
    default="auto",
    show_default=True,
    help="Of the generic machine: auto is that which FILE fits best.",
)
@click.option(
    "--material",
    metavar="NAME",
    help="Check FILE with the machine's own programs for that material around it, as the page does for a slicer.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    ctx: click.Context,
    file: BinaryIO,
    profile_path: Path | None,
    firmware: str,
    material: str | None,
    *,
    as_json: bool,
) -> None:
    """Say what the program FILE would do on a machine, or what may not reach it, and why.

    FILE is - for what comes through a pipe.
    """
    if material is not None and profile_path is None:
        raise click.UsageError(NEEDS_MACHINE)
    if profile_path:
        profiles = [MachineProfile.load(profile_file(profile_path))]
    else:
        profiles = [generic_profile(name) for name in (FIRMWARES if firmware == "auto" else [firmware])]
    with readable(file) as program:
        profile, report = _best(program, profiles, material)
        helps = ""
        if isinstance(report, ProgramRefused) and material is None:
            helps = hint(profile, "check", report, program)
    if not profile_path and not isinstance(report, NoGcode):
        click.echo(f"no --machine given: checked for {profile.name} ({profile.bounds()})", err=True)
    if isinstance(report, ProgramRefused):
        _print_refusals(report, as_json=as_json)
        if helps:
            click.echo(helps, err=True)
        ctx.exit(1)
    if as_json:
        click.echo(msgspec.json.encode({"ok": True, "machine": profile.name, "report": report}))
    else:
        _print(report, profile)


def _best(
    file: Path, profiles: Iterable[MachineProfile], material: str | None
) -> tuple[MachineProfile, GateReport | ProgramRefused]:
    """The machine that takes the file, or the one that has least against it."""
    judged: dict[ProgramRefused, MachineProfile] = {}
    for profile in profiles:
        try:
            return profile, check_file(file, profile, material)
        except ProgramRefused as refused:
            judged[refused] = profile
    least = meant_for(judged)
    return judged[least], least


def _print_refusals(refused: ProgramRefused, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({"ok": False, "refusals": refused.refusals}))
        return
    for refusal in refused.refusals:
        click.echo(refusal.said)
    of_lines = [refusal.count for refusal in refused.refusals if refusal.line]
    lines, reasons = sum(of_lines), len(of_lines)
    summary = f"refused: {count(lines, 'line')}" if lines else "refused"
    if reasons > 1:
        summary += f" for {reasons} reasons; begin with the first, for others may follow from it"
    click.echo(summary, err=True)


def _print(report: GateReport, profile: MachineProfile) -> None:
    low, high = (" × ".join(f"{value:g}" for value in corner) for corner in (report.low_mm, report.high_mm))
    tool = {
        "filament": f"{report.extruded_mm:.1f} mm",
        "hot end": f"up to {report.hotend_max_c:g} °C",
        "bed": f"up to {report.bed_max_c:g} °C",
    }
    if profile.process == "milling":
        tool = {"spindle": f"up to {report.spindle_max_rpm:g} rpm"}
    for name, value in {
        "lines": f"{report.lines} ({report.size_bytes} bytes)",
        "time": f"about {span(report.time_s)}{', heating not counted' if 'bed' in tool else ''}",
        "reach": f"{low} to {high} mm",
        **tool,
        "sha256": report.sha256,
    }.items():
        click.echo(f"{name:9} {value}")
