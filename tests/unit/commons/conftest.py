"""A site on a database of its own, with a geometry that needs no forge, and a browser without a screen."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from commons import tables
from commons.app import create_app
from commons.catalog import waiting
from commons.catalog.services import add_shipped_designs
from commons.config import Config
from commons.db import Database
from commons.stack.visitor import Page
from fabrication.errors import ForgeUnavailable, ScriptFailed, TookTooLong
from fabrication.geometry.service import Build, Part

PASSWORD = "correct horse battery"


class PlainGeometry:
    """Stands in for the forge: one box a design, as wide as its first number; it can be told to fail."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.built: dict[tuple[str, str], Build] = {}
        self.slow = False
        """Nothing is built within a preview's short limit."""
        self.asked: list[dict[str, Any]] = []

    def preview(self, source: Any, values: dict[str, Any]) -> bytes:
        self._ask(values)
        if self.slow:
            raise TookTooLong("it takes longer than a preview may")
        return b"glTF" + repr(sorted(values.items())).encode()

    def fine(self, source: Any, values: dict[str, Any]) -> bytes:
        return b"glTF fine" + self.preview(source, values)

    def find(self, source: Any, values: dict[str, Any]) -> Build | None:
        return self.built.get((source.sha256, repr(values)))

    def build(self, source: Any, values: dict[str, Any], limits: Any = None, **_: Any) -> Build:
        self._ask(values)
        if self.slow and limits is not None:
            raise TookTooLong("it takes longer than a preview may")
        part = Part(name="body", brep="b" * 64, size_mm=(20.0, 30.0, 10.0), volume_mm3=6000.0, valid=True)
        build = Build(key="a" * 64, values=dict(values), parts=(part,), preview="c" * 64)
        self.built[source.sha256, repr(values)] = build
        return build

    def export(self, build: Build, fmt: str, part: str | None = None, *_: Any, **__: Any) -> bytes:
        return f"{fmt} of {part or 'everything'}".encode()

    def picture(self, build: Build, ground: str = "plain") -> bytes:
        return b"\x89PNG" + ground.encode()

    def _ask(self, values: dict[str, Any]) -> None:
        self.asked.append(dict(values))
        if self.failure is not None:
            raise self.failure

    def script_fails(self) -> None:
        self.failure = ScriptFailed("width must be at least twice the margin", 14)

    def forge_is_gone(self) -> None:
        self.failure = ForgeUnavailable("nobody listens")


class Browser:
    """Follows links and fills in forms, with the cookies of one person."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def submit(self, path: str, action: str, /, **fields: str) -> Any:
        """Fills in the form of the page at `path` that goes to `action`, as a person would; returns the answer."""
        form = Page(f"http://localhost{path}", self.get(path)).form(action)
        return self.client.post(form.action or path, data=form.fields | fields)

    def sign_up(self, handle: str) -> "Browser":
        answer = self.submit("/sign-up", "/sign-up", handle=handle, name=handle.title(), password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return self


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs here: what is long work stays so."""
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.0)


@pytest.fixture
def geometry() -> PlainGeometry:
    return PlainGeometry()


@pytest.fixture
def app(tmp_path: Path, geometry: PlainGeometry) -> Iterator[Flask]:
    made = create_app(
        Config(
            commons_home=tmp_path,
            database_url=f"sqlite:///{tmp_path / 'commons.db'}",
            artefacts=tmp_path / "artefacts",
            forge_socket=tmp_path / "no-forge.sock",
            secret_key="for tests",
        )
    )
    made.testing = True
    made.extensions["geometry"] = geometry
    database: Database = made.extensions["database"]
    tables.metadata.create_all(database.engine)
    with database.write() as session:
        add_shipped_designs(session, made.extensions["artefacts"])
    yield made
    database.dispose()


@pytest.fixture
def browser(app: Flask) -> Callable[[], Browser]:
    """A new browser for each call."""
    return lambda: Browser(app.test_client())
