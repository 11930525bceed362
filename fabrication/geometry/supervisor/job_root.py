"""The folder that holds every job's own, and its end, also where the forge was killed."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_ROOT_PREFIX = "fabrication-forge-"


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
