import pytest

from commons.catalog.services import add, newest_revision
from commons.catalog.submissions import Submission
from commons.catalog.submissions.model import script_of_model
from fabrication.errors import ScriptFailed

SCRIPT = "width = 5.0  # [1:9] mm\nshow_object(width)\n"


@pytest.fixture
def remix(send):
    def ask(path="/designs/knob/code?p.diameter=30", title="My knob", **fields):
        return send(path, path.split("?")[0], title=title, **fields)

    return ask


def revision_of(app, slug):
    with app.extensions["database"].read() as session:
        revision = newest_revision(session, slug)
        return revision, [parent.id for parent in revision.design.parents]


def test_the_form_holds_the_parents_script_and_shows_its_licence(ada):
    page = ada.get("/designs/knob/code")
    assert "shaft_diameter = 6.0" in page
    assert "CC0-1.0, kept" in page
    assert 'name="licence"' not in page


def test_a_remix_is_a_design_that_names_its_parent_which_lists_it(remix, ada, app):
    answer = remix(script=SCRIPT)
    assert (answer.status_code, answer.location) == (303, "/designs/my-knob")
    parent, _ = revision_of(app, "knob")
    made, parents = revision_of(app, "my-knob")
    assert parents == [parent.id]
    assert made.design.licence == "CC0-1.0"
    assert f'Made from <a href="/designs/knob?revision={parent.id}">Knob</a>' in ada.get("/designs/my-knob")
    assert 'href="/designs/my-knob"' in ada.get("/designs/knob")


def test_a_remix_may_begin_with_the_parents_shape_at_the_values_chosen(remix, ada, app, geometry):
    path = "/designs/knob/code?p.diameter=30&start=shape"
    page = ada.get(path)
    assert "import_step(&#34;parent.step&#34;)" in page
    assert geometry.asked[-1]["diameter"] == 30.0
    answer = remix(path, script=SCRIPT)
    assert answer.status_code == 303
    made, _ = revision_of(app, "my-knob")
    store = app.extensions["artefacts"]
    assert {name: store.get(sha) for name, sha in made.files.items()} == {"parent.step": b"step of everything"}


def test_a_model_as_it_was_uploaded_is_read_by_its_remix(remix, ada, app):
    with app.extensions["database"].write() as session:
        old = newest_revision(session, "knob")
        model = Submission(
            "bracket", script_of_model("model.stl", "Bracket"), old.manifest, "", {"model.stl": b"solid"}
        )
        add(session, app.extensions["artefacts"], model, old.design.owner)
    assert "import_mesh(&#34;model.stl&#34;)" in ada.get("/designs/bracket/code")
    assert remix("/designs/bracket/code", script=SCRIPT).status_code == 303
    assert list(revision_of(app, "my-knob")[0].files) == ["model.stl"]


def test_the_authors_error_stands_beside_the_script_with_its_line_and_nothing_is_kept(remix, ada, geometry):
    geometry.failure = ScriptFailed("not <this> way", 2)
    answer = remix(script=SCRIPT)
    assert answer.status_code == 422
    assert "line 2: not &lt;this&gt; way" in answer.text.split('id="script-errors"')[1][:200]
    assert 'data-line="2"' in answer.text
    assert "width = 5.0" in answer.text
    ada.get("/designs/my-knob", status=404)


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"title": ""}, "Give it a title"), ({"script": ""}, "Write a script"), ({"script": "width = ("}, "line 1")],
)
def test_bad_input_is_one_sentence(remix, fields, words):
    answer = remix(**({"script": SCRIPT} | fields))
    assert answer.status_code == 422
    assert words in answer.text


def test_a_script_cannot_break_out_of_its_field(remix, geometry):
    geometry.script_fails()
    answer = remix(script="</textarea><script>alert(1)</script>")
    assert "<script>alert" not in answer.text


def test_strangers_sign_in_first_and_wrong_values_are_refused(browser, ada):
    assert browser().client.get("/designs/knob/code").status_code == 303
    assert "between 12 and 60" in ada.get("/designs/knob/code?p.diameter=999", status=422)
