"""HTTP with a host: JSON there and back, files up and down, nothing without bounds."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
import urllib3

from firmware_bridge.errors import HostRefused, LinkLost
from firmware_bridge.text import brief
from firmware_bridge.web import ANSWER_S, Web
from firmware_bridge.wire import UNREADABLE

T = TypeVar("T")

_QUICK = urllib3.Timeout(connect=3.0, read=5.0)
_STORING = urllib3.Timeout(connect=5.0, read=120.0)
"""A host may still write and look through a long program after its last byte has come."""
SLOWEST_BYTES_S = 20_000.0
"""A file that comes back slower than this, over its whole length, is given up: a printer's own board reaches more."""
_CHUNK = 65_536
_COME_BACK = frozenset({408, 425, 429})
_NOT_ALLOWED = frozenset({401, 403})


class _Said(msgspec.Struct, frozen=True):
    """The shapes in which hosts say what is wrong: OctoPrint and Moonraker `error`, PrusaLink `title` and `text`."""

    error: object = None
    title: str = ""
    text: str = ""


class Exchange:
    """All methods raise `LinkLost` (no answer, or one that says "not now") or `HostRefused`."""

    def __init__(self, url: str, what: str, key: str) -> None:
        self.what = f"{what} at {url}"
        # Without it a printer's own firmware says what is wrong as a page.
        headers = {"Accept": "application/json", **({"X-Api-Key": key} if key else {})}
        self._web = Web(url, self.what, headers, unreachable=LinkLost, refused=HostRefused, timeout=_QUICK)

    def ask(self, path: str, kind: type[T], *, method: str = "GET", body: object = None) -> T:
        """What it answers, which must be of that kind."""
        return self._decoded(path, self._answer(method, path, body), kind)

    def ask_if_any(self, path: str, kind: type[T]) -> T | None:
        """The same; None for an answer without a body (204)."""
        answer = self._answer("GET", path, None)
        return self._decoded(path, answer, kind) if answer else None

    def tell(self, path: str, *, method: str = "POST", body: object = None) -> None:
        """Asks for something that has no answer but yes."""
        self._answer(method, path, body)

    def put(self, path: str, program: Path, headers: Mapping[str, str], alive: Callable[[], None]) -> None:
        """The file as the body."""
        with program.open("rb") as file:
            self._send("PUT", path, _chunks(file.read, alive), program.stat().st_size, headers)

    def post_form(
        self, path: str, fields: Mapping[str, str], name: str, program: Path, alive: Callable[[], None]
    ) -> None:
        """The file as `file` of a form (RFC 7578), under that name, read while it is sent."""
        boundary = secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()
        ]
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n')
        head = "".join([*parts, "Content-Type: application/octet-stream\r\n\r\n"]).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()

        def body() -> Iterator[bytes]:
            yield head
            yield from _chunks(file.read, alive)
            yield tail

        with program.open("rb") as file:
            length = len(head) + program.stat().st_size + len(tail)
            self._send("POST", path, body(), length, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def compare(self, path: str, size: int, sha256: str, alive: Callable[[], None]) -> None:
        """Reads the file back. `HostRefused` unless it is of that size and hash."""
        digest, length = hashlib.sha256(), 0
        with self._web.request("GET", path) as response:
            self._check(response, path)
            for chunk in self._web.chunks(response, ANSWER_S + size / SLOWEST_BYTES_S):
                alive()
                length += len(chunk)
                if length > size:
                    break
                digest.update(chunk)
        if length != size or digest.hexdigest() != sha256:
            raise HostRefused(
                f"{self.what} has stored another program than it was sent: something there rewrites uploaded files"
            )

    def _send(self, method: str, path: str, body: Iterable[bytes], length: int, headers: Mapping[str, str]) -> None:
        sized = {**headers, "Content-Length": str(length)}
        with self._web.request(method, path, body, sized, timeout=_STORING) as response:
            self._check(response, path)
            self._web.small(response, path)

    def _decoded(self, path: str, answer: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer, type=kind)
        except UNREADABLE as error:
            raise HostRefused(f"{self.what}: the answer to {path} cannot be used: {brief(str(error), 200)}") from None

    def _answer(self, method: str, path: str, body: object) -> bytes:
        json = None if body is None else msgspec.json.encode(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        with self._web.request(method, path, json, headers) as response:
            self._check(response, path)
            return self._web.small(response, path)

    def _check(self, response: urllib3.BaseHTTPResponse, path: str) -> None:
        status = response.status
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            where = brief(response.headers.get("Location", "nowhere"), 200)
            text = f"{path} redirects to {where}: redirects are not followed, put the right address into [link] url"
        else:
            text = _words(self._web.small(response, path)) or f"status {status} from {path}"
            if status in _NOT_ALLOWED:
                text = f"is the key of [link] right, and may it do this? {text}"
        if status >= 500 or status in _COME_BACK:
            raise LinkLost(f"{self.what}: {text}")
        refused = HostRefused(f"{self.what}: {text}")
        refused.status = status
        raise refused


def _words(answer: bytes) -> str:
    try:
        said = msgspec.json.decode(answer, type=_Said)
    except UNREADABLE:
        return ""
    error = said.error.get("message") if isinstance(said.error, dict) else said.error
    return brief(str(error or said.text or said.title or ""), 300)


def _chunks(read: Callable[[int], bytes], alive: Callable[[], None]) -> Iterator[bytes]:
    while chunk := read(_CHUNK):
        alive()
        yield chunk
