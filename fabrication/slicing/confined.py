"""The other side of `process.py`: walls this process in, proves it, and becomes the program.

    python -m fabrication.slicing.confined ORDER PROGRAM ARGUMENT…

The same walls as around a script, with a policy of its own (`confinement/policy.py`, `SLICER`): no file outside the
job's folder and Debian's libraries can be read, nothing be reached by network. Of other programs the dynamic linker can
load what lies among those libraries, and no second process: whatever it becomes stays within the same walls.
"""

import os
import signal
import sys

import msgspec

from fabrication.geometry.confinement import canaries, walls
from fabrication.geometry.confinement.policy import LOADERS, PROGRAM_FOLDERS, SLICER
from fabrication.geometry.confinement.walls import EXIT_UNCONFINED, Order


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What to become: `parent` is the process that watches, `readable` are folders the program needs of its own."""

    order: Order
    parent: int
    readable: tuple[str, ...]


def main(told: str, command: list[str]) -> None:
    """Never returns."""
    program = msgspec.json.decode(told, type=Program)
    readable = tuple(path for path in (*PROGRAM_FOLDERS, *program.readable) if os.path.isdir(path))  # noqa: PTH112
    try:
        executable = (*LOADERS, command[0], *_interpreter(command[0]))
        walls.die_with(program.parent)
        walls.raise_walls(program.order, readable, program.parent, SLICER, executable)
    except (OSError, ValueError, KeyError, canaries.WallMissing) as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(EXIT_UNCONFINED)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and what is ignored stays so
        signal.signal(number, signal.SIG_DFL)
    folder = program.order.folder
    os.execve(command[0], command, {"HOME": folder, "TMPDIR": folder, "LC_ALL": "C"})  # noqa: S606


def _interpreter(path: str) -> list[str]:
    """What the kernel runs where a distribution puts a script in front of a program. Raises OSError."""
    with open(path, "rb") as file:  # noqa: PTH123
        first = file.readline(256)
    return [os.fsdecode(first[2:].split()[0])] if first.startswith(b"#!") and first[2:].split() else []


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
