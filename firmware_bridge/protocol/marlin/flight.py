"""What was sent and is not acknowledged yet, oldest first: (a line's number or one of these, when it was sent)."""

from collections import deque

OWN, BARRIER = 0, -1
"""What stands in flight in place of a line's number: a line of the bridge's own, or an M105."""


def through_barrier(flight: deque[tuple[int, float]]) -> int:
    """How many an `ok T:` answers: up to the first M105 and any right behind it, since two may have become one line."""
    count = 0
    for index, (number, _) in enumerate(flight):
        if number == BARRIER:
            count = index + 1
        elif count:
            break
    return count
