"""Forges under test: as root that drops to a uid, as an ordinary user, and each with Landlock as old as Linux 6.1's."""

import contextlib
import http.server
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fabrication.geometry.client import ForgeClient, start_forge

ORDINARY_UID = 60_990
PROBES = str(Path(__file__).parent / "probes.py")


@dataclass(frozen=True)
class Running:
    """A forge, its only temporary folder, and where a script must not get to."""

    client: ForgeClient
    pid: int
    temporary: Path
    outside: Path
    sibling: Path

    def leftovers(self) -> list[Path]:
        """Job folders that are still there."""
        return list(self.temporary.glob("fabrication-forge-*/job-*"))


@contextlib.contextmanager
def running(*options: str, uid: int | None = None, slots: int = 2) -> Iterator[Running]:
    """A forge of its own."""
    # Not pytest's own folder: that one is closed to every other uid.
    home = Path(tempfile.mkdtemp(prefix="test-forge-"))
    temporary = home / "tmp"
    temporary.mkdir()
    outside = home / "outside" / "secret"
    outside.parent.mkdir()
    outside.write_text("secret")
    for path, mode in ((home, 0o755), (temporary, 0o777), (outside.parent, 0o777), (outside, 0o666)):
        path.chmod(mode)
    if uid is not None:
        for path in (home, outside):
            os.chown(path, uid, uid)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(temporary)
    try:
        process = start_forge(
            home / "forge.sock", home / "log", "--extra-kinds", PROBES, "--slots", str(slots), *options, user=uid
        )
    finally:
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)
    try:
        (root,) = temporary.iterdir()
        sibling = root / "sibling"
        sibling.mkdir()
        (sibling / "design.py").write_text("another's")
        (sibling / "design.py").chmod(0o666)
        sibling.chmod(0o777)
        yield Running(ForgeClient(home / "forge.sock"), process.pid, temporary, outside, sibling / "design.py")
    finally:
        process.communicate(timeout=20)
        shutil.rmtree(home)


AS = ["root dropping", "ordinary user"] if os.geteuid() == 0 else ["ordinary user"]
KERNELS = ["own Landlock", "Landlock 2"]


@pytest.fixture(scope="session", params=[f"{who}, {kernel}" for who in AS for kernel in KERNELS])
def forge(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Each way the forge can run."""
    who, kernel = request.param.split(", ")
    uid = ORDINARY_UID if who == "ordinary user" and os.geteuid() == 0 else None
    with running(*(["--landlock-abi-max", "2"] if kernel == "Landlock 2" else []), uid=uid) as one:
        yield one


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """A web server on loopback that answers 200."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
