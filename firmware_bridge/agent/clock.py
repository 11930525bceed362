"""The agent's clock: it goes on while the computer sleeps, and nobody can set it.

Everything agreed with the commons is how long from now, in s, so that a wall clock that is wrong or jumps changes no
lease. `time.monotonic` would do, but on Linux it stands still while a laptop is suspended (clock_gettime(2)).
"""

import time

_ID = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now_s() -> float:
    """s since some moment, sleep included."""
    return time.clock_gettime(_ID)


def slept_s() -> float:
    """For how many s the computer has slept since that moment; differences are good to some ms."""
    return time.clock_gettime(_ID) - time.monotonic()
