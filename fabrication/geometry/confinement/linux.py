"""The system calls that Python has no function for, through the C library's `syscall`."""

import ctypes
import os

from fabrication.geometry.confinement.syscalls import number

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.prctl.restype = ctypes.c_int

# include/uapi/linux/prctl.h
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38


Buffer = ctypes.Array[ctypes.c_char]


def buffer(data: bytes) -> Buffer:
    """Memory the kernel may read; keep it referenced while the call runs."""
    return ctypes.create_string_buffer(data, len(data))


def address(memory: Buffer) -> int:
    """Where it lies, as a system call's argument."""
    return ctypes.addressof(memory)


def syscall(name: str, *arguments: int) -> int:
    """Call `name` of this machine's table; pointers are given as addresses. Raises OSError."""
    nr = number(name, os.uname().machine)
    # Without a type of its own an argument would be passed as a 32-bit int.
    words = [ctypes.c_long(argument) for argument in arguments]
    answer = int(_libc.syscall(ctypes.c_long(-1 if nr is None else nr), *words))
    if answer < 0:
        _raise_errno(name)
    return answer


def prctl(option: int, value: int) -> None:
    """Raises OSError."""
    if _libc.prctl(option, *(ctypes.c_ulong(word) for word in (value, 0, 0, 0))) < 0:
        _raise_errno("prctl")


def install_filter(program: bytes) -> None:
    """Put a seccomp filter (packed `struct sock_filter`s) on every thread. Needs no_new_privs. Raises OSError."""
    instructions = buffer(program)
    header = _FilterProgram(len(program) // 8, address(instructions))
    set_mode_filter, tsync = 1, 1  # include/uapi/linux/seccomp.h
    blocked = syscall("seccomp", set_mode_filter, tsync, ctypes.addressof(header))
    if blocked:
        raise OSError(f"thread {blocked} did not take the filter")


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _raise_errno(what: str) -> None:
    code = ctypes.get_errno()
    raise OSError(code, f"{what}: {os.strerror(code)}")
