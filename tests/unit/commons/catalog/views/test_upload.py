from dataclasses import dataclass

import pytest

from commons.catalog import trying
from commons.catalog.services import newest_revision
from fabrication.errors import JobKilled, UploadRefused

SCRIPT = b'"""A hook for coats."""\nwidth = 5.0  # [1:9] mm\nshow_object(width)\n'


@dataclass
class Read:
    notes: tuple[str, ...]


@pytest.fixture
def bring(send):
    def ask(file=("hook.py", SCRIPT), title="A hook", licence="MIT", **fields):
        return send("/designs/new", "/designs/new", file=file, title=title, licence=licence, **fields)

    return ask


def test_a_script_becomes_a_design_of_whoever_brings_it(bring, ada, app):
    answer = bring()
    assert (answer.status_code, answer.location) == (303, "/designs/a-hook")
    page = ada.get("/designs/a-hook")
    assert "A hook for coats." in page
    assert 'name="p.width" value="5"' in page
    with app.extensions["database"].read() as session:
        revision = newest_revision(session, "a-hook")
        assert revision.manifest["license"] == "MIT"
        assert revision.manifest["licensor"] == "Ada"


def test_a_title_that_is_taken_gets_an_address_of_its_own(bring):
    bring()
    assert bring(file=("hook.py", SCRIPT + b"# other\n")).location == "/designs/a-hook-2"


def test_what_is_in_the_catalogue_already_is_said_beside_the_file(bring):
    bring()
    again = bring()
    assert again.status_code == 409
    assert "already in the catalogue" in again.text


def test_a_model_is_read_first_and_the_readers_notes_are_shown(bring, ada, geometry):
    read = []
    geometry.read_upload = lambda name, data, **_: read.append((name, data)) or Read(("12 edges are open.",))
    answer = bring(file=("Bracket v2.STL", b"solid"), title="Bracket")
    assert answer.status_code == 303
    assert read == [("model.stl", b"solid")]
    page = ada.get(answer.location)
    assert "12 edges are open." in page
    assert "model.stl" in page


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        ("script", 422, "twice the margin"),
        ("gone", 503, "does not answer"),
        (JobKilled("too much memory"), 422, "memory"),
    ],
)
def test_what_cannot_be_built_is_not_kept_and_the_reason_stands_beside_the_file(
    bring, ada, geometry, failure, status, words
):
    {"script": geometry.script_fails, "gone": geometry.forge_is_gone}.get(
        failure, lambda: setattr(geometry, "failure", failure)
    )()
    answer = bring()
    assert answer.status_code == status
    assert words in answer.text.split('id="file-errors"')[1][:300]
    assert 'value="A hook"' in answer.text
    ada.get("/designs/a-hook", status=404)


def test_a_model_that_cannot_be_read_is_refused_in_the_readers_words(bring, geometry):
    def refuse(name, data, **_):
        raise UploadRefused("it holds no <triangle>")

    geometry.read_upload = refuse
    answer = bring(file=("x.stl", b"solid"))
    assert answer.status_code == 422
    assert "it holds no &lt;triangle&gt;" in answer.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "Give it a title"), ({"file": ("notes.doc", b"x")}, "none of the files"),
        ({"file": ("hook.py", b"")}, "empty"), ({"licence": "other"}, "as SPDX lists it"),
        ({"licence": "other", "other_licence": "<b>"}, "as SPDX lists it"), ({"file": ("x.zip", b"PK")}, "cannot be read"),
        ({"file": ("hook.py", b"width = (")}, "no valid Python, line 1: "), ({"licence": "nonsense"}, "Not a valid choice"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_beside_its_field(bring, fields, words):
    answer = bring(**fields)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_licence_of_ones_own_choice_is_taken(bring, app):
    bring(licence="other", other_licence="LGPL-3.0-or-later")
    with app.extensions["database"].read() as session:
        assert newest_revision(session, "a-hook").design.licence == "LGPL-3.0-or-later"


def test_a_large_file_is_taken_here_and_nowhere_else(bring, ada):
    assert bring(file=("big.py", b"#" * 9_000_000)).status_code == 422  # read, and said to be too much for a script
    assert bring(file=("big.zip", bytes(33 * 1024**2))).status_code == 413


def test_only_so_many_are_tried_at_once(bring, monkeypatch):
    import threading

    monkeypatch.setattr(trying, "_trials", threading.BoundedSemaphore(1))
    with trying._trials:
        answer = bring()
    assert answer.status_code == 503
    assert "send it again" in answer.text
    assert bring().status_code == 303


def test_strangers_sign_in_first(browser):
    answer = browser().client.get("/designs/new")
    assert answer.status_code == 303
    assert "sign-in" in answer.location
