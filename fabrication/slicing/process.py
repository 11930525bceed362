"""Another program run at arm's length: its own folder, user, limits and deadline, walled in, without our environment.

A process with threads may call this: nothing of ours runs between fork and exec. What is executed is
`confined.py`, which walls itself in, proves it, and becomes the program.
"""

import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fabrication.errors import SlicerUnconfined
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.confinement.walls import EXIT_UNCONFINED, Order, Walls
from fabrication.slicing.confined import Program

_JOB_UIDS = range(61_184, 65_520)
"""Users that no account has (systemd's range for services without one); each job is another one."""
_LOG_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Finished:
    """How a program ended: `code` as `subprocess` gives it (negative: a signal), the end of what it said."""

    code: int
    log: str
    timed_out: bool = False

    @property
    def signal(self) -> int:
        """The signal that ended it, or 0; every step execs the next, so nothing stands between."""
        return -self.code if self.code < 0 else 0


class Job:
    """A temporary folder that one unprivileged user owns while the job lasts."""

    def __init__(self, folder: Path, bait: Path, uid: int | None) -> None:
        self.folder, self._bait, self._uid = folder, bait, uid

    def write(self, name: str, data: bytes) -> Path:
        """A file the program may read and not change."""
        path = self.folder / name
        path.write_bytes(data)
        path.chmod(0o444)
        return path

    def read(self, name: str, at_most: int) -> bytes | None:
        """A regular file the program wrote, or None. Links and pipes are not followed: it may have placed them."""
        try:
            descriptor = os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > at_most:
            os.close(descriptor)
            return None
        with os.fdopen(descriptor, "rb") as file:
            return file.read(at_most)

    def run(
        self, command: Sequence[str], limits: Limits, *, readable: tuple[str, ...] = (), walls: Walls | None = None
    ) -> Finished:
        """Run `command`, whose first word is a program's path, with the folder as its home and working folder.

        It reads nothing but that folder, Debian's libraries and the folders `readable`, and starts no other process.
        `walls` leaves one out, for trying that nothing is run then. Raises `SlicerUnconfined`.
        """
        order = Order(
            job=0,
            kind="slice",
            folder=str(self.folder),
            bait=str(self._bait),
            uid=self._uid,
            limits=limits,
            walls=walls or Walls(),
        )
        program = Program(order=order, parent=os.getpid(), readable=readable)
        told = msgspec.json.encode(program).decode()
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                # -P -s: neither the working directory nor a user's own packages are searched for modules.
                [sys.executable, "-P", "-s", "-m", "fabrication.slicing.confined", told, *command],
                cwd="/",
                env={"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            timed_out = False
            try:
                process.wait(limits.wall_s)
            except subprocess.TimeoutExpired:
                timed_out = True
            finally:
                # The whole session: a child of its own may still hold the folder.
                _kill_group(process.pid)
                code = process.wait()
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - _LOG_TAIL_BYTES))
            said = log.read().decode("utf-8", "replace")
        if code == EXIT_UNCONFINED:
            raise SlicerUnconfined(f"the slicer was not run: it cannot be confined here ({said.strip()[-300:]})")
        return Finished(code, said, timed_out)


@contextmanager
def job(name: str) -> Iterator[Job]:
    """A `Job` in a fresh folder, removed afterwards. As root the job runs as a user nobody else is."""
    uid = secrets.choice(_JOB_UIDS) if os.geteuid() == 0 else None
    # As root, TMPDIR may lie where that user cannot go.
    where = "/tmp" if uid is not None else None  # noqa: S108 (mkdtemp makes it safely)
    outer = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=where))
    try:
        outer.chmod(0o711)
        bait, folder = outer / "bait", outer / "job"
        bait.write_text("a file that anybody may write, and the program may not")
        bait.chmod(0o666)
        folder.mkdir(mode=0o700)
        if uid is not None:
            os.chown(folder, uid, uid)
        yield Job(folder, bait, uid)
    finally:
        shutil.rmtree(outer)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
