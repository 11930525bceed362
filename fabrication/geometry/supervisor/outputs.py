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
    """A folder with the input files, for `uid` alone if the forge drops to one. Raises OSError.

    Inputs and their folders can only be read: what a job wrote is what lies beside them.
    """
    folder = root / f"job-{job}"
    folder.mkdir(mode=0o700)
    folders = set()
    for name, data in inputs.items():
        path = folder / name
        folders |= {parent for parent in path.parents if folder in parent.parents}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o444)
    for inner in folders:
        inner.chmod(0o555)
    if uid is not None:
        os.chown(folder, uid, uid)
    return folder


def at_top(inputs: Mapping[str, bytes]) -> frozenset[str]:
    """The names that the inputs take in the folder itself."""
    return frozenset(name.split("/")[0] for name in inputs)


def overfull(folder: Path, limits: Limits, ours: frozenset[str]) -> str | None:
    """Which limit on the folder is passed, in words; None while it is within. `ours`: see `at_top`."""
    size = count = 0
    for entry in os.scandir(folder):
        if entry.name in ours:
            continue
        found = entry.stat(follow_symlinks=False)
        size += max(found.st_size, found.st_blocks * 512)
        count += 1
    if count > limits.files:
        return f"wrote more than {limits.files} files"
    if size > limits.folder:
        return f"wrote more than {limits.folder // 1024**2} MiB"
    return None


def collect(folder: Path, pattern: str, ours: frozenset[str], limits: Limits) -> dict[str, bytes]:
    """The output files whose names match `pattern`; whatever else lies there is left. Raises BadOutput.

    No name is followed: a symlink, a hard link to a file elsewhere, a pipe that would block or a device are refused.
    """
    names = sorted(name for name in os.listdir(folder) if name not in ours and re.fullmatch(pattern, name))  # noqa: PTH208
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
    for *_, inner in os.fwalk(folder):
        os.fchmod(inner, 0o700)
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
