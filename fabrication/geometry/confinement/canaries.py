"""The proof: each forbidden act is tried once in the child, before a line of the script is read.

A version number says what a kernel should do; only a refusal shows that it does. `bait` is a file that
the child's uid may write, outside its folder, so that a refusal can come from the walls alone.
"""

import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from fabrication.geometry.confinement import linux


class WallMissing(Exception):
    """A forbidden act was possible."""


def prove(bait: str, parent: int) -> tuple[str, ...]:
    """Try every act and return their names. Raises WallMissing at the first that was possible."""
    acts = _acts(bait, parent)
    for name, act in acts.items():
        try:
            act()
        except OSError:
            continue
        raise WallMissing(f"canary: it could {name}")
    return tuple(acts)


def _acts(bait: str, parent: int) -> dict[str, Callable[[], object]]:
    path = linux.buffer(os.fsencode(bait) + b"\0")
    truncating_read = linux.buffer(struct.pack("=QQQ", os.O_RDONLY | os.O_TRUNC, 0, 0))  # struct open_how
    at_cwd = -100
    return {
        "open the passwd file": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "list the root folder": lambda: list(Path("/").iterdir()),
        "read a file outside its folder": lambda: os.open(bait, os.O_RDONLY),
        "write a file outside its folder": lambda: os.open(bait, os.O_WRONLY),
        "truncate by path": lambda: os.truncate(bait, 0),
        "truncate by opening to read": lambda: os.open(bait, os.O_RDONLY | os.O_TRUNC),
        "truncate by access mode 3": lambda: os.open(bait, os.O_ACCMODE | os.O_TRUNC),
        "truncate by openat2": lambda: linux.syscall(
            "openat2", at_cwd, linux.address(path), linux.address(truncating_read), 24
        ),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "open a local socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "make a memory file": lambda: os.memfd_create("canary"),
        "signal its parent": lambda: os.kill(parent, 0),
        "fork": _fork,
    }


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
