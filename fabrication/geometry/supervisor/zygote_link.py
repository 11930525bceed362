"""The supervisor's end of the zygote: start it, order children, hear of their ends, start it again if it dies."""

import asyncio
import socket
import subprocess
import sys
from dataclasses import dataclass, field

import msgspec

from fabrication.errors import ForgeUnavailable
from fabrication.geometry import zygote
from fabrication.geometry.confinement.walls import Order
from fabrication.geometry.zygote import Exited, Forked, Ready, Refused

_ENVIRONMENT = {
    # More than one thread before a fork is a deadlock after it.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
    # ezdxf asks for it, and makes folders in it where it can.
    "HOME": "/dev/null",
    "PYTHONDONTWRITEBYTECODE": "1",
    # Several allocation arenas a thread would count against the limit on memory.
    "MALLOC_ARENA_MAX": "2",
}
"""All the zygote ever knows of the world around it."""


@dataclass
class Child:
    """A forked child; `pidfd` is ours to close, `exited` is set once the zygote has reaped it."""

    pidfd: int
    exited: asyncio.Future[Exited]


@dataclass
class _Pending:
    forked: asyncio.Future[int]
    exited: asyncio.Future[Exited] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class ZygoteLink:
    """One zygote at a time. All methods belong to the event loop's thread."""

    def __init__(self, kinds: str | None) -> None:
        self.kinds = kinds
        self.unavailable: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._ready: asyncio.Future[None] | None = None
        self._pending: dict[int, _Pending] = {}
        self._ended = asyncio.Event()

    async def ready(self) -> None:
        """Start the zygote if there is none and wait until it has imported everything. Raises ForgeUnavailable."""
        if self._ready is None:
            self._start()
        assert self._ready is not None  # noqa: S101  for the type checker
        await asyncio.shield(self._ready)

    @property
    def pid(self) -> int | None:
        """The running zygote's process id."""
        return self._process.pid if self._process else None

    async def ended(self) -> None:
        """Wait until the zygote that runs now is gone."""
        await self._ended.wait()

    async def fork(self, order: Order, fds: tuple[int, int, int]) -> Child:
        """Have a child forked with descriptors log, result and request. Raises ForgeUnavailable."""
        await self.ready()
        assert self._channel is not None  # noqa: S101
        pending = self._pending[order.job] = _Pending(asyncio.get_running_loop().create_future())
        socket.send_fds(self._channel, [msgspec.json.encode(order)], list(fds))
        return Child(await pending.forked, pending.exited)

    def close(self) -> None:
        """End the zygote; its children die with it."""
        if self._process is not None:
            self._process.kill()
        self._lost("the forge is shutting down")

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ready = loop.create_future()
        self._ended.clear()
        with theirs:
            self._process = _spawn(theirs.fileno(), self.kinds)
        self._channel = ours
        ours.setblocking(False)
        loop.add_reader(ours, self._receive)

    def _receive(self) -> None:
        assert self._channel is not None and self._ready is not None  # noqa: S101
        data, fds, _, _ = socket.recv_fds(self._channel, zygote.ORDER_MAX, 1)
        if not data:
            self._lost("the geometry process ended and is started anew; try again")
            return
        report = msgspec.json.decode(data, type=zygote.Report)
        match report:
            case Ready(unavailable):
                self.unavailable = unavailable
                self._ready.set_result(None)
            case Forked(job):
                self._pending[job].forked.set_result(fds[0])
            case Refused(job, reason):
                pending = self._pending.pop(job)
                _settle(pending.forked, ForgeUnavailable(reason))
            case Exited(job):
                self._pending.pop(job).exited.set_result(report)

    def _lost(self, why: str) -> None:
        """The zygote is gone, and by their parent-death signal so are its children."""
        if self._channel is not None:
            asyncio.get_running_loop().remove_reader(self._channel)
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        pending, self._pending = self._pending, {}
        for one in pending.values():
            _settle(one.forked, ForgeUnavailable(why))
            _settle(one.exited, ForgeUnavailable(why))
        if self._ready is not None:
            _settle(self._ready, ForgeUnavailable(why))
        self._process = self._channel = self._ready = None
        self._ended.set()


def _settle(future: "asyncio.Future[int] | asyncio.Future[Exited] | asyncio.Future[None]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # nobody may be waiting for it


def _spawn(channel: int, kinds: str | None) -> "subprocess.Popen[bytes]":
    # -P -s: neither the working directory nor a user's own packages are searched for modules.
    command = [sys.executable, "-P", "-s", "-m", "fabrication.geometry.zygote", str(channel)]
    return subprocess.Popen(
        [*command, *([kinds] if kinds else [])],
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        pass_fds=(channel,),
        start_new_session=True,
        cwd="/",
    )
