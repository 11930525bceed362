"""`firmware-bridge check`: the gate alone."""

from pathlib import Path

import click
import msgspec

from firmware_bridge.commands.wrapping import require_a_machine, unwrapped, wrapping
from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import GateReport, check, compose, generic_profile, read_lines
from firmware_bridge.gcode.slicers import advice, material_of
from firmware_bridge.machine import MachineProfile
from firmware_bridge.text import span


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--machine",
    "profile_path",
    metavar="PROFILE.toml",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The machine's profile. Without it a generic machine with that --firmware is assumed.",
)
@click.option("--firmware", type=click.Choice(["marlin", "grbl"]), default="marlin", show_default=True)
@wrapping
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    profile_path: Path | None,
    firmware: str,
    *,
    wrap: bool,
    material: str | None,
    as_json: bool,
) -> None:
    """Say what the program FILE would do on a machine, or every line that may not reach it, and why."""
    require_a_machine(profile_path, wrap=wrap, material=material)
    if profile_path:
        profile = MachineProfile.load(profile_path)
    else:
        profile = generic_profile(firmware)
        click.echo(f"no --machine given: checked for {profile.name} ({profile.bounds()})", err=True)
    try:
        if wrap:
            report = compose(read_lines(file), profile, material or material_of(file, profile))
        else:
            report = check(read_lines(file), profile)
    except ProgramRefused as refused:
        _print_refusals(refused, as_json=as_json)
        if hint := advice(refused, profile) if wrap else unwrapped(profile):
            click.echo(hint, err=True)
        ctx.exit(1)
    if as_json:
        click.echo(msgspec.json.encode({"ok": True, "machine": profile.name, "report": report}))
    else:
        _print(report, profile)


def _print_refusals(refused: ProgramRefused, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({"ok": False, "refusals": refused.refusals}))
        return
    for refusal in refused.refusals:
        click.echo(f"line {refusal.line}: {refusal.text!r}: {refusal.reason}")
    count = len(refused.refusals)
    click.echo(f"refused: {count} line{'' if count == 1 else 's'}", err=True)


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
