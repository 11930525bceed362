"""A child that is forked and has rehearsed before there is a job for it.

After a fork each page that is written is copied first, which costs a build a tenth of its time. A spare has that behind
it when its job comes. It has seen no request and raises its walls then, as every child does.
"""

import contextlib
import os
import signal
import socket
import traceback
from collections.abc import Mapping, Sequence

import msgspec

from fabrication.geometry.confinement import walls
from fabrication.geometry.confinement.walls import Order
from fabrication.geometry.zygote import child
from fabrication.geometry.zygote.kinds import Loaded, rehearse
from fabrication.geometry.zygote.messages import ORDER_MAX

NAME = "forge-spare"
"""What the process is called while it has no job, for whoever looks at the system's list."""
_READY, _TAKEN = b"r", b"t"
TAKE_S = 1.0
"""A spare that has not taken its job by then is killed: it is stopped, or dying with its socket still open."""


class Spare:
    """The zygote's end of it. Forked when made; whoever makes one has exactly one thread."""

    def __init__(self, kinds: Mapping[str, Loaded], readable: tuple[str, ...], rehearsals: Sequence[str]) -> None:
        zygote = os.getpid()
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            _wait(theirs, zygote, kinds, readable, rehearsals)
        theirs.close()
        self.pidfd = os.pidfd_open(self.pid)
        self._rehearsed = False

    @property
    def is_ready(self) -> bool:
        """Whether its rehearsal is over; before that a fresh fork is quicker."""
        with contextlib.suppress(BlockingIOError):
            self._rehearsed = self._rehearsed or self._ours.recv(1, socket.MSG_DONTWAIT) == _READY
        return self._rehearsed

    def give(self, order: Order, fds: Sequence[int]) -> bool:
        """Its job; whether it took it. One that did not never will."""
        with self._ours, contextlib.suppress(OSError):
            self._ours.settimeout(TAKE_S)
            socket.send_fds(self._ours, [msgspec.json.encode(order)], list(fds))
            if self._ours.recv(1) == _TAKEN:
                return True
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        return False

    def dismiss(self) -> None:
        """End it: it ends by itself when its socket does."""
        self._ours.close()


def _wait(
    ours: socket.socket,
    zygote: int,
    kinds: Mapping[str, Loaded],
    readable: tuple[str, ...],
    rehearsals: Sequence[str],
) -> None:
    """Never returns to the zygote's own code."""
    try:
        walls.die_with(zygote)
        child.name_process(NAME)
        os.closerange(3, ours.fileno())
        os.closerange(ours.fileno() + 1, 2**31 - 1)
        for module in rehearsals:
            rehearse(module)
        ours.send(_READY)
        try:
            data, fds, _, _ = socket.recv_fds(ours, ORDER_MAX, 3)
        except ConnectionResetError:  # dismissed before it was asked whether it is ready
            return
        if data:
            ours.send(_TAKEN)
            order = msgspec.json.decode(data, type=Order)
            child.do(order, kinds[order.kind], readable, zygote, (fds[0], fds[1], fds[2]))
    except BaseException:  # noqa: BLE001  nobody else would hear of it
        traceback.print_exc()
    finally:
        os._exit(walls.EXIT_UNCONFINED)
