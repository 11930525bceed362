"""Server-sent events: a page's fragment, sent again whenever it has changed. Capped; pages poll when refused."""

import threading
import time
from collections.abc import Callable, Iterator

LOOK_S = 0.5
KEEP_ALIVE_S = 15.0
LIFE_S = 600.0
"""A stream ends after so long and the browser comes back, so that no thread is held by a page nobody sees."""


class Streams:
    """At most `limit` streams at once in this process: each holds a thread of the web server."""

    def __init__(self, limit: int) -> None:
        self._free = threading.BoundedSemaphore(limit)

    def open(self, event: str, render: Callable[[], str | None]) -> Iterator[str] | None:
        """A stream of what `render` gives, or None when all are taken. Ends when `render` gives None.

        `render` is called twice a second and must open and close its own session.
        """
        if not self._free.acquire(blocking=False):
            return None
        return self._stream(event, render)

    def _stream(self, event: str, render: Callable[[], str | None]) -> Iterator[str]:
        try:
            began = spoken = time.monotonic()
            last = None
            while (now := time.monotonic()) - began < LIFE_S:
                fragment = render()
                if fragment is None:
                    yield "event: end\ndata: \n\n"
                    return
                if fragment != last:
                    data = "".join(f"data: {line}\n" for line in fragment.splitlines())
                    yield f"event: {event}\n{data}\n"
                    last, spoken = fragment, now
                elif now - spoken > KEEP_ALIVE_S:
                    yield ": still here\n\n"
                    spoken = now
                time.sleep(LOOK_S)
        finally:
            self._free.release()
