"""From a request to geometry: which revision with which values, and what the forge makes of it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app, request

from commons import db
from commons.catalog import services
from commons.catalog.models import Revision
from commons.catalog.values import as_text, given_values
from commons.errors import NotFound
from fabrication.artefacts import ArtefactStore
from fabrication.errors import ConfinementUnavailable, FabricationError, ForgeUnavailable, ValueRefused
from fabrication.geometry.parameters import Parameter, canonical_values, read_parameters
from fabrication.geometry.service import Geometry
from fabrication.recipes import Source, Value

log = logging.getLogger(__name__)


def geometry() -> Geometry:
    """The site's."""
    made: Geometry = current_app.extensions["geometry"]
    return made


def artefacts() -> ArtefactStore:
    """The site's."""
    made: ArtefactStore = current_app.extensions["artefacts"]
    return made


def sentence_of(error: FabricationError) -> str:
    """What a person is told: where the fault is this commons' own, its insides go to the log."""
    if not isinstance(error, ForgeUnavailable | ConfinementUnavailable):
        return str(error)
    log.error("%s: %s", type(error).__name__, error)
    if isinstance(error, ConfinementUnavailable):
        return "This commons cannot run a design's script safely at the moment, so it builds nothing."
    return "What builds models here does not answer at the moment. Try again in a minute; all else works."


@dataclass(frozen=True)
class Wanted:
    """One variant that a request is about, its values as the person typed them."""

    revision: Revision
    source: Source
    parameters: tuple[Parameter, ...]
    given: Mapping[str, object]

    def values(self) -> dict[str, Value]:
        """Raises `ValueRefused`."""
        return canonical_values(self.parameters, self.given)

    def problems(self) -> dict[str, str]:
        """Parameter → sentence, empty where all is well."""
        try:
            self.values()
        except ValueRefused as refused:
            return refused.problems
        return {}

    def shown(self) -> dict[str, str]:
        """What the form's fields hold: what was typed, right or wrong, else the default."""
        return {p.name: as_text(self.given.get(p.name, p.default)) for p in self.parameters}


def wanted(slug: str) -> Wanted:
    """What this request is about: the fields `revision` (else the newest) and `p.…`. Raises `NotFound`."""
    session, sha256 = db.session(), request.values.get("revision")
    revision = services.revision(session, sha256) if sha256 else services.newest_revision(session, slug)
    if revision.design.slug != slug:
        raise NotFound(f"This is no revision of “{slug}”.")
    return variant_of(revision, given_values(request.values))


def variant_of(revision: Revision, given: Mapping[str, object]) -> Wanted:
    """`revision` with the values given. Raises `SourceError` where the script cannot be read any more."""
    source = services.source_of(artefacts(), revision)
    return Wanted(revision, source, read_parameters(source.script), given)
