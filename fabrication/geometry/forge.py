"""The forge: one process per host that has scripts nobody reviewed run, each in a confined child of its own.

    python -m fabrication.geometry.forge --socket PATH

It holds no secrets and does no geometry; it watches. Clients speak `protocol.py` over the Unix socket, one
request a connection; closing the connection cancels the job. As root it becomes another unprivileged uid for
each slot (numbers, no accounts); as an ordinary user the walls alone hold.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from fabrication.errors import ForgeUnavailable
from fabrication.geometry import protocol
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.confinement.walls import Walls
from fabrication.geometry.protocol import Answer, Failed, ForgeHealth, Progress, RunRequest
from fabrication.geometry.supervisor import watched_job
from fabrication.geometry.supervisor.job_root import job_root
from fabrication.geometry.supervisor.outer_wall import OuterWall, bubblewrap
from fabrication.geometry.supervisor.queue import QueueFull
from fabrication.geometry.supervisor.turns import Turn, Turns
from fabrication.geometry.supervisor.watched_job import Job, Outcome, Place
from fabrication.geometry.supervisor.zygote_link import Outgrown, ZygoteLink
from fabrication.geometry.supervisor.zygotes import Zygotes
from fabrication.geometry.zygote.kinds import load_kinds

FIRST_UID = 60_800
"""Slots take uids from here on: 60706 to 61183 are left unused by Debian Policy 9.2.2 and by systemd's UIDS-GIDS."""
PROGRESS_S = 1.0


Tell: TypeAlias = Callable[[Progress], None]
_T = TypeVar("_T")


class Forge:
    """The slots, the queue in front of them, and the zygote behind them."""

    def __init__(self, root: Path, walls: Walls, slots: int, kinds: str | None) -> None:
        self.kinds = load_kinds(kinds)
        self.root, self.walls, self.slots = root, walls, slots
        self.bait = root / "bait"
        self.bait.write_text("bait")
        self.bait.chmod(0o666)
        self.drops = os.geteuid() == 0
        self.turns = Turns(slots)
        self.numbers = itertools.count(1)

    def keep_zygotes(self, kinds: str | None, wall: OuterWall, limits: Outgrown) -> Zygotes:
        """Those that run our jobs; to be kept with `Zygotes.keep`."""
        self.zygotes = Zygotes(kinds, wall, limits, self._prove)
        return self.zygotes

    async def run(
        self, request: RunRequest, inputs: dict[str, bytes], tell: Tell | None = None
    ) -> tuple[Answer, dict[str, bytes]]:
        """Queue the job, run it, and say what became of it; `tell` is told how it stands."""
        if request.kind not in self.kinds:
            return _unavailable(f"there is no job kind {request.kind!r}")
        try:
            turn = self.turns.enter(request.asker, background=request.lane == "background", replaces=request.replaces)
        except QueueFull as error:
            return _unavailable(str(error))
        telling = asyncio.ensure_future(self._tell(turn, tell)) if tell else None
        try:
            outcome = await _unless(turn.superseded, self._run(turn, request, inputs))
        except ForgeUnavailable as error:
            return _unavailable(str(error))
        except OSError as error:
            return _unavailable(f"the forge's own folder failed: {error}")
        finally:
            if telling is not None:
                telling.cancel()
            self.turns.leave(turn)
        if outcome is None:
            return Failed(error="Superseded", message="stopped: something newer was asked for instead"), {}
        return outcome.answer, outcome.files

    def health(self) -> ForgeHealth:
        """What holds now."""
        zygote = self.zygotes.current
        return ForgeHealth(
            ready=self.zygotes.proof is not None,
            reason=self.zygotes.reason,
            proof=self.zygotes.proof,
            drops_to_uid=self.drops,
            slots=self.slots,
            running=len(self.turns.queue.running),
            waiting=self.turns.queue.waiting,
            astray=self.turns.astray(),
            unavailable_kinds=zygote.unavailable if zygote else {},
            outer_wall=self.zygotes.wall.words,
            zygotes_started=self.zygotes.started,
            zygote_forks=zygote.forks if zygote else 0,
            zygote_bytes=zygote.bytes if zygote else 0,
        )

    async def _run(self, turn: Turn, request: RunRequest, inputs: dict[str, bytes]) -> Outcome:
        await turn.begun.wait()
        assert turn.slot is not None  # noqa: S101 (it has begun)
        async with self.zygotes.one() as zygote:
            if request.kind in zygote.unavailable:
                raise ForgeUnavailable(f"{request.kind} cannot run here: {zygote.unavailable[request.kind]}")
            limits = self.kinds[request.kind].limits.tightened(request.limits)
            return await self._in_zygote(zygote, request, inputs, limits, turn.slot)

    async def _prove(self, zygote: ZygoteLink) -> Outcome:
        """A check job, which waits for no slot and has a uid that no slot has."""
        return await self._in_zygote(zygote, RunRequest(kind="check", request={}), {}, Limits(), self.slots)

    async def _in_zygote(
        self, zygote: ZygoteLink, request: RunRequest, inputs: dict[str, bytes], limits: Limits, uid: int
    ) -> Outcome:
        return await watched_job.run(
            zygote,
            Place(self.root, self.bait, FIRST_UID + uid if self.drops else None, self.walls),
            Job(next(self.numbers), request.kind, self.kinds[request.kind], request.request, inputs, limits),
        )

    async def _tell(self, turn: Turn, tell: Tell) -> None:
        while True:
            tell(self.turns.progress(turn))
            if turn.begun.is_set():
                await asyncio.sleep(PROGRESS_S)
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(turn.begun.wait(), PROGRESS_S)


