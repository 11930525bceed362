"""Another program run at arm's length: its own folder, user, limits and deadline, and nothing of our environment.

`setpriv` and `prlimit` (util-linux, essential on Debian) take the rights away between fork and exec, so a
process with threads may call this: no Python runs in the child.
"""

import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
_JOB_UIDS = range(61_184, 65_520)
"""Users that no account has (systemd's range for services without one); each job is another one."""
_LOG_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """`wall_s` is what the caller waits; `cpu_s` counts all threads; sizes in bytes."""

    wall_s: float
    cpu_s: int
    memory_bytes: int
    file_bytes: int


@dataclass(frozen=True)
class Finished:
    """How a program ended: `code` as `subprocess` gives it (negative: a signal), the end of what it said."""

    code: int
    log: str
    timed_out: bool = False

    @property
    def signal(self) -> int:
        """The signal that ended it, or 0; `prlimit` and `setpriv` exec, so nothing stands between."""
        return -self.code if self.code < 0 else 0


class Job:
    """A temporary folder that one unprivileged user owns while the job lasts."""

    def __init__(self, folder: Path, uid: int | None) -> None:
        self.folder, self._uid = folder, uid

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

    def run(self, command: Sequence[str], limits: Limits) -> Finished:
        """Run `command` with the folder as its home and working folder.

        Raises `FileNotFoundError` where `setpriv` or `prlimit` is not there; a program that is not there
        ends with code 127 (prlimit's).
        """
        environment = {"HOME": str(self.folder), "TMPDIR": str(self.folder), "LC_ALL": "C"}
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                [*_stripped(self._uid), *_bounded(limits), *command],
                cwd=self.folder,
                env=environment,
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
            return Finished(code, log.read().decode("utf-8", "replace"), timed_out)


@contextmanager
def job(name: str) -> Iterator[Job]:
    """A `Job` in a fresh folder, removed afterwards. As root the job runs as a user nobody else is."""
    uid = secrets.choice(_JOB_UIDS) if os.geteuid() == 0 else None
    # As root, TMPDIR may lie where that user cannot go.
    where = "/tmp" if uid is not None else None  # noqa: S108 (mkdtemp makes it safely)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=where))
    try:
        if uid is not None:
            os.chown(folder, uid, uid)
        yield Job(folder, uid)
    finally:
        shutil.rmtree(folder)


def _stripped(uid: int | None) -> list[str]:
    user = [] if uid is None else [f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--bounding-set=-all"]
    return [_tool("setpriv"), *user, "--inh-caps=-all", "--no-new-privs", "--"]


def _bounded(limits: Limits) -> list[str]:
    return [
        _tool("prlimit"),
        f"--cpu={limits.cpu_s}",
        f"--as={limits.memory_bytes}",
        f"--fsize={limits.file_bytes}",
        "--core=0",
        "--nofile=256",
        "--",
    ]


def _tool(name: str) -> str:
    found = shutil.which(name, path=_SYSTEM_PATH)
    if found is None:
        raise FileNotFoundError(f"{name} (util-linux) is not installed")
    return found


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
