"""The zygote: has the geometry kernel imported and forks a confined child for each job.

It does no geometry: after one boolean or mesh the kernel's thread pool exists, does not survive a fork, and
every child would deadlock. So it forks only while it has exactly one thread. It never sees a request (that goes
by descriptor from the supervisor to the child) and holds nothing that a script may not read.

Over the SEQPACKET socket whose descriptor is the first argument: in, `Order` with the descriptors of log, result
and request; out, `Ready` once, `Forked` with a pidfd or `Refused`, and `Exited`.
"""

import gc
import importlib
import importlib.util
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from fabrication.errors import ScriptFailed, SourceError, UploadRefused, ValueRefused
from fabrication.geometry.confinement import canaries, landlock, linux, walls
from fabrication.geometry.confinement.walls import Order
from fabrication.geometry.jobs import KINDS, JobKind
from fabrication.geometry.protocol import MESSAGE_MAX, NAME_MAX, Claimed, Confined, Raised, Unconfined

ORDER_MAX = 64 * 1024


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Everything is imported; `unavailable` says why some kinds are not. `own_bytes`: see `_own_bytes`."""

    unavailable: dict[str, str]
    own_bytes: int


class Forked(msgspec.Struct, frozen=True, tag="forked"):
    """The child runs; its pidfd comes along."""

    job: int


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """No child was forked."""

    job: int
    reason: str


class Exited(msgspec.Struct, frozen=True, tag="exited"):
    """`status` as of `waitpid`; `cpu_s` is user and system time."""

    job: int
    status: int
    cpu_s: float
    own_bytes: int


Report = Ready | Forked | Refused | Exited

Run = Callable[[dict[str, object], Path], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A kind whose module is imported."""

    run: Run
    runs_author_code: bool


def load_kinds(file: str | None) -> dict[str, JobKind]:
    """The forge's kinds, or those of the Python file `file`, whose module is then called KINDS_MODULE.

    Only the forge's command line can name such a file; it is for trying the walls. Raises whatever the file does.
    """
    if file is None:
        return KINDS
    spec = importlib.util.spec_from_file_location(KINDS_MODULE, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[KINDS_MODULE] = module
    spec.loader.exec_module(module)
    return cast(dict[str, JobKind], module.KINDS)


KINDS_MODULE = "fabrication_kinds_on_trial"


def main(channel_fd: int, kinds: str | None) -> None:
    """Import, report, and serve orders until the supervisor is gone."""
    parent = os.getppid()
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    kinds_loaded, unavailable = _preload(load_kinds(kinds))
    os.environ.clear()
    readable = landlock.readable_folders()
    channel = socket.socket(fileno=channel_fd)
    gc.collect()
    gc.freeze()  # children then do not copy pages only because the collector looked at them
    _report(channel, Ready(unavailable, _own_bytes()))
    _Zygote(channel, kinds_loaded, readable, parent).serve()


def _preload(kinds: dict[str, JobKind]) -> tuple[dict[str, Loaded], dict[str, str]]:
    loaded: dict[str, Loaded] = {}
    unavailable: dict[str, str] = {}
    for name, kind in kinds.items():
        try:
            for module in kind.preload:
                importlib.import_module(module)
            run = cast(Run, importlib.import_module(kind.module).run)
            loaded[name] = Loaded(run, kind.runs_author_code)
        except Exception as error:  # noqa: BLE001  a kind that cannot be loaded takes no other down
            traceback.print_exc()
            unavailable[name] = f"{type(error).__name__}: {error}"
    return loaded, unavailable


class _Zygote:
    def __init__(
        self, channel: socket.socket, kinds: dict[str, Loaded], readable: tuple[str, ...], parent: int
    ) -> None:
        self.channel, self.kinds, self.readable, self.parent = channel, kinds, readable, parent
        self.children: dict[int, tuple[int, int]] = {}
        """pidfd → (pid, job)"""

    def serve(self) -> None:
        poll = select.poll()
        poll.register(self.channel, select.POLLIN)
        while os.getppid() == self.parent:
            for fd, _ in poll.poll():
                if fd == self.channel.fileno():
                    data, fds, _, _ = socket.recv_fds(self.channel, ORDER_MAX, 3)
                    if not data:
                        return
                    self._fork(msgspec.json.decode(data, type=Order), fds, poll)
                else:
                    self._reap(fd, poll)

    def _fork(self, order: Order, fds: list[int], poll: select.poll) -> None:
        threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
        if threads != 1:
            _report(self.channel, Refused(order.job, f"the zygote has {threads} threads, so a child could deadlock"))
        else:
            sys.stdout.flush()
            sys.stderr.flush()
            zygote = os.getpid()
            pid = os.fork()
            if pid == 0:
                _child(order, self.kinds[order.kind], self.readable, zygote, (fds[0], fds[1], fds[2]))
            pidfd = os.pidfd_open(pid)
            self.children[pidfd] = (pid, order.job)
            poll.register(pidfd, select.POLLIN)
            _report(self.channel, Forked(order.job), pidfd)
        for fd in fds:
            os.close(fd)

    def _reap(self, pidfd: int, poll: select.poll) -> None:
        pid, job = self.children.pop(pidfd)
        _, status, usage = os.wait4(pid, 0)
        poll.unregister(pidfd)
        os.close(pidfd)
        _report(self.channel, Exited(job, status, usage.ru_utime + usage.ru_stime, _own_bytes()))


def _own_bytes() -> int:
    """The zygote's memory that is no file's, whether or not children share it still: proc_pid_status(5), RssAnon.

    What libraries have mapped comes and goes with the system's need; this only grows if we keep something.
    """
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1]) * 1024


