"""Forges under test: as root that drops to a uid, as an ordinary user, and each with Landlock as old as Linux 6.1's."""

import contextlib
import http.server
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fabrication.geometry.client import ForgeClient, start_forge

ORDINARY_UID = 60_990
PROBES = (Path(__file__).parent / "probes.py").read_text()


@dataclass(frozen=True)
class Running:
    """A forge, its only temporary folder, and where a script must not get to."""

    client: ForgeClient
    socket: Path
    pid: int
    temporary: Path
    outside: Path
    sibling: Path

    def leftovers(self) -> list[Path]:
        """Job folders that are still there."""
        return list(self.temporary.glob("fabrication-forge-*/job-*"))

    @property
    def zygote(self) -> int:
        """Its process id."""
        (pid,) = self.zygotes()
        return pid

    def zygotes(self) -> list[int]:
        """Those that run, behind their outer wall where there is one."""
        return [pid for child in children(self.pid) for pid in _behind_bubblewrap(child)]

    def jobs_alive(self) -> list[int]:
        """Confined children that still run; not the one that waits for a job."""
        return [job for zygote in self.zygotes() for job in children(zygote) if not is_spare(job)]


def is_spare(pid: int) -> bool:
    """Whether it was forked before there is a job for it; or is gone. Just forked, it has not said yet which it is."""
    deadline = time.monotonic() + 5
    while True:
        try:
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            return True
        if name in ("forge-spare", "forge-job") or time.monotonic() > deadline:
            return name == "forge-spare"
        time.sleep(0.005)


def children(pid: int) -> list[int]:
    """Of one-threaded process `pid`; none of one that is gone."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _behind_bubblewrap(pid: int) -> list[int]:
    """bubblewrap watches from outside and reaps from inside, so that the zygote is its child's child."""
    try:
        wraps = Path(f"/proc/{pid}/comm").read_text() == "bwrap\n"
    except FileNotFoundError:
        return []
    return [inner for child in children(pid) for inner in _behind_bubblewrap(child)] if wraps else [pid]


@contextlib.contextmanager
def running(
    *options: str,
    uid: int | None = None,
    kinds: str = "",
    temporary: Path | None = None,
    outer_wall: bool = False,
    socket_name: str = "forge.sock",
) -> Iterator[Running]:
    """A forge of its own, with `kinds` run where the probes are loaded, in `temporary` if given.

    Without an outer wall unless it is asked for: what holds should be shown to hold by the inner walls alone.
    """
    walls = [] if outer_wall else ["--no-outer-wall"]
    # Not pytest's own folder: that one is closed to every other uid.
    with tempfile.TemporaryDirectory(prefix="test-forge-") as name:
        home = Path(name)
        temporary = temporary or home / "tmp"
        temporary.mkdir(exist_ok=True)
        outside = home / "outside" / "secret"
        outside.parent.mkdir()
        outside.write_text("secret")
        for path, mode in ((home, 0o755), (temporary, 0o777), (outside.parent, 0o777), (outside, 0o666)):
            path.chmod(mode)
        if uid is not None:
            for path in (home, outside):
                os.chown(path, uid, uid)
        probes, socket = home / "probes.py", home / socket_name
        probes.write_text(f"{PROBES}\n{kinds}\n")
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("TMPDIR", str(temporary))
            process = start_forge(
                socket, home / "log", "--kinds", str(probes), "--slots", "2", *walls, *options, user=uid
            )
        try:
            (root,) = temporary.iterdir()
            sibling = root / "sibling"
            sibling.mkdir()
            (sibling / "design.py").write_text("another's")
            (sibling / "design.py").chmod(0o666)
            sibling.chmod(0o777)
            yield Running(ForgeClient(socket), socket, process.pid, temporary, outside, sibling / "design.py")
        finally:
            process.communicate(timeout=20)


WARM = "KINDS |= {'probe': JobKind(__name__, runs_author_code=True, preload=('cadquery',))}"
"""As in earnest: a large process, with the kernel's libraries mapped."""

AS = ["root dropping", "ordinary user"] if os.geteuid() == 0 else ["ordinary user"]
KERNELS = ["own Landlock", "Landlock 2"]


WAYS = [f"{who}, {kernel}" for who in AS for kernel in KERNELS]


@pytest.fixture(scope="session", params=WAYS)
def forge(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Each way the forge can run."""
    yield from _running_as(request.param)


@pytest.fixture(scope="session", params=dict.fromkeys([WAYS[0], WAYS[-1]]))
def forge_of_each_user(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Each user and each kernel once: for what is slow to try."""
    yield from _running_as(request.param)


def _running_as(way: str) -> Iterator[Running]:
    who, kernel = way.split(", ")
    uid = ORDINARY_UID if who == "ordinary user" and os.geteuid() == 0 else None
    with running(*(["--landlock-abi-max", "2"] if kernel == "Landlock 2" else []), uid=uid, kinds=WARM) as one:
        yield one


@pytest.fixture(scope="session")
def ordinary_uid() -> int:
    """Nobody's uid."""
    return ORDINARY_UID


@pytest.fixture(scope="session")
def running_forge():
    """For a test, or a fixture, that needs a forge of its own."""
    return running


@pytest.fixture(scope="session")
def dropping_forge() -> Iterator[Running]:
    """One forge as whoever runs the tests: as root it drops to other uids."""
    with running(kinds=WARM) as one:
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
