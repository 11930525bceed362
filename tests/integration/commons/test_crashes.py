"""Crashes of the kernel, real ones, as a person on the site hears of them: with the values that caused them."""

import pytest

from commons import tables
from commons.accounts.services import commons_account
from commons.app import create_app
from commons.catalog.services import add
from commons.catalog.submissions import Submission
from commons.config import Config

MANIFEST = {"name": "Brittle", "license": "MIT", "licensor": "Ada", "function": "It breaks.", "repo": "", "okhv": "2.4"}
VALUES = "width = 20.5, name = 'x'"
NUMBERS = 'width = 20.0  # [5:50] mm\nname = ""  # text(5)\n'
BUILD = NUMBERS + "import sys\nsys.modules['ctypes'].string_at(0)\n"
MEASURE = (
    NUMBERS
    + """
import cadquery as cq

write = cq.Shape.exportBrep

def broken(shape, path):
    write(shape, "own.brep")
    words = open("own.brep").read().split(" ")
    assert words[637] == "6"
    words[637] = "99"  # a body that is not there: the kernel follows the number off its table
    open(path, "w").write(" ".join(words))
    return True

cq.Shape.exportBrep = broken
show_object(cq.Workplane().box(1, 2, 3))
"""
)


@pytest.fixture
def site(forge, tmp_path):
    made = create_app(
        Config(
            commons_home=tmp_path,
            database_url=f"sqlite:///{tmp_path / 'commons.db'}",
            artefacts=tmp_path / "artefacts",
            forge_socket=forge._socket,
            secret_key="for tests",
        )
    )
    database = made.extensions["database"]
    tables.metadata.create_all(database.engine)
    with database.write() as session:
        for slug, script in {"build": BUILD, "measure": MEASURE}.items():
            add(session, made.extensions["artefacts"], Submission(slug, script, MANIFEST, ""), commons_account(session))
    yield made.test_client()
    database.dispose()


def test_a_crash_while_it_is_built_names_the_values_to_a_slider(site):
    page = site.get("/designs/build").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    fields = {"p.width": "20.5", "p.name": "x"}
    answer = site.post("/designs/build/preview", data=fields, headers={"X-CSRFToken": token})
    assert answer.status_code == 422
    assert answer.json["message"] == f"the geometry kernel crashed on {VALUES} (SIGSEGV)"


@pytest.mark.parametrize("what", ["files/stl", "files/png", "inspection", "problems.png"])
def test_a_crash_on_a_finished_body_names_them_too(site, what):
    answer = site.get(f"/designs/measure/{what}?p.width=20.5&p.name=x")
    assert answer.status_code == 422
    assert f"the geometry kernel crashed on {VALUES} (SIGSEGV)" in answer.text.replace("&#39;", "'")


def test_the_catalogue_shows_a_drawing_instead_and_goes_on(site):
    with site.get("/designs/measure/picture.png") as picture:
        assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert site.get("/designs/measure").status_code == 200
