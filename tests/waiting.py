"""Waiting for what another process does."""

import time
from collections.abc import Callable

DEADLINE_S = 30.0


def until(condition: Callable[[], object], what: str, seen: Callable[[], object] = lambda: "") -> object:
    """Polls until the condition holds; its value. `seen` says what there was instead."""
    deadline = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not in {DEADLINE_S:.0f} s: {what} {seen()}"
        time.sleep(0.02)
    return value
