"""A whole commons with real processes, and a real browser that notes every word in its console."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from commons.config import Config
from commons.stack.processes import Processes, free_port
from commons.stack.serving import bare_environment, serve
from commons.stack.workshop import Credentials, DemoWorkshop

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE_MS = 60_000
"""How long a page may take that has all the rest of the tests beside it."""
PASSWORD = "correct horse battery"
OWNER = Credentials("shed-owner", PASSWORD)


@dataclass(frozen=True)
class Site:
    """A running commons with a workshop whose machine is armed by its owner's policy."""

    url: str
    workshop: DemoWorkshop
    config: Config


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("commons")
    quick = {"SYNC_BUSY_S": "0.2", "SYNC_IDLE_S": "0.2", "SAMPLES": "0"}
    with Processes(folder / "logs", bare_environment()) as processes:
        serving = serve(processes, folder / "commons", free_port(), quick)
        workshop = DemoWorkshop(processes, serving.url, folder / "workshop", OWNER)
        workshop.open(speed=0, arm_by_policy=True)
        yield Site(serving.url, workshop, serving.config)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Person:
    """One person's browser. `console` gathers errors from every page of it."""

    site: str
    context: BrowserContext
    console: list[str] = field(default_factory=list)

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda said: self.console.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        return page

    def signed_up(self, handle: str) -> "Person":
        self._send(self.page(), "/sign-up", "Sign up", handle)
        return self

    def signed_in(self, handle: str) -> "Person":
        self._send(self.page(), "/sign-in", "Sign in", handle)
        return self

    def _send(self, page: Page, path: str, button: str, handle: str) -> None:
        page.goto(path)
        page.get_by_label("Handle").fill(handle)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name=button).click()
        page.get_by_role("button", name="Sign out").wait_for()
        page.close()


@pytest.fixture
def person(site: Site, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """A new browser for each call: size of the window, colour scheme."""
    made: list[Person] = []

    def new(width: int = 1440, height: int = 900, scheme: str = "light", **options: object) -> Person:
        context = chromium.new_context(
            base_url=site.url, viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        context.set_default_timeout(PATIENCE_MS)
        made.append(Person(site.url, context))
        return made[-1]

    yield new
    for each in made:
        each.context.close()
