"""The forge: one process per host that has scripts nobody reviewed run, each in a confined child of its own.

    python -m fabrication.geometry.forge --socket PATH

It holds no secrets and does no geometry; it watches. Clients speak `protocol.py` over the Unix socket, one
request a connection; closing the connection cancels the job. As root it becomes another unprivileged uid for
each slot (numbers, no accounts); as an ordinary user the walls alone hold.
"""

import argparse
import asyncio
import contextlib
import fcntl
import itertools
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path

from fabrication.errors import ForgeUnavailable
from fabrication.geometry import protocol
from fabrication.geometry.confinement.walls import Proof, Walls
from fabrication.geometry.protocol import Answer, Failed, ForgeHealth, RunRequest
from fabrication.geometry.supervisor import watched_job
from fabrication.geometry.supervisor.watched_job import Job, Outcome, Place
from fabrication.geometry.supervisor.zygote_link import ZygoteLink
from fabrication.geometry.zygote import load_kinds

FIRST_UID = 60_800
"""Slots take uids from here on: 60706 to 61183 are left unused by Debian Policy 9.2.2 and by systemd's UIDS-GIDS."""
WAITING_MAX = 64
RESTART_S = 2.0
_ROOT_PREFIX = "fabrication-forge-"


class Forge:
    """The queue in front of the slots, and what is known of the walls."""

    def __init__(self, root: Path, walls: Walls, slots: int, kinds: str | None) -> None:
        self.kinds = load_kinds(kinds)
        self.zygote = ZygoteLink(kinds)
        self.root, self.walls, self.slots = root, walls, slots
        self.bait = root / "bait"
        self.bait.write_text("bait")
        self.bait.chmod(0o666)
        self.drops = os.geteuid() == 0
        self.free = set(range(slots))
        self.slot_freed = asyncio.Semaphore(slots)
        self.waiting = 0
        self.numbers = itertools.count(1)
        self.proof: Proof | None = None
        self.reason = ""
        self.tried = asyncio.Event()
        """Set once the first zygote was started and its walls were tried, whatever came of it."""

    async def keep_ready(self) -> None:
        """Have a zygote at all times, and prove the walls with each new one."""
        while True:
            try:
                await self.zygote.ready()
                outcome = await self._run(RunRequest(kind="check", request={}), {})
            except (ForgeUnavailable, OSError) as error:
                self.proof, self.reason = None, str(error)
                self.tried.set()
            else:
                failed = isinstance(outcome.answer, Failed)
                self.proof = None if failed else outcome.proof
                self.reason = outcome.answer.message if isinstance(outcome.answer, Failed) else ""
                self.tried.set()
                await self.zygote.ended()
                self.proof, self.reason = None, "the geometry process is started anew"
            await asyncio.sleep(RESTART_S)

    async def run(self, request: RunRequest, inputs: dict[str, bytes]) -> tuple[Answer, dict[str, bytes]]:
        """Queue the job, run it, and say what became of it."""
        if request.kind not in self.kinds:
            return Failed(error="ForgeUnavailable", message=f"there is no job kind {request.kind!r}"), {}
        if self.waiting >= WAITING_MAX:
            return Failed(error="ForgeUnavailable", message=f"{self.waiting} jobs are waiting already; try later"), {}
        try:
            outcome = await self._run(request, inputs)
        except ForgeUnavailable as error:
            return Failed(error="ForgeUnavailable", message=str(error)), {}
        except OSError as error:
            return Failed(error="ForgeUnavailable", message=f"the forge's own folder failed: {error}"), {}
        return outcome.answer, outcome.files

    def health(self) -> ForgeHealth:
        """What holds now."""
        return ForgeHealth(
            ready=self.proof is not None,
            reason=self.reason,
            proof=self.proof,
            drops_to_uid=self.drops,
            slots=self.slots,
            running=self.slots - len(self.free),
            waiting=self.waiting,
            unavailable_kinds=self.zygote.unavailable,
        )

    async def _run(self, request: RunRequest, inputs: dict[str, bytes]) -> Outcome:
        kind = self.kinds[request.kind]
        self.waiting += 1
        try:
            await self.slot_freed.acquire()
        finally:
            self.waiting -= 1
        slot = self.free.pop()
        try:
            await self.zygote.ready()
            if request.kind in self.zygote.unavailable:
                raise ForgeUnavailable(f"{request.kind} cannot run here: {self.zygote.unavailable[request.kind]}")
            return await watched_job.run(
                self.zygote,
                Place(self.root, self.bait, FIRST_UID + slot if self.drops else None, self.walls),
                Job(
                    next(self.numbers),
                    request.kind,
                    kind,
                    request.request,
                    inputs,
                    kind.limits.tightened(request.limits),
                ),
            )
        finally:
            self.free.add(slot)
            self.slot_freed.release()


