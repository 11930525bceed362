"""Values that are known to fail are marked on the form before anybody asks for them."""

import pytest
from playwright.sync_api import expect

from commons.catalog.sampling.services import record
from commons.catalog.services import newest_revision, source_of
from commons.db import Database
from fabrication.artefacts import ArtefactStore
from fabrication.geometry.feasible.samples import Outcome, Sample
from fabrication.geometry.parameters import canonical_values, read_parameters

REFUSED = {"gap": (8.5, 10.0), "width": (8.0, 10.0)}


@pytest.fixture(scope="module")
def tried(site):
    """What idle time would have found out about the pipe clamp."""
    database, store = Database(site.config.database_url), ArtefactStore(site.config.artefacts)
    with database.write() as session:
        source = source_of(store, newest_revision(session, "pipe-clamp"))
        parameters = read_parameters(source.script)
        record(session, source.sha256, Sample(values=canonical_values(parameters, {}), outcome=Outcome.BUILT))
        tries = [(name, value) for name, ends in REFUSED.items() for value in ends]
        for name, value in [*tries, ("fastening", "none")]:
            values = canonical_values(parameters, {name: value})
            record(session, source.sha256, Sample(values=values, outcome=Outcome.REFUSED, words=f"no such {name}"))
    database.dispose()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_what_is_known_to_fail_is_marked_before_it_is_tried(person, tried, width, scheme):
    visitor = person(width=width, scheme=scheme)
    page = visitor.page()
    page.goto("/designs/pipe-clamp")
    gap, note = page.get_by_label("Opening that the screw draws together", exact=True), page.locator("#p-gap-known")
    slider = page.get_by_label("Opening that the screw draws together, slider")
    band = page.locator(".parameter", has=gap).locator(".bands span")
    expect(note).to_be_hidden()
    key = page.get_by_text("Known to fail.", exact=True)
    expect(key).to_be_visible()

    # From 8.5 to 10, of 1 to 10: the last sixth of the slider, up to where its thumb ends.
    along, marked = slider.bounding_box(), band.bounding_box()
    assert marked["width"] == pytest.approx((along["width"] - 16) * 1.5 / 9, abs=1)
    assert marked["x"] + marked["width"] == pytest.approx(along["x"] + along["width"] - 8, abs=1)
    behind = page.get_by_label("Behind the ring")
    expect(behind.locator("option[value=none]")).to_have_text("None (known to fail)")

    gap.fill("9")
    expect(note).to_have_text("Known to fail from 8.5 mm on, with the rest as the author has it: no such gap")
    assert note.get_attribute("id") in gap.get_attribute("aria-describedby")
    # What was seen with the author's gap says nothing of the width at this one.
    expect(behind.locator("option[value=none]")).to_have_text("None")
    expect(page.locator("#p-width-known")).to_be_hidden()
    gap.fill("8")
    expect(note).to_be_hidden()
    expect(key).to_be_visible()
    page.get_by_label("Thickness of the ring", exact=True).fill("5")  # nothing was seen with both changed
    expect(key).to_be_hidden()
    page.get_by_role("button", name="Back to the author’s values").click()
    expect(behind.locator("option[value=none]")).to_have_text("None (known to fail)")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert [said for said in visitor.console if "422" not in said] == []
