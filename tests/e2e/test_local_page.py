"""The bridge's own page, in a real browser: a person arms, clears and stops; a job of the commons and one of a slicer."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from firmware_bridge.machine import Programs
from firmware_bridge.wire import AttemptState
from tests.integration.firmware_bridge.agent.conftest import QUICK, Shed, opened_shed

KEY = "a key of the shed"


@pytest.fixture
def shed() -> Iterator[Shed]:
    """A workshop with a printer whose bed a person clears, and a page that asks for a key."""
    with opened_shed() as shed:
        shed.profile = shed.machine(virtual=False)
        shed.settings(f'listen = "127.0.0.1:0"\nkey = "{KEY}"')
        yield shed


@pytest.fixture
def visit(chromium, shed):
    """Opens the page in a browser of its own, as somebody who has the key."""
    contexts, console = [], []

    def visit(width: int = 1440, height: int = 900, scheme: str = "light", **options) -> Page:
        url = shed.status()["page"]
        context = chromium.new_context(
            base_url=url, viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda said: console.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: console.append(str(error)))
        page.goto("/")
        page.get_by_label("Key of this bridge").fill(KEY)
        page.get_by_role("button", name="Open").click()
        return page

    visit.console = console
    yield visit
    for context in contexts:
        context.close()
    assert console == []


def card(page: Page):
    return page.get_by_role("region", name="Virtual printer")


@pytest.mark.parametrize("javascript", [True, False], ids=["live", "without scripts"])
def test_a_person_clears_arms_and_sees_it_printed(shed, visit, javascript):
    shed.printer(speed=0)
    shed.start()
    page = visit(java_script_enabled=javascript)
    card(page).get_by_role("button", name="The bed is clear").click()
    expect(page.get_by_role("status")).to_have_text("Done: the bed of virtual is clear.")
    lease = shed.offer(shed.profile, shed.program(shed.profile))
    arm = card(page).get_by_role("button", name="Arm it")
    arm.wait_for()
    for shown in ("a knob", "ada", "PLA", "about 1 min", lease.program_sha256, "a1"):
        expect(card(page)).to_contain_text(shown)
    assert shed.numbered() == []
    arm.click()
    expect(page.get_by_role("status")).to_contain_text("Done: armed")
    shed.commons.reached("a1", AttemptState.FINISHED)
    expect(card(page)).to_contain_text("waiting for clear", timeout=30_000)


def test_a_run_is_followed_and_stopped(shed, visit):
    shed.printer(speed=20)
    shed.start()
    page = visit()
    card(page).get_by_role("button", name="The bed is clear").click()
    shed.offer(shed.profile, shed.slow_program(shed.profile))
    card(page).get_by_role("button", name="Arm it").click()
    expect(card(page)).to_contain_text(re.compile(r"line [1-9]\d* of \d+"))
    expect(card(page)).to_contain_text(re.compile(r"\d+ °C"))
    expect(card(page).get_by_role("progressbar")).to_be_visible()
    before = card(page).inner_text()
    expect(card(page)).not_to_have_text(before)  # it goes on by itself
    card(page).get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_have_text("Stopping virtual.")
    shed.commons.reached("a1", AttemptState.FAILED)
    assert "stopped at the workshop" in shed.commons.reports["a1"].reason


def test_all_machines_are_stopped_with_one_button(shed, visit):
    shed.machine("second", name="Second", virtual=False, programs=Programs())
    shed.printer(speed=20)
    shed.printer("second", speed=20)
    shed.start()
    page = visit()
    for name in ("Virtual printer", "Second"):
        page.get_by_role("region", name=name).get_by_role("button", name="The bed is clear").click()
    shed.offer(shed.profile, shed.slow_program(shed.profile))
    card(page).get_by_role("button", name="Arm it").click()
    expect(card(page)).to_contain_text("running")
    page.get_by_role("button", name="Stop all machines").click()
    shed.commons.reached("a1", AttemptState.FAILED)
    expect(page.get_by_role("region", name="Second")).to_contain_text("Nobody has said that the bed is clear")


def test_the_page_says_when_its_bridge_is_gone(shed, visit):
    shed.printer()
    shed.start()
    page = visit()
    expect(page.get_by_role("alert")).to_be_hidden()
    shed.kill()
    expect(page.get_by_role("alert")).to_contain_text("lost its bridge")
    page.close()
    assert {text.split("::")[-1] for text in visit.console} <= {"ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE"}
    visit.console.clear()  # the browser's own words about it


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(360, 740), (1440, 900)])
def test_it_is_legible_at_any_width(shed, visit, width, height, scheme, tmp_path):
    shed.machine("second", name="A printer with quite a long name that was bought used", virtual=False)
    shed.printer()
    shed.start()
    page = visit(width, height, scheme)
    card(page).get_by_role("button", name="The bed is clear").click()
    shed.offer(shed.profile, shed.program(shed.profile, QUICK), title="a knob with a rather-long-title-" * 5)
    card(page).get_by_role("button", name="Arm it").wait_for()
    page.get_by_text("Send a file from a slicer").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, summary")].filter(e => e.checkVisibility())
            .filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"""
    )
    assert small == []  # WCAG 2.2, 2.5.8
    faint = page.evaluate(CONTRAST)
    assert faint == []


CONTRAST = """() => {
  const parts = colour => colour.match(/[0-9.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return parts(getComputedStyle(document.documentElement).backgroundColor);
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const pair = [luminance(parts(getComputedStyle(element).color)), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) faint.push([element.textContent.trim(), ratio]);
  }
  return faint;
}"""
"""Every text against what is behind it: WCAG 2.2, 1.4.3."""