async def serve_client(forge: Forge, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request of one client."""
    try:
        request = protocol.parse_request(await _header(reader))
        if isinstance(request, RunRequest):
            inputs = {name: await reader.readexactly(length) for name, length in request.blobs}
            answer, files = await _unless_gone(forge.run(request, inputs), reader)
        else:
            answer, files = forge.health(), {}
        for piece in protocol.frame(answer, files):
            writer.write(piece)
        await writer.drain()
    except protocol.ProtocolError as error:
        for piece in protocol.frame(Failed(error="ForgeUnavailable", message=str(error))):
            writer.write(piece)
    except (asyncio.IncompleteReadError, ConnectionError, _ClientGone):
        pass  # whoever asked does not wait for an answer any more
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


class _ClientGone(Exception):
    """The client closed its connection, which cancels its job."""


async def _unless_gone(
    job: Coroutine[object, object, tuple[Answer, dict[str, bytes]]], reader: asyncio.StreamReader
) -> tuple[Answer, dict[str, bytes]]:
    running = asyncio.ensure_future(job)
    gone = asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise _ClientGone
        return running.result()
    finally:
        for task in (running, gone):
            task.cancel()
        await asyncio.wait({running, gone})


async def _header(reader: asyncio.StreamReader) -> bytes:
    prefix = await reader.readexactly(protocol.LENGTH.size)
    return await reader.readexactly(protocol.header_length(prefix))


async def serve(arguments: argparse.Namespace, root: Path) -> None:
    """Serve until SIGTERM, SIGINT, or the end of standard input where that is our lifeline."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if arguments.exit_with_stdin:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    walls = Walls(landlock_abi_max=arguments.landlock_abi_max, seccomp=not arguments.without_seccomp)
    forge = Forge(root, walls, arguments.slots, arguments.kinds)
    keeper = asyncio.ensure_future(forge.keep_ready())
    keeper.add_done_callback(lambda _: stop.set())
    server = None
    try:
        await _first(forge.tried, stop)
        server = await _listen(forge, arguments.socket)
        await stop.wait()
        if keeper.done():
            keeper.result()  # it never ends but by an error of ours
    finally:
        if server is not None:
            server.close()
            arguments.socket.unlink(missing_ok=True)
        keeper.cancel()
        forge.zygote.close()


async def _listen(forge: Forge, path: Path) -> asyncio.Server:
    """The socket gets its name when it can be connected to, and is the owner's alone from its first moment.

    Exits where another forge answers under that name.
    """
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))
        raise SystemExit(f"another forge answers at {path}")
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    os.umask(0o177)
    server = await asyncio.start_unix_server(lambda r, w: serve_client(forge, r, w), new)
    os.umask(0o077)
    new.rename(path)
    return server


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


@contextlib.contextmanager
def job_root() -> Iterator[Path]:
    """A folder that worker uids can pass through but not list; what a killed forge left behind is deleted."""
    for old in Path(tempfile.gettempdir()).glob(f"{_ROOT_PREFIX}*"):
        _delete_if_abandoned(old)
    # Locked before it has the name by which others look for abandoned ones.
    new = Path(tempfile.mkdtemp(prefix=f"new-{_ROOT_PREFIX}"))
    lock = os.open(new, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    root = new.rename(new.with_name(new.name.removeprefix("new-")))
    root.chmod(0o711)
    try:
        yield root
    finally:
        shutil.rmtree(root)
        os.close(lock)


def _delete_if_abandoned(root: Path) -> None:
    try:
        lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return  # another person's, or gone
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_uid == os.geteuid():
            shutil.rmtree(root)
    except BlockingIOError:
        pass  # a forge that lives
    finally:
        os.close(lock)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m fabrication.geometry.forge", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen on; made with mode 0600")
    parser.add_argument("--slots", type=int, default=os.cpu_count() or 1, help="jobs at once")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input closes")
    trial = parser.add_argument_group("trying the walls", "none of these makes a script less confined")
    trial.add_argument("--landlock-abi-max", type=int, help="use no more than this Landlock ABI")
    trial.add_argument("--without-seccomp", action="store_true", help="leave the filter out: every job is then refused")
    trial.add_argument(
        "--kinds", metavar="FILE", help="a Python file whose KINDS are offered instead of the usual ones"
    )
    with job_root() as root:
        asyncio.run(serve(parser.parse_args(), root))


if __name__ == "__main__":
    main()
