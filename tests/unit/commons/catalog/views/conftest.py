"""People who bring designs, and the long work that some of it becomes."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from commons.db import utcnow
from commons.stack.visitor import Page
from commons.work.models import Work, WorkState
from commons.work.savings import Saver
from commons.work.worker import Worker


@pytest.fixture
def ada(browser: Any) -> Any:
    return browser().sign_up("ada")


@pytest.fixture
def send(ada: Any) -> Callable[..., Any]:
    """Fills in a form that takes files, as ada; `file` is a pair of name and bytes."""

    def fill(path: str, action: str, file: tuple[str, bytes] | None = None, **fields: str) -> Any:
        form = Page(f"http://localhost{path}", ada.get(path)).form(action)
        sent: dict[str, Any] = form.fields | fields
        if file is not None:
            sent["file"] = FileStorage(io.BytesIO(file[1]), file[0])
        boundary, body = encode_multipart(sent)
        return ada.client.post(form.action, data=body, content_type=f"multipart/form-data; boundary={boundary}")

    return fill


@pytest.fixture
def slow(geometry: Any) -> Any:
    """A geometry that builds nothing within the limit of a page."""
    geometry.slow = True
    return geometry


@dataclass(frozen=True)
class Rows:
    """The rows of long work. `make` does what was to be saved; `settle` brings the only one into a state."""

    app: Flask

    def all(self) -> list[Work]:
        with self.app.extensions["database"].read() as session:
            return list(session.query(Work))

    def settle(self, state: WorkState, error: str = "") -> str:
        with self.app.extensions["database"].write() as session:
            (row,) = session.query(Work)
            row.state, row.error, row.began = state, error, utcnow()
            return row.key

    def make(self) -> None:
        database, geometry, artefacts = (self.app.extensions[name] for name in ("database", "geometry", "artefacts"))
        assert Worker(database, {"save": Saver(database, geometry, artefacts).save}).run_once()


@pytest.fixture
def work(app: Flask) -> Rows:
    return Rows(app)
