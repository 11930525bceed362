"""The order in which a forked child walls itself in. Each step narrows what the next could still go wrong with."""

import fcntl
import os
import signal
import sys
from pathlib import Path

import msgspec

from fabrication.geometry.confinement import bpf, canaries, landlock, limits, linux, policy
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.confinement.policy import Policy

EXIT_UNCONFINED = 97
"""The child's exit code when a wall is missing; nothing of the job was read by then."""

RESULT_FD, REQUEST_FD = 3, 4


class Walls(msgspec.Struct, frozen=True, kw_only=True):
    """How the walls are to be built. Leaving one out can only end in exit 97: the canaries do not look here."""

    landlock_abi_max: int | None = None
    """Use no more than this ABI; for trying what an older kernel would hold."""
    seccomp: bool = True


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One job, as the supervisor orders it from the zygote; what it is about is in the request's descriptor."""

    job: int
    kind: str
    folder: str
    bait: str
    uid: int | None
    """The unprivileged uid (and gid) to become, if the forge runs as root."""
    limits: Limits
    walls: Walls


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What holds, as the child itself found; written before the script is read, so the script cannot have."""

    landlock_abi: int
    uid: int
    canaries: tuple[str, ...]


def settle(parent: int, fds: tuple[int, int, int]) -> None:
    """Tie this child to its parent's life and keep no descriptor but log, result and request. Raises OSError."""
    die_with(parent)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    _take_descriptors(fds)


def raise_walls(
    order: Order,
    readable: tuple[str, ...],
    parent: int,
    rules: Policy = policy.SCRIPT,
    executable: tuple[str, ...] = (),
) -> Proof:
    """Confine this process for good, then prove it. Only `executable` files can be run afterwards.

    Raises OSError, ValueError, KeyError or `canaries.WallMissing` where a wall cannot be had; the caller must exit.
    """
    os.umask(0o077)
    os.environ.clear()
    if order.uid is not None:
        _become(order.uid)
        die_with(parent)  # a change of uid forgets the parent-death signal
    os.chdir(order.folder)  # the job's uid may; a zygote without root's power over files may not
    _prove_powerless()
    limits.apply(order.limits, own_uid=order.uid is not None)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    abi = landlock.kernel_abi()
    if order.walls.landlock_abi_max is not None:
        abi = min(abi, order.walls.landlock_abi_max)
    if abi > 0:
        landlock.restrict(abi, readable, order.folder, executable=executable, replaces=rules.replaces)
    if order.walls.seccomp:
        program = bpf.program(os.uname().machine, os.getpid(), rules)
        linux.install_filter(b"".join(instruction.packed() for instruction in program))
    return Proof(landlock_abi=abi, uid=os.getuid(), canaries=canaries.prove(order.bait, parent))


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent`'s thread that made it ends. Raises OSError."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def _take_descriptors(fds: tuple[int, int, int]) -> None:
    # First out of the way, then to their places: a source may sit on another's place.
    log, result, request = (fcntl.fcntl(fd, fcntl.F_DUPFD, 16) for fd in fds)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2), (result, RESULT_FD), (request, REQUEST_FD)):
        os.dup2(source, target)
    os.closerange(REQUEST_FD + 1, 2**31 - 1)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if os.getresuid() != (uid,) * 3 or os.getresgid() != (uid,) * 3 or os.getgroups():
        raise OSError(f"still {os.getresuid()} {os.getresgid()} {os.getgroups()} after becoming {uid}")


def _prove_powerless() -> None:
    if 0 in os.getresuid():
        raise OSError("the script would run as root")
    status = Path("/proc/self/status").read_text()
    held = [
        line for line in status.splitlines() if line.startswith(("CapPrm", "CapEff", "CapAmb")) and int(line[7:], 16)
    ]
    if held:
        raise OSError(f"the script would hold capabilities: {held}")
    if "\nThreads:\t1\n" not in status:
        raise OSError("it has more than one thread, and Landlock would bind only this one")
