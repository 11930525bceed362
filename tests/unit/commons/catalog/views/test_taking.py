import datetime

import pytest

from fabrication.errors import KernelCrashed, SourceError, Superseded


@pytest.fixture
def preview(browser):
    """Asks for a preview as the page's script does."""
    visitor = browser()
    token = visitor.get("/designs/knob").split('name="csrf-token" content="')[1].split('"')[0]

    def ask(**values):
        fields = {f"p.{name}": value for name, value in values.items()}
        return visitor.client.post("/designs/knob/preview", data=fields, headers={"X-CSRFToken": token})

    return ask


def test_a_preview_is_a_model_of_all_values_the_given_and_the_defaults(preview, geometry):
    answer = preview(diameter="30")
    assert answer.status_code == 200
    assert answer.mimetype == "model/gltf-binary"
    assert geometry.asked[-1]["diameter"] == 30.0
    assert geometry.asked[-1]["height"] == 16.0


def test_a_preview_of_wrong_values_names_each_and_builds_nothing(preview, geometry):
    answer = preview(diameter="999", height="x")
    assert answer.status_code == 400
    assert set(answer.json["problems"]) == {"diameter", "height"}
    assert geometry.asked == []


def test_a_script_that_refuses_is_heard_in_its_authors_words_with_its_line(preview, geometry):
    geometry.script_fails()
    answer = preview()
    assert answer.status_code == 422
    assert answer.json == {"message": "width must be at least twice the margin", "line": 14, "problems": {}}


@pytest.mark.parametrize("failure", [KernelCrashed("the kernel died"), SourceError("no parameters", 3)])
def test_other_failures_of_the_source_are_422_with_words(preview, geometry, failure):
    geometry.failure = failure
    answer = preview()
    assert answer.status_code == 422
    assert answer.json["message"] == str(failure)


def test_without_a_forge_a_preview_is_503_and_says_so(preview, geometry):
    geometry.forge_is_gone()
    answer = preview()
    assert answer.status_code == 503
    assert "does not answer at the moment" in answer.json["message"]


def test_a_preview_needs_the_csrf_token(browser):
    assert browser().client.post("/designs/knob/preview").status_code == 400


@pytest.mark.parametrize(("fmt", "mimetype"), [("stl", "model/stl"), ("step", "model/step"), ("3mf", "model/3mf")])
def test_files_are_made_of_the_values_in_the_address(browser, geometry, fmt, mimetype):
    answer = browser().client.get(f"/designs/knob/files/{fmt}?p.diameter=30&part=body")
    assert answer.data == f"{fmt} of body".encode()
    assert answer.mimetype == mimetype
    assert answer.headers["Content-Disposition"] == f'attachment; filename="knob-body.{fmt}"'
    assert geometry.asked[-1]["diameter"] == 30.0


def test_a_file_says_whose_it_is_under_which_licence_and_of_which_revision(browser, geometry, monkeypatch):
    said = []
    monkeypatch.setattr(geometry, "export", lambda build, fmt, part, provenance: said.append(provenance) or b"3MF")
    visitor = browser()
    visitor.client.get("/designs/knob/files/3mf")
    (provenance,) = said
    assert provenance.revision in visitor.get("/designs/knob")
    assert len(provenance.revision) == 64
    assert datetime.date.fromisoformat(provenance.created) <= datetime.datetime.now(datetime.UTC).date()
    assert provenance.copyright
    assert provenance.licence == "CC0-1.0"


def test_files_of_unknown_formats_parts_and_values_are_refused(browser):
    visitor = browser()
    assert "there are stl, step, 3mf" in visitor.get("/designs/knob/files/exe", status=404)
    assert "no part “lid”" in visitor.get("/designs/knob/files/stl?part=lid", status=404)
    assert "between 12 and 60" in visitor.get("/designs/knob/files/stl?p.diameter=999", status=422)


def test_a_file_that_cannot_be_made_is_a_page_with_the_reason(browser, geometry):
    geometry.script_fails()
    assert "twice the margin" in browser().get("/designs/knob/files/stl", status=422)
    geometry.forge_is_gone()
    browser().get("/designs/knob/files/stl", status=503)


def test_a_picture_asked_for_again_is_not_sent_again(browser, geometry):
    client = browser().client
    first = client.get("/designs/knob/picture.png")
    assert first.mimetype == "image/png"
    built = len(geometry.asked)
    again = client.get("/designs/knob/picture.png", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert len(geometry.asked) == built
    other = client.get("/designs/knob/picture.png?p.diameter=30")
    assert other.headers["ETag"] != first.headers["ETag"]


def test_where_no_picture_can_be_made_a_drawing_stands_in_and_is_not_kept(browser, geometry):
    geometry.script_fails()
    with browser().client.get("/designs/knob/picture.png") as answer:
        assert answer.mimetype == "image/svg+xml"
        assert answer.cache_control.max_age == 0


def test_a_finer_model_is_asked_for_with_the_same_form(browser, preview, geometry):
    visitor = browser()
    token = visitor.get("/designs/knob").split('name="csrf-token" content="')[1].split('"')[0]
    answer = visitor.client.post(
        "/designs/knob/preview", data={"p.diameter": "30", "fine": "1"}, headers={"X-CSRFToken": token}
    )
    assert answer.data.startswith(b"glTF fine")
    assert geometry.asked[-1]["diameter"] == 30.0


def test_what_only_took_too_long_is_said_to_be_slow(preview, geometry):
    geometry.slow = True
    answer = preview()
    assert answer.status_code == 422
    assert answer.json["slow"] is True


def test_a_superseded_preview_is_a_conflict(preview, geometry):
    geometry.failure = Superseded("something newer was asked for")
    assert preview().status_code == 409


def test_a_picture_is_offered_with_and_without_a_ground(browser):
    client = browser().client
    assert client.get("/designs/knob/files/png").data == b"\x89PNGplain"
    clear = client.get("/designs/knob/files/png?ground=transparent&part=body")
    assert clear.data == b"\x89PNGtransparent"
    assert clear.headers["Content-Disposition"] == 'attachment; filename="knob.png"'


def test_a_picture_that_takes_long_is_a_drawing_in_a_page_and_progress_alone(browser, geometry):
    geometry.slow = True
    client = browser().client
    with client.get("/designs/knob/picture.png", headers={"Accept": "image/avif,image/png,*/*;q=0.8"}) as drawn:
        assert (drawn.status_code, drawn.mimetype) == (200, "image/svg+xml")
        assert "being built" in drawn.text
    page = client.get("/designs/knob/picture.png", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.status_code == 202
    assert "data-build=" in page.text
