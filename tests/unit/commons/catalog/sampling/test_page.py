"""What is known to fail comes with a design's page."""

import html
import json
import re

from commons.catalog.sampling.services import record
from commons.catalog.services import newest_revision
from fabrication.geometry.feasible.samples import Outcome, Sample
from fabrication.geometry.parameters import canonical_values, read_parameters


def try_knob(app, outcome: Outcome, words: str = "", **values) -> None:
    with app.extensions["database"].write() as session:
        revision = newest_revision(session, "knob")
        script = app.extensions["artefacts"].get(revision.script_sha256).decode()
        whole = canonical_values(read_parameters(script), values)
        record(session, revision.source_sha256, Sample(values=whole, outcome=outcome, words=words))


def marks_on(page: str) -> list[dict]:
    found = re.search(r'data-known="([^"]*)"', page)
    return json.loads(html.unescape(found[1])) if found else []


def test_marks_are_data_on_the_page_and_spelt_as_its_fields(app, browser):
    person = browser()
    assert "were tried here" not in person.get("/designs/knob")
    try_knob(app, Outcome.BUILT)
    assert marks_on(person.get("/designs/knob")) == []
    try_knob(app, Outcome.REFUSED, "</script> too deep", depth=30.0)
    try_knob(app, Outcome.REFUSED, "no pointer", pointer=False)
    try_knob(app, Outcome.REFUSED, "no spline", bore="spline")
    page = person.get("/designs/knob")
    found = {mark["parameter"]: mark for mark in marks_on(page)}
    assert (found["depth"]["low"], found["depth"]["high"], found["depth"]["always"]) == (30.0, 30.0, False)
    assert found["depth"]["sentence"].endswith("</script> too deep")
    assert "</script> too deep" not in page
    assert (found["pointer"]["values"], found["bore"]["values"]) == (["false"], ["spline"])
    assert "4 sets of values were tried here" in page
