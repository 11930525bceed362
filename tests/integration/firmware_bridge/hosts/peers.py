"""The real OctoPrint and the real Moonraker, each in an environment of its own, run here for a test.

They come from PyPI into `.peers_cache/` the first time. OctoPrint needs a C compiler and Python's headers there (its
netifaces is built from source), so the tests with them are not among those that everybody runs: `make hosts`.
"""

import fcntl
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge.machine import Link
from tests.integration.firmware_bridge.hosts.fake_klippy import FakeKlippy

OCTOPRINT, MOONRAKER = "OctoPrint==1.11.8", "moonraker==0.11.0"
CACHE = Path(__file__).resolve().parents[4] / ".peers_cache"
INSTALL_WITHIN_S, UP_WITHIN_S = 400.0, 90.0

_OCTOPRINT = """
server: {{firstRun: false, onlineCheck: {{enabled: false}}, pluginBlacklist: {{enabled: false}}}}
api: {{key: {key}}}
plugins:
  virtual_printer: {{enabled: true}}
  _disabled: [softwareupdate, announcements, tracking, discovery, backup, errortracking, pi_support, firmware_check,
    file_check, health_check, achievements, pluginmanager]
serial: {{autoconnect: true, port: VIRTUAL, baudrate: 0}}
"""
_MOONRAKER = """
[server]
host: 127.0.0.1
port: {port}
klippy_uds_address: {klippy}
[machine]
provider: none
validate_service: False
validate_config: False
"""


def environment(requirement: str, *beside: str, no_deps: bool = False) -> Path:
    """The folder of programs of an environment with that in it, made where it is missing.

    `beside` is installed too; with `no_deps` nothing else is.
    """
    folder = CACHE / requirement.replace("==", "-")
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            install = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
            alone = ["--no-deps"] if no_deps else []
            subprocess.run([*install, *alone, requirement, *beside], check=True, timeout=INSTALL_WITHIN_S)
            (folder / "made").touch()
    return folder / "bin"


@contextmanager
def running(command: list[str | Path], folder: Path, up: Callable[[], object]) -> Iterator[subprocess.Popen[bytes]]:
    """The process, once `up` holds, until the block ends; what it said is in `peer.log`."""
    with (folder / "peer.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={"PATH": os.environ["PATH"], "HOME": str(folder)}
        )
    try:
        deadline = time.monotonic() + UP_WITHIN_S
        while not up():
            assert process.poll() is None, (folder / "peer.log").read_text()[-3000:]
            assert time.monotonic() < deadline, (folder / "peer.log").read_text()[-3000:]
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def ask(link: Link, path: str) -> dict[str, object]:
    """Its answer, by the standard library's client; empty where there is none."""
    request = urllib.request.Request(link.url + path, headers={"X-Api-Key": link.key})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)
    except (OSError, ValueError, http.client.HTTPException):  # not up yet, or up and not ready
        return {}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def octoprint(folder: Path) -> Iterator[Link]:
    """OctoPrint with its own virtual printer, connected."""
    link = Link(host="octoprint", url=f"http://127.0.0.1:{free_port()}", key=secrets.token_hex(16).upper())
    (folder / "config.yaml").write_text(_OCTOPRINT.format(key=link.key))
    command = [environment(OCTOPRINT) / "octoprint", "serve", "--iknowwhatimdoing", "--basedir", folder]
    command += ["--host", "127.0.0.1", "--port", link.url.rsplit(":", 1)[1]]
    with running(command, folder, lambda: ask(link, "/api/job").get("state") == "Operational"):
        yield link


@contextmanager
def moonraker(folder: Path, print_s: float) -> Iterator[tuple[Link, FakeKlippy]]:
    """Moonraker above our fake of Klipper, ready."""
    port, klippy_socket = free_port(), folder / "klippy.sock"
    for name in ("config", "gcodes"):
        (folder / name).mkdir()
    (folder / "config" / "moonraker.conf").write_text(_MOONRAKER.format(port=port, klippy=klippy_socket))
    klippy = FakeKlippy(klippy_socket, folder / "gcodes", print_s)
    command = [environment(MOONRAKER) / "moonraker", "-d", folder, "-n"]
    link = Link(host="moonraker", url=f"http://127.0.0.1:{port}")
    try:
        with running(command, folder, (folder / "comms" / "moonraker.sock").exists):
            link = Link(host="moonraker", url=link.url, key=_moonraker_key(folder / "comms" / "moonraker.sock"))
            deadline = time.monotonic() + UP_WITHIN_S
            while "ready" not in str(ask(link, "/server/info")):
                assert time.monotonic() < deadline, (folder / "peer.log").read_text()[-3000:]
                time.sleep(0.1)
            yield link, klippy
    finally:
        klippy.close()


def _moonraker_key(path: Path) -> str:
    """By its own Unix socket, which asks for none."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(b'{"jsonrpc":"2.0","method":"access.get_api_key","id":1}\x03')
        said = b""
        while b"\x03" not in said:
            said += connection.recv(65_536)
    return json.loads(said.partition(b"\x03")[0])["result"]
