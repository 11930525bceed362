"""New designs as long work: a worker that dies loses nothing and doubles nothing; what fails leaves nothing behind."""

import dataclasses
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import msgspec
import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage

from commons.accounts.models import Account
from commons.app import create_app
from commons.catalog import trying
from commons.catalog.models import Design, Revision
from commons.catalog.services import add_as_new
from commons.catalog.submissions import submission_of_upload
from commons.catalog.submissions.kept import Kept, keep
from commons.config import Config
from commons.db import utcnow
from commons.errors import NotFound
from commons.stack.visitor import Page
from commons.work import savings
from commons.work.models import Work, WorkState
from commons.work.queue import TURN_S, settle, take
from commons.work.savings import Saver
from commons.work.worker import Worker
from fabrication.artefacts import ArtefactStore
from fabrication.errors import ForgeUnavailable, ScriptFailed
from fabrication.recipes import Source

HOOK = submission_of_upload("hook.py", b"width = 1.0\n", title="Coat hook", licence="CC0-1.0", licensor="Maker")
SLEEPS = '''"""A block that takes its time."""
import time
import cadquery as cq

width = 10.0  # [5:20] mm
time.sleep({seconds})
{then}
show_object(cq.Workplane().box(width, 20, 5), name="block")
'''


class PlainGeometry:
    """Builds anything; `meanwhile` happens while it does."""

    def __init__(self):
        self.built, self.failure, self.meanwhile = [], None, lambda: None

    def build(self, source, values, *, limits=None):
        self.built.append((source, values, limits))
        self.meanwhile()
        if self.failure:
            raise self.failure


@pytest.fixture
def plain():
    return PlainGeometry()


@pytest.fixture
def store(tmp_path):
    return ArtefactStore(tmp_path / "store")


@pytest.fixture
def saver(world, plain, store):
    return Saver(world.database, plain, store)


@pytest.fixture
def worker(world, saver):
    return Worker(world.database, {"save": saver.save})


def want(world, store, submission=HOOK, owner_id=None):
    subject = keep(store, Kept(submission, "/designs/new"))
    with world.database.write() as session:
        return savings.want(session, subject, session.get_one(Account, owner_id or world.maker_id))


def status(world, key, owner_id=None):
    with world.database.read() as session:
        return savings.status(session, key, session.get_one(Account, owner_id or world.maker_id))


def designs(database):
    """Slugs of all but the world's own, with their owners."""
    with database.read() as session:
        query = sa.select(Design.slug, Design.owner_id).where(Design.slug != "knob").order_by(Design.slug)
        return [tuple(row) for row in session.execute(query)]


def a_turn(world, later_s=0.0):
    with world.database.write() as session:
        return take(session, utcnow() + timedelta(seconds=later_s), {"save"})


def test_wanted_twice_it_is_built_once_and_becomes_a_design_of_its_owners(world, store, plain, worker):
    key = want(world, store)
    assert want(world, store) == key
    assert designs(world.database) == []
    assert status(world, key).words == "About to begin."
    while worker.run_once():
        pass
    assert status(world, key).state is WorkState.MADE
    assert plain.built == [(Source("width = 1.0\n"), {}, None)]
    assert designs(world.database) == [("coat-hook", world.maker_id)]


def test_it_waits_in_one_line_with_builds(world, store):
    first, second = want(world, store), want(world, store, dataclasses.replace(HOOK, readme="another"))
    assert status(world, first).ahead == 0
    assert status(world, second).words == "Waiting; 1 build comes first."


def test_those_who_send_the_same_at_once_have_one_piece_of_work(world, store):
    together = Barrier(4)

    def ask(readme):
        together.wait(20)
        return want(world, store, dataclasses.replace(HOOK, readme=readme))

    with ThreadPoolExecutor(4) as pool:
        for turn in range(5):
            assert len(set(pool.map(ask, [f"{turn}"] * 4))) == 1


def test_what_fails_is_in_no_catalogue_and_is_taken_up_anew_when_sent_again(world, store, plain, worker):
    plain.failure = ScriptFailed("too thin", 3)
    key = want(world, store)
    worker.run_once()
    assert (status(world, key).state, status(world, key).words) == (WorkState.FAILED, "line 3: too thin")
    assert designs(world.database) == []
    plain.failure = None
    assert want(world, store) == key
    worker.run_once()
    assert status(world, key).state is WorkState.MADE
    assert designs(world.database) == [("coat-hook", world.maker_id)]


def test_a_worker_that_dies_before_it_adds_is_followed_by_another(world, store, worker):
    key = want(world, store)
    assert a_turn(world).attempt == 1  # taken, and never heard of again
    assert not worker.run_once(), "its turn is not over"
    with world.database.write() as session:
        session.get_one(Work, key).expires = utcnow()
    assert worker.run_once()
    assert status(world, key).state is WorkState.MADE
    assert designs(world.database) == [("coat-hook", world.maker_id)]


