"""What one job may use. The kernel holds some of these (rlimits), the supervisor the others."""

import resource
from pathlib import Path

import msgspec

MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes are in bytes. `memory` is added to what the warm zygote already has mapped."""

    cpu_s: int = 10
    wall_s: float = 20.0
    memory: int = 1024 * MIB
    file: int = 64 * MIB
    folder: int = 96 * MIB
    files: int = 64
    log: int = 64 * 1024
    result: int = 256 * 1024
    descriptors: int = 64
    threads: int = 64

    def tightened(self, other: "Limits | None") -> "Limits":
        """Of each pair the lower: a caller may ask for less than its job kind has, never for more."""
        if other is None:
            return self
        return Limits(**{name: min(getattr(self, name), getattr(other, name)) for name in self.__struct_fields__})


def apply(limits: Limits, *, own_uid: bool) -> None:
    """Set this process's rlimits, soft and hard. Raises OSError or ValueError.

    `own_uid`: nothing else runs under this uid, so its number of threads can be limited too. Under a shared
    uid that limit would count a person's other processes; there the limit on memory bounds the threads.
    """
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    # One second between SIGXCPU, which a script can ignore, and SIGKILL, which it cannot.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    hard = {
        resource.RLIMIT_AS: mapped + limits.memory,
        resource.RLIMIT_FSIZE: limits.file,
        resource.RLIMIT_NOFILE: limits.descriptors,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if own_uid:
        hard[resource.RLIMIT_NPROC] = limits.threads
    for which, value in hard.items():
        resource.setrlimit(which, (value, value))
