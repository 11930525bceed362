"""`commons build`: a design as a file, built under confinement."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import click

from commons.commands.output import OutputFile, write
from commons.commands.progress import ProgressLine
from commons.commands.sourcing import a_forge, chosen_values, find_design
from commons.config import Config
from fabrication.artefacts import ArtefactStore
from fabrication.errors import ForgeError
from fabrication.geometry.service import FORMATS, Geometry, Ground

ENDINGS = (*FORMATS, "png")


@click.command()
@click.argument("source")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the design; again for more.")
@click.option("--part", help="One part of the design; without it, all as they lie.")
@click.option("--ground", type=click.Choice(get_args(Ground)), default="plain", help="What a picture stands on.")
@click.option(
    "-o", "--output", required=True, type=OutputFile(), metavar="FILE",
    help=f"Its ending says the format: {', '.join(ENDINGS)}.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(
    source: str, *, given: tuple[str, ...], part: str | None, ground: Ground, output: Path, as_json: bool
) -> None:
    """Build a design with values of its parameters and write it as a model, a drawing or a picture.

    SOURCE is the slug of a shipped design or of one in the catalogue, a design's folder, a script or a model file.
    `commons parameters SOURCE` lists what can be set. A drawing (SVG) has dimensions; a DXF holds the largest flat face
    of each part.
    """
    ending = output.suffix.lstrip(".").lower()
    if ending not in ENDINGS:
        raise click.UsageError(f"{output}: the ending must be one of {', '.join(f'.{each}' for each in ENDINGS)}")
    fmt = next((each for each in FORMATS if each == ending), None)
    if fmt is None and part is not None:
        raise click.UsageError("a picture shows all parts; --part is for the other formats")
    found = find_design(source)
    design = found.source
    values = chosen_values(design, given)
    config = Config.from_environment()
    with a_forge(config) as forge, ProgressLine() as line:
        geometry = Geometry(forge, ArtefactStore(config.artefacts))
        try:
            build = geometry.build(design, values, on_progress=line.build)
        except ForgeError as error:
            if error.log.strip():
                click.echo(f"the script printed:\n{error.log.rstrip()}", err=True)
            raise
        line.say(f"writing {output.name}")
        if fmt is None:
            data = geometry.picture(build, ground)
        else:
            data = geometry.export(build, fmt, part, found.provenance(values))
    write(output, data)
    if build.log.strip():
        click.echo(f"the script printed:\n{build.log.rstrip()}", err=True)
    if as_json:
        click.echo(json.dumps({"ok": True, "file": str(output)} | asdict(build)))
        return
    click.echo(f"{output}: {len(data):,} bytes")
    for each in (each for each in build.parts if part in (None, each.name)):
        size = " × ".join(f"{length:.1f}" for length in each.size_mm)
        doubt = "" if each.valid else "; the kernel finds it no valid solid"
        click.echo(f"  {each.name}: {size} mm, {_volume(each.volume_mm3)}{doubt}")


def _volume(mm3: float) -> str:
    """What would be 0.00 cm³ in mm³."""
    return f"{mm3:.2f} mm³" if abs(mm3) < 10 else f"{mm3 / 1000:.2f} cm³"
