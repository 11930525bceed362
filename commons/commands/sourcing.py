"""What commands about a design share: its source, the values given for it, and a forge to build it in."""

import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import sqlalchemy as sa

from commons.catalog import services
from commons.catalog.models import Revision
from commons.catalog.services import SHIPPED, provenance_of
from commons.catalog.submissions.folder import read_source as read_source_at
from commons.catalog.submissions.manifest import licensors
from commons.config import Config
from commons.db import Database
from commons.errors import Invalid, NotFound, Unavailable
from fabrication.artefacts import ArtefactStore
from fabrication.errors import ForgeUnavailable
from fabrication.geometry.client import ForgeClient, start_forge
from fabrication.geometry.parameters import canonical_values, read_parameters
from fabrication.geometry.provenance import Provenance
from fabrication.recipes import Source, Value

_FORGE_ENDS_S = 10.0


def source_path(source: str) -> Path:
    """The folder of a shipped design (by its slug), or the path itself."""
    path = Path(source)
    shipped = SHIPPED / source
    return shipped if not path.exists() and (shipped / "design.py").is_file() else path


@dataclass(frozen=True)
class Found:
    """A design's source, and where it was: on disk, or a revision in the catalogue."""

    source: Source
    at: Path | Revision

    def provenance(self, values: dict[str, Value]) -> Provenance:
        """What is written into files made of it. Raises `click.UsageError` for a manifest that cannot be read."""
        if isinstance(self.at, Path):
            return _manifest_says(self.at, self.source, values)
        return provenance_of(self.at, values, (self.at.design.owner.name,))


def find_design(source: str) -> Found:
    """Of a shipped design's slug, a folder, a script, a model file, or else the slug of one in the catalogue.

    Raises `click.UsageError` where there is none.
    """
    path = source_path(source)
    if path.exists():
        return Found(read_source(path), path)
    config = Config.from_environment()
    shipped = ", ".join(sorted(found.parent.name for found in SHIPPED.glob("*/design.py")))
    nowhere = f"{source} is no file, no folder and no shipped design ({shipped})"
    with catalogue(config) as database:
        if database is None:
            raise click.UsageError(nowhere)
        try:
            with database.read() as session:
                revision = services.newest_revision(session, source)
                return Found(services.source_of(ArtefactStore(config.artefacts), revision), revision)
        except NotFound:
            raise click.UsageError(f"{nowhere}, nor in the catalogue at {config.commons_home}") from None


def read_source(path: Path) -> Source:
    """Raises `click.UsageError` for what is no design."""
    try:
        return read_source_at(path)
    except Invalid as error:
        raise click.UsageError(str(error)) from None


@contextmanager
def catalogue(config: Config) -> Iterator[Database | None]:
    """The commons' own database, where there is one with every table that commands read; none is made.

    Raises `Unavailable` where it does not answer.
    """
    database = Database(config.database_url)
    try:
        yield database if _is_there(database) else None
    finally:
        database.dispose()


def _is_there(database: Database) -> bool:
    """Not asked of an SQLite file that is missing: asking would make it."""
    file = database.engine.url.database if database.engine.dialect.name == "sqlite" else None
    if file is not None and not Path(file).exists():
        return False
    try:
        return sa.inspect(database.engine).has_table("sample")
    except sa.exc.DatabaseError as error:
        where = database.engine.url.render_as_string(hide_password=True)
        raise Unavailable(f"DATABASE_URL: the database {where} cannot be read: {error.orig}") from None


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


def _manifest_says(path: Path, source: Source, values: dict[str, Value]) -> Provenance:
    """Of the manifest beside a script; the file's name where there is none."""
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
        source_sha256=source.sha256,
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
