"""`python -m firmware_bridge.agent.page.server`: the page's own process; `process` is its other end.

Whoever connects gets one request, so many bytes and so much time for it; who wants more is cut off. The bridge
notices none of it.
"""

import io
import os
import socket
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from email.message import Message
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any

import msgspec

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.page import views
from firmware_bridge.agent.page.guard import Guard
from firmware_bridge.agent.page.http import Refused, Request, Response
from firmware_bridge.agent.page.process import Setup
from firmware_bridge.agent.page.site import Site

CONNECTIONS_MAX = 64
CONNECTIONS_OF_ONE_MAX = 24
HEAD_BYTES_MAX = 32_768
HEAD_S = 10.0
ANSWER_S = 10.0
LINGER_BYTES, LINGER_S = 4_000_000, 3.0
"""What is still read of a body that was refused, so that its sender sees why."""
_BODYLESS = ("GET", "HEAD")

_HEADERS = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not `no-referrer`: with it a browser sends the page's own forms as coming from nowhere.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class TooMuch(OSError):
    """The sender used up its bytes."""


class Patience(io.RawIOBase):
    """A connection's incoming side, with a bound on bytes and on time as a whole."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.grant(HEAD_BYTES_MAX, HEAD_S)

    def grant(self, size: int, within_s: float) -> None:
        self._left, self._deadline = size, time.monotonic() + within_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        if self._left <= 0:
            raise TooMuch
        self._connection.settimeout(remaining)
        count = self._connection.recv_into(memoryview(buffer)[: self._left])
        self._left -= count
        return count


class Handler(BaseHTTPRequestHandler):
    server: "PageServer"
    protocol_version = "HTTP/1.1"
    _expects = _asked = False

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._patience = Patience(self.connection)
        self.rfile = io.BufferedReader(self._patience, HEAD_BYTES_MAX)

    def handle(self) -> None:
        try:
            self.handle_one_request()
        except TooMuch:
            self.send_error(431)
        except ConnectionError:
            pass  # it went away: its own loss

    def handle_expect_100(self) -> bool:
        """Put off until the body is wanted: who is refused need not send it."""
        self._expects = True
        return True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self._asked = True
        try:
            response = self.server.site.answer(self._request())
        except Refused as refused:
            response = Response(refused.status, refused.reason.encode())
        except Exception:  # noqa: BLE001 (a bug that some request provokes: said, and answered)
            traceback.print_exc()
            response = Response(500, b"the page met something nobody foresaw; the bridge's log has it")
        self._send(response)

    def _request(self) -> Request:
        assert isinstance(self.headers, Message)  # noqa: S101 (http.server's own)
        if self.headers.get("Transfer-Encoding"):
            raise Refused(411, "a body says its length")
        given = self.headers.get_all("Content-Length", [])
        if len(given) > 1 or len(self.headers.get_all("Host", [])) > 1:
            raise Refused(400, "a header is given twice")
        if given and not (given[0].isascii() and given[0].isdecimal() and len(given[0]) < 20):
            raise Refused(400, "the length of the body is no number")
        try:
            cookies = {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("Cookie", "")).items()}
        except CookieError:
            cookies = {}
        return Request(
            method=self.command,
            path=self.path,
            headers=self.headers,
            cookies=cookies,
            peer=str(self.client_address[0]),
            length=int(given[0]) if given else None,
            body=self._body,
        )

    def _body(self, within_s: float) -> Callable[[int], bytes]:
        left = int(self.headers.get("Content-Length", 0))
        self._patience.grant(left, within_s)
        if self._expects:
            self.send_response_only(100)
            self.end_headers()

        def read(size: int) -> bytes:
            nonlocal left
            if not left:
                return b""
            try:
                data: bytes = self.rfile.read1(min(size, left))
            except TimeoutError:
                raise Refused(408, f"the body did not come within {within_s:.0f} s") from None
            except OSError:
                raise Refused(400, "the connection ended before the body did") from None
            left -= len(data)
            return data

        return read

    def _send(self, response: Response) -> None:
        self.connection.settimeout(ANSWER_S)
        self.send_response(response.status)
        headers = {"Content-Security-Policy": views.policy(), "Content-Type": response.kind, **_HEADERS}
        for name, value in {**headers, **response.headers, "Content-Length": str(len(response.body))}.items():
            self.send_header(name, value)
        for cookie in response.cookies:
            self.send_header("Set-Cookie", cookie)
        self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """http.server's own refusals, in this page's form."""
        self.command = getattr(self, "command", None) or "GET"
        self.request_version = self.protocol_version  # what cannot be read is answered, though it be no HTTP
        short, long = self.responses.get(code, ("refused", ""))
        self._send(Response(code, f"{message or short}: {explain or long}".encode()))

    def finish(self) -> None:
        super().finish()
        self._linger()

    def _linger(self) -> None:
        """A connection closed with bytes unread is reset, and its sender may never see the answer."""
        if not self._asked or self.command in _BODYLESS:
            return
        try:
            self.connection.shutdown(socket.SHUT_WR)
            self._patience.grant(LINGER_BYTES, LINGER_S)
            rest = bytearray(65_536)
            while self._patience.readinto(rest):
                pass
        except OSError:
            pass  # gone, or more than it may

    def version_string(self) -> str:
        return "firmware-bridge"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing, even of a request that was too long to have a line."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's own name)
        """Nothing: what matters is said by the bridge."""


class PageServer(ThreadingMixIn, HTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, listening: socket.socket, site: Site) -> None:
        super().__init__(listening.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.site = listening, site
        self._places: Counter[str] = Counter()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        peer = str(client_address[0])
        with self._lock:
            full = self._places.total() >= CONNECTIONS_MAX or self._places[peer] >= CONNECTIONS_OF_ONE_MAX
            if not full:
                self._places[peer] += 1
        if full:
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread for it, which then gives nothing back
            self._give_back(peer)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._give_back(str(client_address[0]))

    def _give_back(self, peer: str) -> None:
        with self._lock:
            self._places[peer] -= 1
            self._places += Counter()  # forgets those that hold none

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # an OSError is a client that went away
            traceback.print_exc()


def main() -> None:
    setup = msgspec.json.decode(sys.stdin.buffer.readline(), type=Setup)
    home = Home(Path(setup.home))
    os.nice(5)  # a long file on its way through the gate must not slow a machine that prints
    machines, _ = home.load_machines()
    guard = Guard(key=setup.key, api_key=setup.api_key, names=frozenset(setup.names))
    with PageServer(socket.socket(fileno=setup.socket), Site(home, guard, machines)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.buffer.read()  # until the bridge has ended
        server.shutdown()


if __name__ == "__main__":
    main()
