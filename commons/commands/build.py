"""`commons build`: a design as a file, built under confinement."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from commons.commands.sourcing import a_forge, chosen_values, provenance, read_source
from commons.config import Config
from fabrication.artefacts import ArtefactStore
from fabrication.geometry.service import FORMATS, Geometry


@click.command()
@click.argument("source")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the design; again for more.")
@click.option("--part", help="One part of the design; without it, all as they lie.")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help=f"Its ending says the format: {', '.join(FORMATS)}.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(source: str, *, given: tuple[str, ...], part: str | None, output: Path, as_json: bool) -> None:
    """Build a design with values of its parameters and write it as STL, STEP, 3MF or GLB.

    SOURCE is the slug of a shipped design, a design's folder or a script. `commons parameters SOURCE` lists what
    can be set.
    """
    fmt = output.suffix.lstrip(".").lower()
    if fmt not in FORMATS:
        raise click.UsageError(f"{output}: the ending must be one of {', '.join(f'.{each}' for each in FORMATS)}")
    design = read_source(source)
    values = chosen_values(design, given)
    config = Config.from_environment()
    with a_forge(config) as forge:
        geometry = Geometry(forge, ArtefactStore(config.artefacts))
        build = geometry.build(design, values)
        data = geometry.export(build, fmt, part, provenance(source, design, values))
    output.write_bytes(data)
    if as_json:
        click.echo(json.dumps({"ok": True, "file": str(output)} | asdict(build)))
        return
    click.echo(f"{output}: {len(data):,} bytes")
    for each in build.parts:
        size = " × ".join(f"{length:.1f}" for length in each.size_mm)
        doubt = "" if each.valid else "; the kernel finds it no valid solid"
        click.echo(f"  {each.name}: {size} mm, {each.volume_mm3 / 1000:.2f} cm³{doubt}")
