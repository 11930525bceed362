"""The bridge's way to its commons: HTTPS, each call one request, within the limits of `web`.

A commons that moves is paired anew: redirects are not followed.
"""

import hashlib
import ipaddress
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
import urllib3

from firmware_bridge import wire
from firmware_bridge.errors import BridgeError, CommonsRefused, CommonsUnreachable, ProgramWrong, UsageError
from firmware_bridge.program import SPARE_BYTES
from firmware_bridge.text import brief
from firmware_bridge.web import ANSWER_S, Web, check_address

SLOWEST_BYTES_S = 4_000.0
"""A download slower than this, over its whole length, is given up and tried again."""
_TIMEOUT = urllib3.Timeout(connect=5.0, read=15.0)
_COME_BACK = frozenset({401, 408, 425, 429})
"""No answer now. 401 too: a pairing that was ended must not end what the machine holds."""

T = TypeVar("T")


def check_url(url: str) -> str:
    """The commons' address without its trailing slash. Raises `UsageError`: https, or http to this machine."""
    address = check_address(url, "a commons")
    parts = urlsplit(address)
    if parts.scheme == "http" and not _loopback(parts.hostname or ""):
        raise UsageError(f"{url} would send this bridge's secret in the clear: use https (http is for loopback only)")
    return address


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _ErrorAnswer(msgspec.Struct, frozen=True):
    error: str = ""


class CommonsClient:
    """Safe to use from several threads. All methods raise `CommonsUnreachable` (ask again later) or
    `CommonsRefused` (it said no, or said what this bridge will not take)."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = check_url(url)
        self.clock_apart_s = 0.0
        """How far this computer's wall clock was ahead of the commons' at its last answer, s."""
        self._web = Web(
            self.url,
            "the commons",
            {"Authorization": f"Bearer {token}"} if token else {},
            unreachable=CommonsUnreachable,
            refused=CommonsRefused,
            timeout=_TIMEOUT,
        )

    def device(self, bridge_name: str) -> wire.PairingCode:
        return self._post("/agent/v1/device", wire.PairingRequest(bridge_name=bridge_name), wire.PairingCode)

    def token(self, device_code: str) -> wire.TokenAnswer:
        """Raises `CommonsRefused` whose text is RFC 8628's error code while there is no token."""
        return self._post("/agent/v1/token", wire.TokenRequest(device_code=device_code), wire.TokenAnswer)

    def sync(self, request: wire.SyncRequest) -> wire.SyncAnswer:
        return self._post("/agent/v1/sync", request, wire.SyncAnswer)

    def start(self, attempt: str, request: wire.StartRequest) -> wire.StartAnswer:
        return self._post(f"/agent/v1/attempts/{attempt}/start", request, wire.StartAnswer)

    def download(self, attempt: str, to: Path, size: int, sha256: str) -> None:
        """The attempt's program into `to`, whole, synced to disk, and exactly what was promised, or not at all."""
        with self._request("GET", f"/agent/v1/attempts/{attempt}/program") as response:
            part = to.with_name(f"{to.name}.{attempt}.part")
            try:
                self._store(response, part, size, sha256)
                part.replace(to)
            except OSError as error:
                raise BridgeError(f"cannot store the program: {error.strerror}") from None
            finally:
                part.unlink(missing_ok=True)

    def _store(self, response: urllib3.BaseHTTPResponse, part: Path, size: int, sha256: str) -> None:
        space = os.statvfs(part.parent)
        if space.f_bavail * space.f_frsize < size + SPARE_BYTES:
            raise BridgeError(f"the disk has no room for a program of {size} bytes")
        digest, length = hashlib.sha256(), 0
        with part.open("wb") as file:
            for chunk in self._web.chunks(response, ANSWER_S + size / SLOWEST_BYTES_S):
                length += len(chunk)
                if length > size:
                    raise ProgramWrong(f"the program is longer than the {size} bytes of its lease")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if length < size:
            raise CommonsUnreachable(f"the program ended after {length} of {size} bytes")
        if digest.hexdigest() != sha256:
            raise ProgramWrong(f"the program's hash is {digest.hexdigest()[:12]}, the lease says {sha256[:12]}")

    def _post(self, path: str, body: msgspec.Struct, kind: type[T]) -> T:
        with self._request("POST", path, msgspec.json.encode(body), {"Content-Type": "application/json"}) as response:
            answer = self._web.small(response, path)
        try:
            return msgspec.json.decode(answer, type=kind)
        except wire.UNREADABLE as error:
            raise CommonsRefused(f"the answer to {path} is no {kind.__name__}: {brief(str(error))}") from None

    @contextmanager
    def _request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """A 200, its body unread; everything else is raised."""
        with self._web.request(method, path, body, headers) as response:
            self.clock_apart_s = _apart_s(response.headers.get("Date"), self.clock_apart_s)
            if response.status != 200:
                self._refuse(response, path)
            yield response

    def _refuse(self, response: urllib3.BaseHTTPResponse, path: str) -> None:
        if 300 <= response.status < 400:
            where = brief(response.headers.get("Location", "nowhere"), 200)
            raise CommonsRefused(f"{path} redirects to {where}: redirects are not followed, pair with the new address")
        try:
            said = msgspec.json.decode(self._web.small(response, path), type=_ErrorAnswer).error
        except wire.UNREADABLE:
            said = ""
        text = brief(said) or f"status {response.status} from {path}"
        if response.status in _COME_BACK or response.status >= 500:
            raise CommonsUnreachable(text)
        raise CommonsRefused(text)


def _apart_s(date: str | None, before: float) -> float:
    """How far the wall clock is ahead of a Date header's (RFC 9110 §6.6.1); `before` where it says none."""
    try:
        return time.time() - parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError):
        return before


def pair(
    client: CommonsClient,
    bridge_name: str,
    *,
    show: Callable[[wire.PairingCode], None],
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> wire.TokenAnswer:
    """The device grant of RFC 8628: shows a code, then asks until its owner has answered on the web page.

    `wait` takes s. Raises `CommonsRefused` when the owner denies it or the code expires (§3.5).
    """
    try:
        code = client.device(bridge_name)
    except CommonsUnreachable as error:
        raise CommonsUnreachable(f"{error}: is the address right, and does the site run?") from None
    except CommonsRefused as error:
        where = f"what answers at {client.url} pairs no bridges: give the address of the site's own front page"
        raise CommonsRefused(f"{where} ({error})") from None
    show(code)
    interval = float(min(max(code.interval, 1), 60))
    deadline = clock() + min(max(code.expires_in, 1), 3600)
    while clock() < deadline:
        wait(interval)
        try:
            return client.token(code.device_code)
        except CommonsUnreachable:
            interval = min(interval * 2, 60.0)  # §3.5: back off when the connection times out
        except CommonsRefused as refused:
            if str(refused) == "slow_down":
                interval += 5.0
            elif str(refused) == "access_denied":
                raise CommonsRefused("the pairing was denied on the web page") from None
            elif str(refused) == "expired_token":
                break
            elif str(refused) != "authorization_pending":
                raise
    raise CommonsRefused("the code expired before anyone typed it: firmware-bridge pair asks for another")
