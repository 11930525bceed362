"""Every page at both ends of the range of windows, in both colour schemes: no console error, nothing cut off."""

import pytest
from playwright.sync_api import expect

PATHS = (
    "/", "/?q=knob", "/?q=nothing+like+it", "/designs/knob", "/designs/pipe-clamp", "/designs/raspberry-pi-case",
    "/designs/knob/remixes/new", "/designs/knob/code", "/designs/knob/inspection", "/designs/new", "/sign-in",
    "/sign-up", "/board", "/orders", "/workshops", "/workshops/new", "/pair", "/health", "/people/commons",
    "/people/shed-owner",
)  # fmt: skip
FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, canvas, [tabindex='0']"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(360, 740), (1440, 900)])
def test_no_page_has_a_console_error_or_is_wider_than_its_window(person, width, height, scheme):
    visitor = person(width, height, scheme).signed_in("shed-owner")
    page = visitor.page()
    wide = []
    for path in PATHS:
        answer = page.goto(path)
        assert answer.status == 200, path
        if page.locator("[data-status]").count():
            expect(page.locator("[data-status]")).to_contain_text(" mm")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
    assert wide == []
    assert visitor.console == []


def test_everything_that_can_be_used_has_a_name_and_can_be_reached(person):
    page = person().signed_in("shed-owner").page()
    for path in PATHS:
        page.goto(path)
        nameless = page.evaluate(
            """selector => [...document.querySelectorAll(selector)]
                .filter(e => e.checkVisibility())
                .filter(e => !(e.labels?.length || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")
                               || e.textContent.trim() || e.title))
                .map(e => e.outerHTML)""",
            FOCUSABLE,
        )
        assert nameless == [], path
        unreachable = page.evaluate(
            "selector => [...document.querySelectorAll(selector)].filter(e => e.tabIndex < 0 && !e.disabled).length",
            FOCUSABLE,
        )
        assert unreachable == 0, path


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
