"""A workshop whose bridge serves its page, and somebody who speaks HTTP to it."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import urllib3

from tests.integration.firmware_bridge.agent.conftest import QUICK, Shed, opened_shed

PAGE = 'listen = "127.0.0.1:0"'
BODY = ("; filament_type = PLA\n" + "\n".join(QUICK) + "\n").encode()


@dataclass
class Visitor:
    """Requests as a slicer or a script would send them; `url` is where the page is."""

    shed: Shed
    url: str

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname, parts.port

    @property
    def api_key(self) -> str:
        return (self.shed.home / "api-key").read_text().strip()

    def send(self, method: str, path: str, headers=None, **more) -> urllib3.BaseHTTPResponse:
        return urllib3.request(
            method, self.url + path, headers=headers, redirect=False, retries=False, timeout=60, **more
        )

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        return self.send("GET", path, {"X-Api-Key": self.api_key})

    def upload(self, data: bytes, name: str = "cube.gcode", prefix: str = "", **fields) -> urllib3.BaseHTTPResponse:
        form = {"print": "true", "select": "false", "path": "", **fields, "file": (name, data)}
        return self.send("POST", f"{prefix}/api/files/local", {"X-Api-Key": self.api_key}, fields=form)

    def raw(self, data: bytes, wait_s: float = 30.0) -> bytes:
        """Bytes as they are; everything that comes back until the page closes the connection."""
        with socket.create_connection(self.address, timeout=wait_s) as connection:
            connection.sendall(data)
            said = b""
            try:
                while more := connection.recv(65_536):
                    said += more
            except ConnectionResetError:
                pass  # what it said before stands
            return said


def visited(shed: Shed) -> Visitor:
    return Visitor(shed, shed.status()["page"])


@pytest.fixture
def paged():
    """A bridge with a printer whose bed a person clears, and its page."""
    with opened_shed() as shed:
        shed.profile = shed.machine(virtual=False)
        shed.settings(PAGE)
        shed.printer()
        shed.start()
        yield visited(shed)


@pytest.fixture(scope="module")
def open_page():
    """One for tests that only ask and are refused."""
    with opened_shed() as shed:
        shed.profile = shed.machine(virtual=False)
        shed.settings(PAGE)
        shed.printer()
        shed.start()
        yield visited(shed)
