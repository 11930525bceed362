"""Designs on a database of their own."""

import pytest

from commons import tables
from commons.accounts.services import commons_account
from commons.catalog.services import add
from commons.catalog.submissions.model import Submission
from commons.db import Database
from fabrication.artefacts import ArtefactStore


@pytest.fixture
def store(tmp_path):
    return ArtefactStore(tmp_path / "artefacts")


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'commons.db'}")
    tables.metadata.create_all(made.engine)
    yield made
    made.dispose()


@pytest.fixture
def add_design(database, store):
    """Puts a script into the catalogue, and gives its source's name."""

    def added(slug: str, script: str) -> str:
        manifest = {"name": slug, "function": "", "license": "CC0-1.0"}
        with database.write() as session:
            submission = Submission(slug=slug, script=script, manifest=manifest, readme="")
            return add(session, store, submission, commons_account(session)).revision.source_sha256

    return added