def test_a_worker_that_dies_after_it_added_has_ended_its_work_in_the_same_moment(world, store, saver, worker):
    key = want(world, store)
    saver.save(a_turn(world))  # and dies before it says that it is done
    assert status(world, key).state is WorkState.MADE
    assert a_turn(world, TURN_S + 1) is None
    assert designs(world.database) == [("coat-hook", world.maker_id)]


def test_whoever_lost_the_turn_adds_nothing(world, store, saver, plain):
    """Or what was said to have failed would be in the catalogue a moment later."""
    key = want(world, store)
    slow = a_turn(world)

    def another_takes_it_and_fails():
        plain.meanwhile = lambda: None
        newer = a_turn(world, TURN_S + 1)
        with world.database.write() as session:
            assert settle(session, newer, WorkState.FAILED, "no forge")

    plain.meanwhile = another_takes_it_and_fails
    saver.save(slow)
    assert designs(world.database) == []
    assert status(world, key).words == "no forge"


def test_what_its_owner_added_meanwhile_is_theirs_and_is_one_design(world, store, plain, worker):
    key = want(world, store)
    plain.meanwhile = lambda: add(world, store, world.maker_id)
    worker.run_once()
    assert status(world, key).state is WorkState.MADE
    assert designs(world.database) == [("coat-hook", world.maker_id)]


def test_what_somebody_else_added_meanwhile_is_said_and_stays_theirs(world, store, plain, worker):
    key = want(world, store)
    plain.meanwhile = lambda: add(world, store, world.owner_id)
    worker.run_once()
    assert status(world, key).state is WorkState.FAILED
    assert status(world, key).words == "exactly this is already in the catalogue, as “Coat hook”"
    assert designs(world.database) == [("coat-hook", world.owner_id)]


def test_a_forge_that_is_away_is_told_without_its_address(world, store, plain, worker):
    plain.failure = ForgeUnavailable("the forge at /home/ada/forge.sock does not answer")
    key = want(world, store)
    worker.run_once()
    assert status(world, key).words.startswith("What builds models here does not answer at the moment.")


def test_it_is_known_to_its_owner_alone(world, store):
    key = want(world, store)
    with pytest.raises(NotFound):
        status(world, key, world.owner_id)
    assert want(world, store, owner_id=world.owner_id) != key


def add(world, store, owner_id):
    with world.database.write() as session:
        add_as_new(session, store, HOOK, session.get_one(Account, owner_id))


@pytest.fixture
def ada(forge, database, tmp_path, monkeypatch):
    """A site with the real forge and a person signed in to it; a new design is waited for during a second."""
    monkeypatch.setattr(trying, "LIMITS", msgspec.structs.replace(trying.LIMITS, wall_s=1.0))
    app = create_app(
        Config(
            commons_home=tmp_path,
            database_url=database.engine.url.render_as_string(hide_password=False),
            artefacts=tmp_path / "artefacts",
            forge_socket=forge._socket,
            secret_key="for tests",
        )
    )
    client = app.test_client()
    submit(client, "/sign-up", handle="ada", name="Ada", password="correct horse battery")
    yield client
    app.extensions["database"].dispose()


def submit(client, path, **fields):
    page = client.get(path).text
    return client.post(path, data=Page(f"http://localhost{path}", page).form(path).fields | fields)


def bring(client, script):
    file = FileStorage(io.BytesIO(script.encode()), "block.py")
    return submit(client, "/designs/new", file=file, title="A slow block", licence="MIT")


def work(client):
    extensions = client.application.extensions
    saver = Saver(*(extensions[name] for name in ("database", "geometry", "artefacts")))
    assert Worker(extensions["database"], {"save": saver.save}).run_once()


def test_a_script_that_sleeps_is_added_once_it_is_built(ada, database):
    answer = bring(ada, SLEEPS.format(seconds=2, then=""))
    assert (answer.status_code, answer.location[:9]) == (303, "/savings/")
    assert ada.get(answer.location).status_code == 202
    assert designs(database) == []
    work(ada)
    made = ada.get(answer.location)
    assert (made.status_code, made.location) == (303, "/designs/a-slow-block")
    assert "It is in the catalogue." in ada.get(made.location).text
    with database.read() as session:
        assert len(session.scalars(sa.select(Revision)).all()) == 1


def test_a_script_that_sleeps_and_fails_is_told_in_its_authors_words_and_not_added(ada, database):
    answer = bring(ada, SLEEPS.format(seconds=2, then="raise ValueError('never so <wide>')"))
    work(ada)
    failed = ada.get(answer.location)
    assert failed.status_code == 422
    assert "line 7: never so &lt;wide&gt;" in failed.text
    assert designs(database) == []
