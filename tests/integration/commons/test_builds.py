"""Builds as long work: wanted twice it is one, tried again after a failure, told in words."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from commons.catalog.models import Revision
from commons.db import utcnow
from commons.errors import NotFound
from commons.work import builds
from commons.work.models import Work, WorkState
from commons.work.queue import take
from commons.work.worker import Worker
from fabrication.artefacts import ArtefactStore
from fabrication.errors import ForgeUnavailable, ScriptFailed
from fabrication.recipes import Source

SCRIPT = "width = 10.0\nholes = (3, 4)\n"
VALUES = {"width": 12.0, "holes": (3, 4)}


class PlainGeometry:
    def __init__(self):
        self.made, self.failure = [], None

    def build(self, source, values):
        if self.failure:
            raise self.failure
        self.made.append((source, dict(values)))
        return "built"

    def picture(self, build):
        self.made.append(build)
        return b"PNG"


@pytest.fixture
def store(tmp_path):
    return ArtefactStore(tmp_path / "store")


@pytest.fixture
def revision(world, store):
    with world.database.write() as session:
        found = session.get_one(Revision, "cd" * 32)
        found.script_sha256 = store.put(SCRIPT.encode())
    return found


def want(database, revision, values=VALUES):
    with database.write() as session:
        return builds.want(session, session.merge(revision), Source(SCRIPT), values)


def status(database, key):
    with database.read() as session:
        return builds.status(session, key)


def test_wanted_twice_it_is_built_once_with_its_picture(database, revision, store):
    geometry = PlainGeometry()
    worker = Worker(database, {"build": builds.Builder(database, geometry, store).build})
    key, other = want(database, revision), want(database, revision, VALUES | {"width": 14.0})
    assert want(database, revision) == key
    assert status(database, key).words == "About to begin."
    assert status(database, other).words == "Waiting; 1 build comes first."
    with database.write() as session:
        assert take(session, utcnow(), {"build"}).key == key
    assert status(database, key).words.startswith("Building, for 0 s")
    with database.write() as session:
        session.get_one(Work, key).state = WorkState.WANTED
    while worker.run_once():
        pass
    assert status(database, key).words == "Built."
    assert geometry.made[0] == (Source(SCRIPT), {"width": 12.0, "holes": [3, 4]})
    assert geometry.made[1] == "built"
    assert len(geometry.made) == 4


def test_those_who_want_the_same_at_once_have_one_build(database, revision):
    together = Barrier(4)

    def ask(width):
        together.wait(20)
        return want(database, revision, VALUES | {"width": width})

    with ThreadPoolExecutor(4) as pool:
        for width in range(10):
            assert len(set(pool.map(ask, [float(width)] * 4))) == 1


def test_a_failure_is_told_in_the_authors_words_and_tried_again_when_wanted_again(database, revision, store):
    geometry = PlainGeometry()
    geometry.failure = ScriptFailed("too thin", 3)
    worker = Worker(database, {"build": builds.Builder(database, geometry, store).build})
    key = want(database, revision)
    worker.run_once()
    assert status(database, key).words == "line 3: too thin"
    geometry.failure = None
    assert want(database, revision) == key
    worker.run_once()
    assert status(database, key).state is WorkState.MADE


def test_a_forge_that_is_away_is_told_without_its_address(database, revision, store):
    geometry = PlainGeometry()
    geometry.failure = ForgeUnavailable("the forge at /home/ada/forge.sock does not answer")
    key = want(database, revision)
    Worker(database, {"build": builds.Builder(database, geometry, store).build}).run_once()
    assert status(database, key).words.startswith("What builds models here does not answer at the moment.")


def test_what_nobody_wanted_is_not_found(database):
    with pytest.raises(NotFound):
        status(database, "0" * 64)
