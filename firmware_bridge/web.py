"""One HTTP request at a time, with limits on everything that comes back: to a commons, or to a machine's host.

No retries (the caller knows when to ask again), no redirects (a secret goes to one address only), no cookies, no
compression (a hash is of bytes as sent).
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import urllib3

from firmware_bridge.errors import BridgeError, UsageError

ANSWER_BYTES_MAX = 1_000_000
ANSWER_S = 30.0
_CHUNK = 65_536


def check_address(url: str, what: str) -> str:
    """The address without its trailing slash. Raises `UsageError` where it is none, or carries a secret or a query."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that does not close
        good = False
    if not good or parts.query or parts.fragment or parts.username:
        raise UsageError(f"{url!r} is no address of {what}: give http://host:port or https://host")
    return url.rstrip("/")


class Web:
    """One peer. Raises `unreachable` for what may come back, `refused` for what is answered and will not be taken.

    Safe to use from several threads.
    """

    def __init__(
        self,
        url: str,
        what: str,
        headers: Mapping[str, str],
        *,
        unreachable: type[BridgeError],
        refused: type[BridgeError],
        timeout: urllib3.Timeout,
    ) -> None:
        self.url, self.what = url, what
        self.unreachable, self.refused = unreachable, refused
        self._headers = dict(headers)
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=4, timeout=timeout)

    @contextmanager
    def request(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: urllib3.Timeout | None = None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """The answer, whatever its status, its body unread; a redirect is an answer like any other."""
        with self._network(self.url):
            response = self._pool.urlopen(
                method,
                self.url + path,
                body=body,
                headers={**self._headers, **(headers or {})},
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                **({} if timeout is None else {"timeout": timeout}),
            )
        try:
            yield response
        finally:
            response.close()  # also frees a connection whose body was not wanted to its end

    def small(self, response: urllib3.BaseHTTPResponse, path: str) -> bytes:
        """The whole body, which may be neither long nor slow."""
        answer = bytearray()
        for chunk in self.chunks(response, ANSWER_S):
            answer += chunk
            if len(answer) > ANSWER_BYTES_MAX:
                raise self.refused(f"the answer to {path} is over {ANSWER_BYTES_MAX} bytes")
        return bytes(answer)

    def chunks(self, response: urllib3.BaseHTTPResponse, within_s: float) -> Iterator[bytes]:
        """The body as it comes; one that drips for longer than `within_s` is given up."""
        deadline = time.monotonic() + within_s
        while True:
            with self._network(self.what):
                chunk = response.read1(_CHUNK)
            if not chunk:
                return
            if time.monotonic() > deadline:
                raise self.unreachable(f"the answer took longer than {within_s:.0f} s")
            yield chunk

    @contextmanager
    def _network(self, where: str) -> Iterator[None]:
        try:
            yield
        except urllib3.exceptions.HTTPError as error:
            raise self.unreachable(f"cannot reach {where}: {_plain(error)}") from None


_OBJECT = re.compile(r"^<?\w*Connection\w*\(.*?\)(?: at 0x[0-9a-f]+>)?: ")
_NUMBER = re.compile(r"\[Errno -?\d+\] ")


def _plain(error: urllib3.exceptions.HTTPError) -> str:
    """Without the names of objects in this program, which say nothing to who has mistyped an address."""
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "there is no such host"
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)  # which urllib3 counts among the time-outs
    if isinstance(error, urllib3.exceptions.TimeoutError) and not refused:
        return "it did not answer in time"
    return _NUMBER.sub("", _OBJECT.sub("", str(error)))
