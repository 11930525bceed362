"""Fewer, larger pages for what the zygote holds, so that there is less to copy at each fork and to free at each end.

A fork copies one entry for each page of memory that is no file's: 65,000 small ones for a loaded geometry kernel.
Source: madvise(2), MADV_COLLAPSE, since Linux 6.1.
"""

import ctypes
from collections.abc import Iterator
from pathlib import Path

HUGE = 2 * 1024 * 1024
_COLLAPSE = 25

_libc = ctypes.CDLL(None, use_errno=True)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def collapse() -> int:
    """Put this process's own memory on huge pages where the kernel can; the number of those it could.

    A kernel without it, or short of memory, leaves things as they are.
    """
    return sum(_libc.madvise(at, HUGE, _COLLAPSE) == 0 for at in _own_memory())


def _own_memory() -> Iterator[int]:
    """Where each whole huge page of the heap and of anonymous mappings begins."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, _, _, _, *name = line.split(maxsplit=5)
        if rights == "rw-p" and (not name or name[0] == "[heap]"):
            begin, end = (int(address, 16) for address in addresses.split("-"))
            yield from range(-(-begin // HUGE) * HUGE, end - HUGE + 1, HUGE)
