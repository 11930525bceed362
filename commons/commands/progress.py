"""A progress line: on a terminal, one line of standard error that is written over; elsewhere nothing."""

import sys
from types import TracebackType

from fabrication.geometry.client import Progress

_CLEAR = "\r\x1b[K"


class ProgressLine:
    """Says what is going on while it is entered, and leaves nothing behind."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._write("")

    def say(self, text: str) -> None:
        self._write(text)

    def build(self, progress: Progress) -> None:
        """What the forge says of a job, about once a second."""
        if progress.state == "waiting":
            self.say(f"waiting for the forge; {progress.ahead} before this one")
        else:
            self.say(f"building, {progress.seconds:.0f} s")

    def _write(self, text: str) -> None:
        if self._shown:
            sys.stderr.write(f"{_CLEAR}{text}")
            sys.stderr.flush()
