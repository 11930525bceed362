import pytest

from fabrication.errors import KernelCrashed, SourceError


def test_the_front_page_has_every_design_with_its_picture(browser):
    page = browser().get("/")
    for slug in ("knob", "pipe-clamp", "raspberry-pi-case"):
        assert f'href="/designs/{slug}"' in page
        assert f'src="/designs/{slug}/picture.png"' in page


def test_search_says_what_it_found_and_shows_the_words_harmlessly(browser):
    assert "1 design for “potentiometer”" in browser().get("/?q=potentiometer")
    page = browser().get("/?q=<script>alert(1)</script>")
    assert "0 designs" in page
    assert "<script>alert" not in page


def test_a_design_has_a_field_for_each_parameter_with_its_limits(browser):
    page = browser().get("/designs/knob")
    assert 'name="p.diameter" value="24"' in page
    assert 'min="12" max="60"' in page
    assert '<option value="d" selected>D-shaft</option>' in page


def test_values_in_the_address_fill_the_form(browser):
    page = browser().get("/designs/knob?p.diameter=31.5&p.bore=spline&p.pointer=false")
    assert 'name="p.diameter" value="31.5"' in page
    assert '<option value="spline" selected>' in page
    assert "checked" not in page


def test_wrong_values_in_the_address_are_shown_with_the_reason_beside_the_field(browser):
    page = browser().get("/designs/knob?p.diameter=999", status=422)
    assert 'value="999"' in page
    assert "diameter must be between 12 and 60 mm" in page


def test_a_value_cannot_break_out_of_its_field(browser):
    page = browser().get('/designs/knob?p.diameter="><script>alert(1)</script>', status=422)
    assert "<script>alert" not in page


def test_unknown_designs_and_foreign_revisions_are_not_found(browser, app):
    visitor = browser()
    assert "no design “nothing”" in visitor.get("/designs/nothing", status=404)
    visitor.get("/designs/knob?revision=" + "0" * 64, status=404)
    other = visitor.get("/designs/pipe-clamp").split('name="revision" value="')[1][:64]
    assert "no revision of “knob”" in visitor.get(f"/designs/knob?revision={other}", status=404)


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


def test_the_script_can_be_taken_away_as_it_was_written(browser):
    answer = browser().client.get("/designs/knob/source")
    assert "show_object(" in answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="knob.py"'
