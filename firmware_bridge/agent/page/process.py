"""The bridge's end of the page: it holds the address, and the process that serves it.

The bridge listens and the process answers, so that a taken address is known at once, and a process that ended is
replaced at the same address.
"""

import contextlib
import ipaddress
import selectors
import socket
import subprocess
import sys
import time

import msgspec

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.log import log
from firmware_bridge.agent.settings import Settings
from firmware_bridge.errors import BridgeError

LIVES_S = 10.0
"""A process that ended sooner is not replaced: the next would do the same."""
_LEAVES_S = 5.0


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """The one line the process is told, on its stdin, whose end means that the bridge is gone."""

    home: str
    socket: int
    key: str
    api_key: str
    names: tuple[str, ...]


class Page:
    """Raises `BridgeError` when the address cannot be had."""

    def __init__(self, home: Home, settings: Settings, selector: selectors.BaseSelector) -> None:
        host, port = settings.address()
        family = socket.AF_INET if host.version == 4 else socket.AF_INET6
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((str(host), port))
            self._socket.listen(64)
        except OSError as error:
            self._socket.close()
            raise BridgeError(
                f"there is no local page: cannot listen on {settings.listen}: {error.strerror}: give another address"
                f' as listen = "…" in {home.settings_file}, and start the bridge again'
            ) from None
        self.url = _url(host, self._socket.getsockname()[1])
        self._setup = Setup(
            home=str(home.folder),
            socket=self._socket.fileno(),
            key=settings.key,
            api_key=home.api_key(),
            names=(*(name.casefold() for name in settings.names), *_own_names()),
        )
        self._selector = selector
        self._process: _Process | None = None
        self._begin()

    def close(self) -> None:
        """Ends the process, at once where it does not leave."""
        if self._process is not None:
            self._selector.unregister(self._process.out)
            self._process.end()
            self._process = None
        self._socket.close()

    def _begin(self) -> None:
        self._since = time.monotonic()
        self._process = _Process(self._setup)
        self._selector.register(self._process.out, selectors.EVENT_READ, self._ended)

    def _ended(self) -> None:
        assert self._process is not None  # noqa: S101 (it was registered)
        self._selector.unregister(self._process.out)
        code = self._process.end()
        self._process = None
        if time.monotonic() - self._since >= LIVES_S:
            log(f"the local page ended with {code} and is begun anew")
            self._begin()
        else:
            log(
                f"the local page ended with {code} as soon as it had begun: there is none until the bridge starts again"
            )
            self._socket.close()


class _Process:
    """Raises `BridgeError` when no process can be started."""

    def __init__(self, setup: Setup) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "firmware_bridge.agent.page.server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=[setup.socket],
                start_new_session=True,  # Ctrl-C is for the bridge
            )
        except OSError as error:
            raise BridgeError(f"there is no local page: cannot start its process: {error.strerror}") from None
        assert self._process.stdin is not None  # noqa: S101 (asked for above)
        assert self._process.stdout is not None  # noqa: S101 (asked for above)
        self._in, self.out = self._process.stdin, self._process.stdout
        with contextlib.suppress(BrokenPipeError):  # it has just ended: `out` says so
            self._in.write(msgspec.json.encode(setup) + b"\n")
            self._in.flush()

    def end(self) -> int:
        """Its exit code, soon."""
        with contextlib.suppress(BrokenPipeError):  # it never read its setup
            self._in.close()
        try:
            code = self._process.wait(_LEAVES_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self.out.close()
        return code


def open_page(home: Home, settings: Settings, selector: selectors.BaseSelector) -> Page | None:
    """The page, or None where its owner wants none or it cannot be had, which is said: the bridge goes on without."""
    if not settings.listen:
        return None
    try:
        return Page(home, settings, selector)
    except BridgeError as error:
        log(str(error))
        return None


def _own_names() -> tuple[str, ...]:
    name = socket.gethostname().casefold()
    return (name, f"{name}.local") if name else ()


def _url(host: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> str:
    if host.is_unspecified:
        return f"http://{socket.gethostname()}:{port}"
    return f"http://{f'[{host}]' if host.version == 6 else host}:{port}"
