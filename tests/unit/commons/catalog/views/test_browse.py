import json

import pytest
from jsonschema import Draft202012Validator

from commons.catalog.services import add, newest_revision
from commons.catalog.submissions import Submission


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


@pytest.mark.parametrize("path", ["/designs/knob", "/designs/knob/remixes/new", "/designs/knob/files/step"])
def test_an_address_says_each_value_once(browser, path):
    """A browser without our scripts sends a box after its hidden "false"."""
    twice = browser().client.get(f"{path}?p.pointer=false&p.pointer=true&p.diameter=22&q=a&q=b%26c")
    assert twice.status_code == 302
    assert twice.headers["Location"] == "?p.pointer=true&p.diameter=22&q=a&q=b%26c"


def test_an_address_of_a_path_that_looks_like_another_site_leads_to_none(browser):
    assert browser().client.get("//evil.example/?p.a=1&p.a=2").headers.get("Location") == "?p.a=2"


def test_wrong_values_in_the_address_are_shown_with_the_reason_beside_the_field(browser):
    page = browser().get("/designs/knob?p.diameter=999", status=422)
    assert 'value="999"' in page
    assert "Outer diameter (diameter) must be between 12 and 60 mm" in page


def test_a_value_cannot_break_out_of_its_field(browser):
    page = browser().get('/designs/knob?p.diameter="><script>alert(1)</script>', status=422)
    assert "<script>alert" not in page


def test_unknown_designs_and_foreign_revisions_are_not_found(browser, app):
    visitor = browser()
    assert "no design “nothing”" in visitor.get("/designs/nothing", status=404)
    visitor.get("/designs/knob?revision=" + "0" * 64, status=404)
    other = visitor.get("/designs/pipe-clamp").split('name="revision" value="')[1][:64]
    assert "no revision of “knob”" in visitor.get(f"/designs/knob?revision={other}", status=404)


def test_the_script_can_be_taken_away_as_it_was_written(browser):
    answer = browser().client.get("/designs/knob/source")
    assert "show_object(" in answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="knob.py"'


def test_each_revision_has_the_schema_of_its_values_linked_from_its_page(browser, app):
    with app.extensions["database"].write() as session:
        store, old = app.extensions["artefacts"], newest_revision(session, "knob")
        changed = Submission("knob", "size = 5  # [1:9] mm\n", old.manifest, "")
        new = add(session, store, changed, old.design.owner).revision
        sizes = {old.id: ("diameter", 12, 60), new.id: ("size", 1, 9)}
    for revision, (name, low, high) in sizes.items():
        address = f"/designs/knob/schema.json?revision={revision}"
        assert browser().get(f"/designs/knob?revision={revision}").count(f'href="{address}"') == 2
        answer = browser().client.get(address)
        assert answer.mimetype == "application/schema+json"
        schema = json.loads(answer.text)
        Draft202012Validator.check_schema(schema)
        assert schema["title"] == "Knob"
        assert (schema["properties"][name]["minimum"], schema["properties"][name]["maximum"]) == (low, high)
        again = browser().client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert "size" in json.loads(browser().get("/designs/knob/schema.json"))["properties"]
    browser().get("/designs/nothing/schema.json", status=404)
