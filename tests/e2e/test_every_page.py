"""Every page at both ends of the range of windows, in both colour schemes: no console error, nothing cut off."""

import pytest
from playwright.sync_api import expect

PATHS = (
    "/", "/?q=knob", "/?q=nothing+like+it", "/designs/knob", "/designs/pipe-clamp", "/designs/raspberry-pi-case",
    "/designs/knob/remixes/new", "/designs/knob/code", "/designs/knob/inspection", "/designs/new", "/sign-in",
    "/sign-up", "/board", "/orders", "/workshops", "/workshops/new", "/pair", "/health", "/people/commons",
    "/people/shed-owner",
)  # fmt: skip
SCHEMES = ("dark", "light")
FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, canvas, [tabindex='0']"


NAMELESS = """selector => [...document.querySelectorAll(selector)]
    .filter(e => e.checkVisibility())
    .filter(e => !(e.labels?.length || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")
                   || e.textContent.trim() || e.title))
    .map(e => e.outerHTML)"""
UNREACHABLE = """selector => [...document.querySelectorAll(selector)]
    .filter(e => e.tabIndex < 0 && !e.disabled).map(e => e.outerHTML)"""


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1440, 900)])
def test_no_page_has_an_error_is_wider_than_its_window_or_hides_what_can_be_used(person, width, height):
    visitor = person(width, height).signed_in("shed-owner")
    page = visitor.page()
    wide, nameless, unreachable = [], [], []
    for number, path in enumerate(PATHS):
        page.emulate_media(color_scheme=SCHEMES[number % 2])  # each path is loaded in one, then shown in the other too
        answer = page.goto(path)
        assert answer.status == 200, path
        if page.locator("[data-status]").count():
            expect(page.locator("[data-status]")).to_contain_text(" mm")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((path, scheme))
        nameless += [(path, html) for html in page.evaluate(NAMELESS, FOCUSABLE)]
        unreachable += [(path, html) for html in page.evaluate(UNREACHABLE, FOCUSABLE)]
    assert (wide, nameless, unreachable) == ([], [], [])
    assert visitor.console == []


def test_the_first_stop_of_the_keyboard_leads_past_the_header(person):
    page = person().page()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(person, scheme):
    """WCAG 2.2, 1.4.3: at least 4.5 to 1 for the pairs the design uses."""
    page = person(scheme=scheme).page()
    page.goto("/")
    pairs = [
        ("--ink", "--paper"), ("--ink", "--surface"), ("--ink", "--sunken"), ("--ink-soft", "--paper"),
        ("--ink-soft", "--surface"), ("--ink-soft", "--sunken"), ("--accent", "--paper"), ("--accent", "--surface"),
        ("--accent", "--tint"), ("--on-accent", "--accent"), ("--on-accent", "--accent-hover"),
        ("--good", "--good-tint"), ("--warn", "--warn-tint"), ("--bad", "--bad-tint"), ("--bad", "--paper"),
        ("--ink", "--good-tint"), ("--ink", "--warn-tint"), ("--ink", "--bad-tint"),
    ]  # fmt: skip
    names = sorted({name for pair in pairs for name in pair})
    colours = page.evaluate(
        "names => names.map(name => getComputedStyle(document.documentElement).getPropertyValue(name).trim())", names
    )
    luminance = {name: _luminance(colour) for name, colour in zip(names, colours, strict=True)}
    weak = {}
    for text, behind in pairs:
        light, dark = sorted((luminance[text], luminance[behind]), reverse=True)
        ratio = (light + 0.05) / (dark + 0.05)
        if ratio < 4.5:
            weak[text, behind] = round(ratio, 2)
    assert weak == {}


def _luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