def _report(channel: socket.socket, report: Report, *fds: int) -> None:
    socket.send_fds(channel, [msgspec.json.encode(report)], list(fds))


def _child(order: Order, kind: Loaded, readable: tuple[str, ...], zygote: int, fds: tuple[int, int, int]) -> None:
    """Wall in, read the request, run the job, write its result, and never return to the zygote's own code."""
    exit_code = walls.EXIT_UNCONFINED
    try:
        walls.settle(zygote, fds)
        try:
            proof = walls.raise_walls(order, readable, zygote)
        except (OSError, ValueError, KeyError, canaries.WallMissing) as error:
            _write(walls.RESULT_FD, msgspec.json.encode(Unconfined(reason=f"{error}"[:MESSAGE_MAX])))
            return
        _write(walls.RESULT_FD, msgspec.json.encode(Confined(proof=proof)))
        exit_code = 1
        with open(walls.REQUEST_FD, "rb") as file:  # noqa: PTH123
            request = msgspec.json.decode(file.read(), type=dict[str, object])
        _write(walls.RESULT_FD, msgspec.json.encode(_outcome(kind, request, Path(order.folder))))
        sys.stdout.flush()
        sys.stderr.flush()
        exit_code = 0
    finally:
        os._exit(exit_code)


def _outcome(kind: Loaded, request: dict[str, object], folder: Path) -> Claimed | Raised:
    try:
        claim = kind.run(request, folder)
        msgspec.json.encode(claim)
    except (ScriptFailed, SourceError) as error:
        return Raised(error=type(error).__name__, message=_without_line(error)[:MESSAGE_MAX], line=error.line)
    except ValueRefused as error:
        return Raised(error="ValueRefused", message=str(error)[:MESSAGE_MAX], problems=error.problems)
    except UploadRefused as error:
        return Raised(error="UploadRefused", message=str(error)[:MESSAGE_MAX])
    except OSError as error:
        # The number is what tells a passed limit from an author's mistake.
        _log_traceback(kind)
        return Raised(error="OSError", message=str(error)[:MESSAGE_MAX], line=error.errno)
    except BaseException as error:  # noqa: BLE001  whatever a script or the kernel raises is an outcome
        _log_traceback(kind)
        return Raised(error=type(error).__name__[:NAME_MAX], message=str(error)[:MESSAGE_MAX])
    return Claimed(claim=claim)


def _log_traceback(kind: Loaded) -> None:
    if kind.runs_author_code:
        return  # an author's log is what their script printed, not where we stood
    # An exception may quote whatever it likes; that is no reason to be stopped for printing too much.
    sys.stderr.write(traceback.format_exc()[-MESSAGE_MAX:])


def _without_line(error: ScriptFailed | SourceError) -> str:
    return str(error).removeprefix(f"line {error.line}: ")


def _write(fd: int, line: bytes) -> None:
    rest = memoryview(line + b"\n")
    while rest:
        rest = rest[os.write(fd, rest) :]


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
