"""What the owner is told of a bridge that runs: lines on stderr, which a service manager keeps."""

import contextlib
import sys


def log(line: str) -> None:
    """Whether or not anybody takes it: a dropped terminal or a full disk is no reason to leave a machine unwatched."""
    if sys.stderr is not None:  # closed before this process began
        with contextlib.suppress(OSError, ValueError):  # refused, or closed since
            print(line, file=sys.stderr, flush=True)  # noqa: T201
