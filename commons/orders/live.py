"""Server-sent events: a page's fragment, sent again whenever it has changed. Capped; pages poll when refused."""

import threading
import time
from collections.abc import Callable, Generator, Iterator

LOOK_S = 0.5
KEEP_ALIVE_S = 15.0
LIFE_S = 600.0
"""A stream ends after so long and the browser comes back, so that no thread is held by a page nobody sees."""

Render = Callable[[], tuple[str, bool]]
"""The fragment as it is now, and whether it is the last. It opens and closes its own session."""


class Streams:
    """At most `limit` streams at once in this process: each holds a thread of the web server."""

    def __init__(self, limit: int) -> None:
        self._free = threading.BoundedSemaphore(limit)

    def open(self, event: str, render: Render) -> "Stream | None":
        """A stream of what `render` gives twice a second, or None when all are taken.

        After the last fragment comes an event `end`.
        """
        if not self._free.acquire(blocking=False):
            return None
        return Stream(_pieces(event, render), self._free.release)


class Stream(Iterator[str]):
    """One open stream. Its place is given back by its end or by `close`, even if it never began.

    A generator's own `finally` does not run when it is closed before its first piece, as for a browser
    that is gone before the answer is.
    """

    def __init__(self, pieces: Generator[str, None, None], release: Callable[[], None]) -> None:
        self._pieces = pieces
        self._release: Callable[[], None] | None = release

    def __next__(self) -> str:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Any number of times."""
        self._pieces.close()
        release, self._release = self._release, None
        if release is not None:
            release()


def _pieces(event: str, render: Render) -> Generator[str, None, None]:
    began = spoken = time.monotonic()
    last = None
    while (now := time.monotonic()) - began < LIFE_S:
        fragment, over = render()
        if fragment != last:
            data = "".join(f"data: {line}\n" for line in fragment.splitlines())
            yield f"event: {event}\n{data}\n"
            last, spoken = fragment, now
        elif now - spoken > KEEP_ALIVE_S:
            yield ": still here\n\n"
            spoken = now
        if over:
            yield "event: end\ndata: \n\n"
            return
        time.sleep(LOOK_S)
