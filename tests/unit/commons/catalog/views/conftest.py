"""People who bring designs."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from commons.stack.visitor import Page


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