def _unavailable(why: str) -> tuple[Failed, dict[str, bytes]]:
    return Failed(error="ForgeUnavailable", message=why), {}


async def _unless(end: asyncio.Future[Any], job: Coroutine[object, object, _T]) -> _T | None:
    """What `job` answers; None if `end` came first, by when the job is cancelled and gone."""
    running = asyncio.ensure_future(job)
    try:
        await asyncio.wait({running, end}, return_when=asyncio.FIRST_COMPLETED)
        return running.result() if running.done() else None
    finally:
        running.cancel()
        await asyncio.wait({running})


async def serve_client(forge: Forge, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request of one client."""
    try:
        request = protocol.parse_request(await _header(reader))
        if isinstance(request, RunRequest):
            inputs = {name: await reader.readexactly(length) for name, length in request.blobs}

            def tell(progress: Progress) -> None:
                writer.writelines(protocol.frame(progress))

            gone = asyncio.ensure_future(reader.read(1))
            try:
                answered = await _unless(gone, forge.run(request, inputs, tell if request.progress else None))
            finally:
                gone.cancel()
            if answered is None:
                return  # the client closed its connection, which cancels its job
            answer, files = answered
        else:
            answer, files = forge.health(), {}
        for piece in protocol.frame(answer, files):
            writer.write(piece)
        await writer.drain()
    except protocol.ProtocolError as error:
        for piece in protocol.frame(Failed(error="ForgeUnavailable", message=str(error))):
            writer.write(piece)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # whoever asked does not wait for an answer any more
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


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
    wall = OuterWall((), "none: not wanted") if arguments.no_outer_wall else bubblewrap(root, arguments.kinds)
    limits = Outgrown(arguments.zygote_growth_max, arguments.zygote_forks_max)
    zygotes = forge.keep_zygotes(arguments.kinds, wall, limits)
    keeper = asyncio.ensure_future(zygotes.keep())
    keeper.add_done_callback(lambda _: stop.set())
    server = None
    try:
        await _first(zygotes.tried, stop)
        server = await _listen(forge, arguments.socket)
        await stop.wait()
        if keeper.done():
            keeper.result()  # it never ends but by an error of ours
    finally:
        if server is not None:
            server.close()
            arguments.socket.unlink(missing_ok=True)
        keeper.cancel()
        zygotes.close()


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


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m fabrication.geometry.forge", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen on; made with mode 0600")
    parser.add_argument("--slots", type=int, default=len(os.sched_getaffinity(0)), help="jobs at once")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input closes")
    parser.add_argument("--no-outer-wall", action="store_true", help="do without bubblewrap also where it works")
    parser.add_argument(
        "--zygote-growth-max",
        type=float,
        default=Outgrown().growth,
        metavar="SHARE",
        help="start the geometry process afresh when its memory grew by this share (%(default)s)",
    )
    parser.add_argument(
        "--zygote-forks-max",
        type=int,
        default=Outgrown().forks,
        metavar="N",
        help="and after this many jobs (%(default)s)",
    )
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
