"""What commands about a design share: its source, the values given for it, and a forge to build it in."""

import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from commons.catalog.submissions.folder import read_source as read_source_at
from commons.catalog.submissions.manifest import licensors
from commons.config import Config
from commons.errors import Invalid
from fabrication.errors import ForgeUnavailable
from fabrication.geometry.client import ForgeClient, start_forge
from fabrication.geometry.parameters import canonical_values, read_parameters
from fabrication.geometry.provenance import Provenance
from fabrication.recipes import Source, Value

SHIPPED = Path(__file__).parents[2] / "designs"
_FORGE_ENDS_S = 10.0


def source_path(source: str) -> Path:
    """The folder of a shipped design (by its slug), or the path itself."""
    path = Path(source)
    shipped = SHIPPED / source
    return shipped if not path.exists() and (shipped / "design.py").is_file() else path


def read_source(source: str) -> Source:
    """Of a shipped design's slug, a folder, a script or a model file. Raises `click.UsageError` where there is none."""
    path = source_path(source)
    if not path.exists():
        shipped = ", ".join(sorted(found.parent.name for found in SHIPPED.glob("*/design.py")))
        raise click.UsageError(f"{source} is no file, no folder and no shipped design ({shipped})")
    try:
        return read_source_at(path)
    except Invalid as error:
        raise click.UsageError(str(error)) from None


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE` texts as a mapping. Raises `click.UsageError`."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"{text!r} is not NAME=VALUE")
        found[name.strip()] = value.strip()
    return found


def chosen_values(design: Source, given: tuple[str, ...]) -> dict[str, Value]:
    """Every parameter's value, before a forge is started. Raises `SourceError`, `ValueRefused`, `click.UsageError`."""
    return canonical_values(read_parameters(design.script), pairs(given))


def provenance(source: str, design: Source, values: dict[str, Value]) -> Provenance:
    """What the manifest beside a script says of it; the file's name where there is none."""
    path = source_path(source)
    manifest = path / "okh.toml"
    try:
        okh = tomllib.loads(manifest.read_text(encoding="utf-8")) if path.is_dir() else {}
    except FileNotFoundError:
        okh = {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise click.UsageError(f"{manifest}: {error}") from None
    return Provenance(
        title=str(okh.get("name", path.stem)),
        designers=tuple(licensors(okh)),
        licence=str(okh.get("license", "")),
        description=str(okh.get("function", "")),
        source_sha256=design.sha256,
        values=values,
    )


@contextmanager
def a_forge(config: Config) -> Iterator[ForgeClient]:
    """The commons' own forge where one runs; else one for this command alone."""
    running = ForgeClient(config.forge_socket)
    if _answers(running):
        yield running
        return
    with tempfile.TemporaryDirectory(prefix="commons-forge-") as folder:
        socket = Path(folder) / "forge.sock"
        process = start_forge(socket, Path(folder) / "forge.log")
        try:
            yield ForgeClient(socket)
        finally:
            try:
                process.communicate(timeout=_FORGE_ENDS_S)  # its standard input ends, and so does it
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(forge: ForgeClient) -> bool:
    try:
        forge.health()
    except ForgeUnavailable:
        return False
    return True
