"""The supervisor's end of one zygote, from its start to its end: order children, hear of their ends."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from fabrication.errors import ForgeUnavailable
from fabrication.geometry.confinement.walls import Order
from fabrication.geometry.zygote.messages import ORDER_MAX, Exited, Forked, Ready, Refused, Report, Settled

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
    # Memory that a child asks for comes in huge pages where the system allows it: fewer faults.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    # A script that goes through a set goes the same way each time.
    "PYTHONHASHSEED": "0",
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


@dataclass(frozen=True, slots=True)
class Outgrown:
    """When a zygote is to be replaced: it holds `growth` times more memory of its own than when it was ready, or has
    forked `forks` times. The second is for what the first does not see, page tables and the kernel's own books."""

    growth: float = 0.25
    forks: int = 10_000


class ZygoteLink:
    """One zygote, started at once. All methods belong to the event loop's thread."""

    def __init__(self, kinds: str | None, wall: tuple[str, ...], limits: Outgrown) -> None:
        """`wall` is the command line of an outer wall, put before the zygote's own; empty for none."""
        loop = asyncio.get_running_loop()
        self.unavailable: dict[str, str] = {}
        self.bytes = self.forks = 0
        self.outgrown, self.ended = asyncio.Event(), asyncio.Event()
        self._limits, self._bytes_when_ready = limits, 0
        self._ready: asyncio.Future[None] = loop.create_future()
        self._pending: dict[int, _Pending] = {}
        self._users, self._retired = 0, False
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = _spawn(wall, theirs.fileno(), kinds)
        self._channel.setblocking(False)
        loop.add_reader(self._channel, self._receive)

    async def ready(self) -> None:
        """Wait until it has imported everything. Raises ForgeUnavailable if it ends before."""
        await asyncio.shield(self._ready)

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """It does not end by being retired meanwhile."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            self._close_if_retired()

    def retire(self) -> None:
        """End it as soon as nobody uses it."""
        self._retired = True
        self._close_if_retired()

    async def fork(self, order: Order, fds: tuple[int, int, int]) -> Child:
        """Have a child forked with descriptors log, result and request. Raises ForgeUnavailable."""
        if self.ended.is_set():
            raise ForgeUnavailable("the geometry process ended; try again")
        pending = self._pending[order.job] = _Pending(asyncio.get_running_loop().create_future())
        socket.send_fds(self._channel, [msgspec.json.encode(order)], list(fds))
        return Child(await pending.forked, pending.exited)

    def close(self, why: str = "the forge is shutting down") -> None:
        """End it now; its children die with it, by their parent-death signal."""
        if self.ended.is_set():
            return
        self.ended.set()
        asyncio.get_running_loop().remove_reader(self._channel)
        self._channel.close()
        self._process.kill()
        self._process.wait()
        pending, self._pending = self._pending, {}
        for one in pending.values():
            _settle(one.forked, ForgeUnavailable(why))
            _settle(one.exited, ForgeUnavailable(why))
        _settle(self._ready, ForgeUnavailable(why))

    def _close_if_retired(self) -> None:
        if self._retired and not self._users:
            self.close()

    def _receive(self) -> None:
        data, fds, _, _ = socket.recv_fds(self._channel, ORDER_MAX, 1)
        if not data:
            self.close("the geometry process ended and is started anew; try again")
            return
        report = msgspec.json.decode(data, type=Report)
        match report:
            case Ready(unavailable, own_bytes):
                self.unavailable = unavailable
                self.bytes = self._bytes_when_ready = own_bytes
                self._ready.set_result(None)
            case Settled(own_bytes):
                self.bytes = self._bytes_when_ready = own_bytes
            case Forked(job):
                self.forks += 1
                self._pending[job].forked.set_result(fds[0])
            case Refused(job, reason):
                pending = self._pending.pop(job)
                _settle(pending.forked, ForgeUnavailable(reason))
            case Exited(job):
                self.bytes = report.own_bytes
                self._pending.pop(job).exited.set_result(report)
        if self.forks >= self._limits.forks or self.bytes > self._bytes_when_ready * (1 + self._limits.growth):
            self.outgrown.set()


def _settle(future: "asyncio.Future[int] | asyncio.Future[Exited] | asyncio.Future[None]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # nobody may be waiting for it


def _spawn(wall: tuple[str, ...], channel: int, kinds: str | None) -> "subprocess.Popen[bytes]":
    # -P -s: neither the working directory nor a user's own packages are searched for modules.
    command = [*wall, sys.executable, "-P", "-s", "-m", "fabrication.geometry.zygote", str(channel)]
    return subprocess.Popen(
        [*command, *([kinds] if kinds else [])],
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        pass_fds=(channel,),
        start_new_session=True,
        cwd="/",
    )
