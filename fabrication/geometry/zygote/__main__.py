"""The zygote: `python -m fabrication.geometry.zygote DESCRIPTOR [KINDS]`.

The kernel's pool of threads does not survive a fork: a child that used it would deadlock. So the pool is kept to one
(see `jobs/rehearsal.py`), and the zygote forks only while it has exactly one thread. It never sees a request (that goes
by descriptor from the supervisor to the child) and holds nothing that a script may not read.

Over the SEQPACKET socket whose descriptor is the first argument: in, `Order` with the descriptors of log, result
and request; out, `Ready` once, `Settled` at most once, `Forked` with a pidfd or `Refused`, and `Exited`.
"""

import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fabrication.geometry.confinement import landlock, linux
from fabrication.geometry.confinement.walls import Order
from fabrication.geometry.jobs import JobKind
from fabrication.geometry.zygote import child, huge_pages
from fabrication.geometry.zygote.kinds import Loaded, load_kinds, preload
from fabrication.geometry.zygote.messages import ORDER_MAX, Exited, Forked, Ready, Refused, Report, Settled
from fabrication.geometry.zygote.spare import Spare

IDLE_MS, SPARE_MS = 500, 20
"""Without an order for so long, nobody waits: what could wait is imported, or a child forked before its job comes."""


def main(channel_fd: int, kinds: str | None) -> None:
    """Import, report, and serve orders until the supervisor is gone."""
    parent = os.getppid()
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    asked = load_kinds(kinds)
    kinds_loaded, unavailable = preload(asked)
    channel = socket.socket(fileno=channel_fd)
    _settle()
    _report(channel, Ready(unavailable, _own_bytes()))
    _Zygote(channel, parent, asked, kinds_loaded).serve()


def _settle() -> None:
    """Make what was imported cheap to fork."""
    gc.collect()
    gc.freeze()  # children then do not copy pages only because the collector looked at them
    huge_pages.collapse()


class _Zygote:
    def __init__(
        self, channel: socket.socket, parent: int, asked: Mapping[str, JobKind], kinds: dict[str, Loaded]
    ) -> None:
        self.channel, self.parent, self.kinds = channel, parent, kinds
        self.readable = landlock.readable_folders()
        self.later = [module for kind in asked.values() for module in kind.later]
        self.rehearsals = [kind.rehearsal for name, kind in asked.items() if kind.rehearsal and name in kinds]
        self.poll = select.poll()
        self.poll.register(channel, select.POLLIN)
        self.processors = len(os.sched_getaffinity(0))
        self.spare: Spare | None = None
        self.children: dict[int, tuple[int, int | None]] = {}
        """pidfd → (pid, job); those without a job are spares, and are not reported."""

    def serve(self) -> None:
        while os.getppid() == self.parent:
            events = self.poll.poll(self._patience_ms())
            if not events:
                self._use_idle_time()
            for fd, _ in events:
                if fd == self.channel.fileno():
                    data, fds, _, _ = socket.recv_fds(self.channel, ORDER_MAX, 3)
                    if not data:
                        return
                    self._serve(msgspec.json.decode(data, type=Order), fds)
                else:
                    self._reap(fd)

    def _patience_ms(self) -> int | None:
        busy = sum(job is not None for _, job in self.children.values())
        if self.spare is None and busy < self.processors and _threads() == 1:
            return SPARE_MS
        return IDLE_MS if self.later and not busy else None

    def _use_idle_time(self) -> None:
        if self.spare is not None:
            self._import_later()
        _flush()
        self.spare = Spare(self.kinds, self.readable, self.rehearsals)
        self._watch(self.spare.pid, self.spare.pidfd, None)

    def _import_later(self) -> None:
        """What few scripts need, once nobody waits; until then such a script imports it itself, in its child."""
        for module in self.later:
            importlib.import_module(module)
        self.later = []
        os.environ.clear()
        _settle()
        _report(self.channel, Settled(_own_bytes()))
        if self.spare is not None:  # it has not imported this
            self.spare.dismiss()

    def _serve(self, order: Order, fds: list[int]) -> None:
        if _threads() != 1:
            reason = f"the zygote has {_threads()} threads, so a child could deadlock"
            _report(self.channel, Refused(order.job, reason))
        else:
            pidfd = self._given_to_spare(order, fds) or self._forked(order, fds)
            _report(self.channel, Forked(order.job), pidfd)
        for fd in fds:
            os.close(fd)

    def _given_to_spare(self, order: Order, fds: list[int]) -> int | None:
        if self.spare is None or not self.spare.is_ready:
            return None
        spare, self.spare = self.spare, None
        if not spare.give(order, fds):  # it is dead; `_reap` hears of it
            return None
        self.children[spare.pidfd] = (spare.pid, order.job)
        return spare.pidfd

    def _forked(self, order: Order, fds: list[int]) -> int:
        _flush()
        zygote = os.getpid()
        pid = os.fork()
        if pid == 0:
            child.do(order, self.kinds[order.kind], self.readable, zygote, (fds[0], fds[1], fds[2]))
        pidfd = os.pidfd_open(pid)
        self._watch(pid, pidfd, order.job)
        return pidfd

    def _watch(self, pid: int, pidfd: int, job: int | None) -> None:
        self.children[pidfd] = (pid, job)
        self.poll.register(pidfd, select.POLLIN)

    def _reap(self, pidfd: int) -> None:
        pid, job = self.children.pop(pidfd)
        _, status, usage = os.wait4(pid, 0)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        if self.spare is not None and self.spare.pidfd == pidfd:
            self.spare.dismiss()
            self.spare = None
        if job is not None:
            _report(self.channel, Exited(job, status, usage.ru_utime + usage.ru_stime, _own_bytes()))


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208


def _flush() -> None:
    """What is still buffered would come out of each child again."""
    sys.stdout.flush()
    sys.stderr.flush()


def _own_bytes() -> int:
    """The zygote's memory that is no file's, whether or not children share it still: proc_pid_status(5), RssAnon.

    What libraries have mapped comes and goes with the system's need; this only grows if we keep something.
    """
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1]) * 1024


def _report(channel: socket.socket, report: Report, *fds: int) -> None:
    socket.send_fds(channel, [msgspec.json.encode(report)], list(fds))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
