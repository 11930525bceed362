"""Words for a person: somebody else's made fit to show, spans of time, and a disk that fails."""

import errno
import os
from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_UNUSABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST})


def brief(text: str, length: int = 500) -> str:
    """Somebody else's text, safe on a terminal and within the wire's limits."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: length + 1])
    return shown if len(shown) <= length else shown[: length - 1] + "…"


def span(seconds: float) -> str:
    """`1 min` at the least, then `59 min`, `1 h 5 min`."""
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def with_reason(what: str, reason: str) -> str:
    """`lost: the cable is out`, or `finished` alone."""
    return f"{what}: {reason}" if reason else what


def count(number: int, one: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{number} {one}{'' if number == 1 else 's'}"


def tidied(path: Path) -> str:
    """A path without its detours (`f/../part.gcode`), where it still leads to the same then: `f` may be a link."""
    plain = os.path.normpath(path)
    return plain if os.path.realpath(plain) == os.path.realpath(path) else str(path)


def why_not_written(error: OSError, instead: str = "--home") -> str:
    """The system's word, and what to do about it; `instead` is how another folder is given."""
    said = error.strerror or str(error)
    if error.errno == errno.EFBIG:
        return f"{said}: give a folder on a disk that takes files so long ({instead})"
    if error.errno in _FULL:
        return f"{said}: make room there, or give a folder on another disk ({instead})"
    if error.errno in _UNUSABLE:
        return f"{said}: give a folder that can be written ({instead})"
    return said
