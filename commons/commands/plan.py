"""`commons plan`: a design's part as a checked program for one machine."""

import json
from pathlib import Path

import click
import msgspec

from commons.commands.output import OutputFile, write
from commons.commands.sourcing import a_forge, chosen_values, find_design, pairs
from commons.config import Config
from fabrication.artefacts import ArtefactStore
from fabrication.dispatch.matching import why_not
from fabrication.errors import PlanRefused
from fabrication.geometry.service import Build, Geometry
from fabrication.planning import Plan, plan_program
from fabrication.slicing.settings import PRESETS, preset, settings_from
from firmware_bridge.errors import ProfileError
from firmware_bridge.machine import MachineProfile, PublishedProfile


@click.command()
@click.argument("source")
@click.option("--machine", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="TOML")
@click.option("--material", help="One the machine has; without it, the machine's only one.")
@click.option("--part", help="Which part of the design; without it, the only one.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the design; again for more.")
@click.option("--preset", "chosen", type=click.Choice(list(PRESETS)), default="normal", show_default=True)
@click.option("--print", "asked", multiple=True, metavar="NAME=VALUE", help="A print setting over the preset's.")
@click.option("-o", "--output", required=True, type=OutputFile(), metavar="FILE.gcode")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(
    source: str,
    *,
    machine: Path,
    material: str | None,
    part: str | None,
    given: tuple[str, ...],
    chosen: str,
    asked: tuple[str, ...],
    output: Path,
    as_json: bool,
) -> None:
    """Plan one part for a machine: build it, slice it, hold every line against the machine, write the program.

    SOURCE is the slug of a shipped design or of one in the catalogue, a design's folder or a script.
    """
    profile = MachineProfile.load(machine).published()
    material = material or _only_material(profile)
    settings = settings_from(pairs(asked), preset(chosen, profile.printing))
    design = find_design(source).source
    values = chosen_values(design, given)
    # What no size of part could change is said before anything is built.
    if reasons := why_not((0, 0, 0), "fff", material, settings, profile):
        raise PlanRefused(reasons)
    config = Config.from_environment()
    store = ArtefactStore(config.artefacts)
    with a_forge(config) as forge:
        geometry = Geometry(forge, store)
        build = geometry.build(design, values)
        part = _only_part(build, part)
        stl = geometry.export(build, "stl", part)
    plan = plan_program(store, build.key, part, stl, profile, material, settings)
    write(output, store.get(plan.program_sha256))
    if as_json:
        said = {"ok": True, "file": str(output), "part": part, "machine": profile.name, "material": material}
        click.echo(json.dumps(said | {"values": values} | msgspec.to_builtins(plan)))
    else:
        click.echo(_estimate(plan, output, part, profile, material))


def _estimate(plan: Plan, output: Path, part: str, profile: PublishedProfile, material: str) -> str:
    minutes = round(plan.time_s / 60)
    size = " × ".join(f"{high - low:.1f}" for low, high in zip(plan.gate.low_mm, plan.gate.high_mm, strict=True))
    return (
        f"{output}: {part} in {material} for {profile.name}\n"
        f"  {minutes // 60} h {minutes % 60:02} min, {plan.filament_g:.1f} g, {plan.gate.lines:,} lines\n"
        f"  moves within {size} mm, hot end to {plan.gate.hotend_max_c:g} °C, bed to {plan.gate.bed_max_c:g} °C\n"
        f"  sha256 {plan.program_sha256}"
    )


def _only_material(profile: PublishedProfile) -> str:
    names = [material.name for material in profile.materials]
    if len(names) > 1:
        raise click.UsageError(f"say --material; {profile.name} has: {', '.join(names)}")
    try:
        return profile.material(names[0] if names else "").name
    except ProfileError as error:
        raise click.UsageError(str(error)) from None


def _only_part(build: Build, asked: str | None) -> str:
    names = [part.name for part in build.parts]
    if asked is None and len(names) == 1:
        return names[0]
    if asked is not None and asked in names:
        return asked
    what = f"there is no part {asked!r}" if asked else "say --part"
    raise click.UsageError(f"{what}; the design has: {', '.join(names)}")
