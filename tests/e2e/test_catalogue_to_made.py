"""A newcomer's way through the site: find, change, save, order, and watch it being made."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

SIZE = "[data-status]"


def shows_a_size(page: Page, text: str) -> None:
    expect(page.locator(SIZE)).to_have_text(re.compile(text))


def test_from_the_catalogue_to_a_saved_remix_to_made(person, site):
    ada = person().signed_up("ada")
    page = ada.page()
    page.goto("/")
    page.get_by_role("link", name="Knob").click()
    shows_a_size(page, r"^24\.0 × 24\.0 × 16\.0 mm$")

    page.get_by_label("Outer diameter", exact=True).fill("22")
    page.get_by_label("Height, slider").fill("12")
    shows_a_size(page, r"^22\.0 × 22\.0 × 12\.0 mm$")
    expect(page.get_by_label("Height", exact=True)).to_have_value("12")
    assert "p.diameter=22" in page.url

    page.get_by_role("button", name="Save as my remix").click()
    page.get_by_label("Title").fill("A smaller knob")
    assert "p.pointer=true" in page.url
    assert "p.pointer=false" not in page.url
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="A smaller knob", level=1)).to_be_visible()
    shows_a_size(page, r"^22\.0 × 22\.0 × 12\.0 mm$")
    remix = page.url

    page.get_by_role("link", name="Have it made").click()
    page.get_by_label("Draft").check()
    page.get_by_role("button", name="Put it on the board").click()
    expect(page.get_by_text("waiting for a workshop to pick it up")).to_be_visible()

    owner = person().signed_in("shed-owner").page()
    owner.goto("/board")
    owner.get_by_role("button", name="Claim it").click()
    expect(owner.get_by_role("heading", name="Demo workshop", level=1)).to_be_visible()

    # The maker's page has not been reloaded since the order: everything below arrives by itself.
    expect(page.locator(".job .chip")).to_have_text("made", timeout=240_000)
    page.get_by_role("button", name="It is good").click()
    expect(page.locator(".job .chip")).to_have_text("accepted")

    phone = person(360, 740, locale="en-US", timezone_id="America/New_York").signed_in("shed-owner").page()
    phone.goto(owner.url)
    row = phone.get_by_role("table", name="Attempts").get_by_role("row").filter(has_text="A smaller knob")
    expect(row.get_by_role("cell")).to_have_count(4)  # it has no note
    assert row.evaluate("row => [row, ...row.children].every(e => e.getBoundingClientRect().right <= innerWidth)")
    at = row.locator("time")
    there = datetime.fromisoformat(at.get_attribute("datetime")).astimezone(ZoneInfo("America/New_York"))
    expect(at).to_have_text(f"{there:%-d %b %Y, %H:%M}")

    for place in ("/designs/knob", "/people/ada"):
        page.goto(place)
        expect(page.locator(f'a[href="{remix.removeprefix(site.url)}"]')).to_be_visible()
    assert ada.console == []


def test_the_authors_words_stand_beside_the_form_and_the_last_good_model_stays(person):
    page = person().page()
    page.goto("/designs/knob")
    shows_a_size(page, "16.0 mm$")
    page.get_by_label("How far the shaft goes in", exact=True).fill("30")
    trouble = page.locator("[data-trouble]")
    expect(trouble).to_be_visible()
    expect(trouble).to_contain_text("line ")
    shows_a_size(page, "16.0 mm$")
    page.get_by_label("How far the shaft goes in", exact=True).fill("8")
    expect(trouble).to_be_hidden()

    page.get_by_label("Outer diameter", exact=True).fill("999")
    expect(page.locator("#p-diameter-problem")).to_have_text(
        "Outer diameter (diameter) must be between 12 and 60 mm, not '999'"
    )
    page.get_by_role("button", name="Back to the author’s values").click()
    expect(page.locator("#p-diameter-problem")).to_be_hidden()
    expect(page.get_by_label("Outer diameter", exact=True)).to_have_value("24")


@pytest.mark.parametrize("fmt", ["STL", "STEP", "3MF"])
def test_files_are_of_the_values_on_the_page(person, fmt, tmp_path):
    page = person(accept_downloads=True).page()
    page.goto("/designs/raspberry-pi-case")
    shows_a_size(page, "mm$")
    page.get_by_label("Which part").select_option("lid")
    with page.expect_download() as download:
        page.get_by_role("button", name=fmt, exact=True).click()
    assert download.value.suggested_filename == f"raspberry-pi-case-lid.{fmt.lower()}"
    kept = tmp_path / "file"
    download.value.save_as(kept)
    head = kept.read_bytes()[:200]
    assert {"STL": len(kept.read_bytes()) > 1000, "STEP": b"ISO-10303-21" in head, "3MF": head[:2] == b"PK"}[fmt]


def test_the_model_is_turned_by_keyboard_alone(person):
    page = person().page()
    page.goto("/designs/knob")
    shows_a_size(page, "mm$")
    canvas = page.locator(".stage canvas")
    for _ in range(60):
        page.keyboard.press("Tab")
        if canvas.evaluate("element => element === document.activeElement"):
            break
    expect(canvas).to_be_focused()
    before = canvas.screenshot()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    expect(canvas).to_be_focused()
    assert canvas.screenshot() != before


def test_the_basics_work_without_javascript(person):
    page = person(java_script_enabled=False).page()
    page.goto("/designs/knob")
    page.get_by_label("Outer diameter", exact=True).fill("30")
    page.get_by_role("button", name="Show these values").click()
    assert "p.diameter=30" in page.url
    expect(page.get_by_label("Outer diameter", exact=True)).to_have_value("30")
    picture = page.get_by_alt_text("The model with these values")
    expect(picture).to_be_visible()
    expect(page.locator("[data-for]").first).to_be_hidden()
