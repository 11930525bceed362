"""What a confined process may ask of the kernel and of the file system: the whole policy, as data.

`SCRIPT` is for what nobody reviewed; `SLICER` for the slicer, which reads meshes that such a script made.

A system call that is named nowhere here fails with EPERM. `KILLED` ends the process at once: no
geometry needs them, and each is a known way out of a process. `RULES` looks at arguments; the first
clause that holds decides, and a call none of whose clauses hold fails with EPERM.

One policy for every kernel. Debian 12's Linux 6.1 has Landlock ABI 2, which knows neither truncation
(ABI 3) nor signals (ABI 6), so the filter covers both everywhere instead of only there.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SELF = -1
"""As an argument's value: the pid of the process that installs the filter."""


class Action(StrEnum):
    """What happens to a system call."""

    ALLOW = "allow"
    DENY = "deny"
    ABSENT = "absent"
    KILL = "kill"


ERRNO = {Action.DENY: errno.EPERM, Action.ABSENT: errno.ENOSYS}
"""ABSENT makes the C library fall back to the older call, whose arguments the filter can see."""


@dataclass(frozen=True, slots=True)
class Argument:
    """Holds if `argument[index] & mask == value`; the low 32 bits alone, or all 64 where `wide` (pointers)."""

    index: int
    value: int
    mask: int = 0xFFFFFFFF
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """`then` happens if all of `when` hold."""

    when: tuple[Argument, ...]
    then: Action


ALLOWED_FOR = {
    "open files and the job's own folder; Landlock decides which paths": (
        "read write readv writev pread64 pwrite64 preadv pwritev lseek close close_range dup dup2 dup3 "
        "fstat stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents64 getcwd umask "
        "ftruncate fsync fdatasync fadvise64 sendfile copy_file_range poll ppoll select pselect6"
    ),
    "memory and threads": (
        "mmap mprotect munmap mremap brk madvise futex set_robust_list rseq set_tid_address membarrier "
        "sched_yield sched_getaffinity gettid exit exit_group restart_syscall"
    ),
    "its own signals and clocks": (
        "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack rt_sigpending pause "
        "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage"
    ),
    "what it is and where it runs": (
        "getpid getppid getuid geteuid getgid getegid getgroups getresuid getresgid "
        "uname sysinfo getrandom getcpu getrlimit"
    ),
}

KILLED_FOR = {
    "other processes": (
        "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp "
        "pidfd_open pidfd_getfd pidfd_send_signal"
    ),
    "the kernel's own machinery": (
        "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register seccomp "
        "init_module finit_module delete_module kexec_load kexec_file_load keyctl add_key request_key"
    ),
    "namespaces, mounts and files by handle": (
        "unshare setns mount umount2 move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr pivot_root "
        "open_by_handle_at"
    ),
}

ALLOWED = frozenset(" ".join(ALLOWED_FOR.values()).split())
KILLED = frozenset(" ".join(KILLED_FOR.values()).split())

X32_BIT = 0x40000000
"""x86_64 calls numbered from here on belong to the x32 interface; they are killed, as is any other architecture."""


def _one_of(index: int, values: tuple[int, ...]) -> tuple[Clause, ...]:
    return tuple(Clause((Argument(index, value),), Action.ALLOW) for value in values)


# include/uapi/asm-generic/fcntl.h
_ACCESS_MODE, _TRUNCATE, _PATH, _TMPFILE = 0o3, 0o1000, 0o10000000, 0o20000000


def _opens(flags: int) -> tuple[Clause, ...]:
    """Denied: what Landlock ABI 2 cannot see, and files that would not show in the folder's size."""

    def denied(value: int, mask: int) -> Clause:
        return Clause((Argument(flags, value, mask),), Action.DENY)

    return (
        denied(_TRUNCATE, _TRUNCATE | _ACCESS_MODE),  # O_RDONLY | O_TRUNC: truncates without a write right
        denied(_ACCESS_MODE, _ACCESS_MODE),  # access mode 3: neither reads nor writes, yet may truncate
        denied(_PATH, _PATH),  # O_PATH is never shown to Landlock
        denied(_TMPFILE, _TMPFILE),  # a file without a name
        Clause((), Action.ALLOW),
    )


# include/uapi/linux/sched.h: CLONE_VM | CLONE_SIGHAND | CLONE_THREAD
_THREAD = 0x00000100 | 0x00000800 | 0x00010000
# include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h: descriptors, status flags and record locks;
# F_SETOWN is missing on purpose: it sends signals to others.
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030)
# include/uapi/asm-generic/ioctls.h: TCGETS, TIOCGWINSZ, FIONREAD, FIONCLEX, FIOCLEX
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)
# include/uapi/linux/prctl.h: PR_SET_NAME, PR_GET_NAME, PR_SET_VMA (names of memory areas)
_PRCTL = (15, 16, 0x53564D41)

RULES: dict[str, tuple[Clause, ...]] = {
    "open": _opens(1),
    "openat": _opens(2),
    "openat2": (Clause((), Action.ABSENT),),
    "clone": (Clause((Argument(0, _THREAD, _THREAD),), Action.ALLOW),),
    "clone3": (Clause((), Action.ABSENT),),
    "kill": (Clause((Argument(0, SELF),), Action.ALLOW),),
    "tgkill": (Clause((Argument(0, SELF),), Action.ALLOW),),
    "prlimit64": (
        Clause((Argument(0, 0), Argument(2, 0, 0xFFFFFFFFFFFFFFFF, wide=True)), Action.ALLOW),
        Clause((Argument(0, SELF), Argument(2, 0, 0xFFFFFFFFFFFFFFFF, wide=True)), Action.ALLOW),
    ),
    "fcntl": _one_of(1, _FCNTL),
    "ioctl": _one_of(1, _IOCTL),
    "prctl": _one_of(0, _PRCTL),
}

READABLE_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/fontconfig",
    "/etc/fonts",
    "/var/cache/fontconfig",
    "/usr/share/zoneinfo",
)
"""Beside Python's own library folders and those of the shared libraries in use, which `landlock.py` finds."""

READABLE_FILES = ("/dev/urandom", "/dev/null", "/etc/ld.so.cache")
WRITABLE_FILES = ("/dev/null",)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which system calls are allowed, which kill, which depend on arguments, and what Landlock grants beside reading.

    `replaces`: files in the job's own folder may be renamed and removed.
    """

    allowed: frozenset[str]
    killed: frozenset[str]
    rules: Mapping[str, tuple[Clause, ...]]
    replaces: bool = False


SCRIPT = Policy(ALLOWED, KILLED, RULES)

SLICER_ALLOWED_FOR = {
    "become the program, once the walls stand; Landlock decides which files are programs": "execve arch_prctl",
    "put a finished file in its place": "rename renameat renameat2 unlink unlinkat statfs",
}
"""Beyond what a script may: seen of PrusaSlicer 2.5.0 under strace."""

SLICER = Policy(ALLOWED | set(" ".join(SLICER_ALLOWED_FOR.values()).split()), KILLED, RULES, replaces=True)

PROGRAM_FOLDERS = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/locale", "/usr/share/zoneinfo")
"""What a program of Debian's reads to start; nothing in them is a person's."""

LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
"""The dynamic linkers of the two architectures: the kernel executes them to start any program. Executed by name they
load any program that may be read, which Landlock does not see as running it; the walls stay, so nothing is gained."""
