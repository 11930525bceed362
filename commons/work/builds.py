"""Builds that take longer than a person waits for a preview: wanted by a page, made by the worker."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from commons.catalog.models import Revision
from commons.catalog.services import revision as revision_named
from commons.catalog.services import source_of
from commons.db import Database
from commons.errors import NotFound
from commons.work import status as works
from commons.work.queue import Turn
from commons.work.status import BUILD, Status
from fabrication.artefacts import ArtefactStore
from fabrication.geometry.service import Geometry
from fabrication.recipes import Source, Value, geometry_key, json_values


def want(session: Session, revision: Revision, source: Source, values: Mapping[str, Value]) -> str:
    """Have it built in the background; `values` are canonical. Returns the key that `status` takes."""
    key = geometry_key(BUILD, source, values)
    works.want(session, key, BUILD, revision.id, json_values(values))
    return key


def status(session: Session, key: str) -> Status:
    """Its subject is the revision's id, `about` the values. Raises `NotFound` for what nobody wanted."""
    found = find(session, key)
    if found is None:
        raise NotFound("Nobody asked for that to be built here.")
    return found


def find(session: Session, key: str) -> Status | None:
    """The same, or None for what nobody wanted."""
    return works.find(session, key, BUILD)


class Builder:
    """Makes wanted builds, each with its picture: the page that waits shows it."""

    def __init__(self, database: Database, geometry: Geometry, store: ArtefactStore) -> None:
        self.database, self.geometry, self.store = database, geometry, store

    def build(self, turn: Turn) -> None:
        """Raises `FabricationError`."""
        with self.database.read() as session:
            source = source_of(self.store, revision_named(session, turn.subject))
        self.geometry.picture(self.geometry.build(source, turn.about))
