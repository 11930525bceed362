"""A job's folder: made for it, measured while it runs, and read as something a hostile process left behind."""

import os
import re
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from fabrication.geometry.confinement.limits import Limits


class BadOutput(Exception):
    """The job left something that is no plain file of ours to take."""


def make_folder(root: Path, job: int, inputs: Mapping[str, bytes], uid: int | None) -> Path:
    """A folder with the input files, for `uid` alone if the forge drops to one. Raises OSError."""
    folder = root / f"job-{job}"
    folder.mkdir(mode=0o700)
    for name, data in inputs.items():
        path = folder / name
        path.write_bytes(data)
        path.chmod(0o644)
    if uid is not None:
        os.chown(folder, uid, uid)
    return folder


def overfull(folder: Path, limits: Limits, inputs: int) -> str | None:
    """Which limit on the folder is passed, in words; None while it is within. `inputs` files were ours."""
    size = count = 0
    for entry in os.scandir(folder):
        found = entry.stat(follow_symlinks=False)
        size += max(found.st_size, found.st_blocks * 512)
        count += 1
    if count - inputs > limits.files:
        return f"wrote more than {limits.files} files"
    if size > limits.folder:
        return f"wrote more than {limits.folder // 1024**2} MiB"
    return None


def collect(folder: Path, pattern: str, inputs: Mapping[str, bytes], limits: Limits) -> dict[str, bytes]:
    """The output files whose names match `pattern`; whatever else lies there is left. Raises BadOutput.

    No name is followed: a symlink, a hard link to a file elsewhere, a pipe that would block or a device are refused.
    """
    names = sorted(name for name in os.listdir(folder) if name not in inputs and re.fullmatch(pattern, name))  # noqa: PTH208
    if len(names) > limits.files:
        raise BadOutput(f"{len(names)} files, at most {limits.files} are taken")
    outputs: dict[str, bytes] = {}
    total = 0
    for name in names:
        outputs[name] = _read(folder / name, limits.file)
        total += len(outputs[name])
        if total > limits.folder:
            raise BadOutput(f"more than {limits.folder // 1024**2} MiB of files")
    return outputs


def delete(folder: Path) -> None:
    """Raises OSError."""
    shutil.rmtree(folder)


def _read(path: Path, size_max: int) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadOutput(f"{path.name} is no plain file") from error
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise BadOutput(f"{path.name} is no plain file")
        with open(fd, "rb", closefd=False) as file:
            data = file.read(size_max + 1)
    finally:
        os.close(fd)
    if len(data) > size_max:
        raise BadOutput(f"{path.name} is larger than {size_max // 1024**2} MiB")
    return data
