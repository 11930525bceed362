"""`commons add`: scripts or folders into the catalogue."""

import json
from pathlib import Path

import click

from commons.accounts.services import commons_account, person
from commons.catalog.services import add
from commons.catalog.submissions import read_submission
from commons.commands.sourcing import a_forge, read_source
from commons.config import Config
from commons.db import Database
from fabrication.artefacts import ArtefactStore
from fabrication.errors import JobKilled, KernelCrashed, ScriptFailed, SourceError
from fabrication.geometry.service import Geometry


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--owner", metavar="HANDLE", help="Whose designs they are; without it, the commons' own.")
@click.option("--licence", metavar="SPDX", help="For scripts that have no okh.toml.")
@click.option("--untried", is_flag=True, help="Do not build each with its own values first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(paths: tuple[Path, ...], owner: str | None, licence: str | None, *, untried: bool, as_json: bool) -> None:
    """Put scripts or design folders into the catalogue.

    A folder holds design.py, okh.toml and README.md. Adding the same again changes nothing. The commons is
    the one of COMMONS_HOME; beside `make run` that is var.
    """
    config = Config.from_environment()
    database, store = Database(config.database_url), ArtefactStore(config.artefacts)
    database.migrate()
    if not untried:
        _try(config, store, paths)
    added: list[dict[str, object]] = []
    with database.write() as session:
        account = person(session, owner) if owner else commons_account(session)
        for path in paths:
            became = add(session, store, read_submission(path, licence=licence, licensor=account.name), account)
            design = became.revision.design
            added.append(
                {"slug": design.slug, "revision": became.revision.id, "number": became.revision.number,
                 "new": became.new, "shown": became.shown}
            )  # fmt: skip
    database.dispose()
    if as_json:
        click.echo(json.dumps({"ok": True, "designs": added}))
        return
    click.echo(f"in the commons at {config.commons_home}:")
    for entry in added:
        click.echo(f"{entry['slug']}: revision {entry['number']}{_remark(entry)}")


def _try(config: Config, store: ArtefactStore, paths: tuple[Path, ...]) -> None:
    """Builds each with its own values. Raises `SourceError` with the author's words where one cannot be."""
    with a_forge(config) as forge:
        for path in paths:
            source = read_source(path)
            try:
                Geometry(forge, store).build(source, {})
            except (ScriptFailed, JobKilled, KernelCrashed) as error:
                raise SourceError(f"{path} cannot be built with its own values: {error}") from None


def _remark(entry: dict[str, object]) -> str:
    if entry["new"]:
        return ""
    if entry["shown"] == entry["number"]:
        return " (unchanged)"
    return (
        f" was here already; revision {entry['shown']} is newer and stays shown. "
        "To show this state again, change something in it, if only its readme."
    )
