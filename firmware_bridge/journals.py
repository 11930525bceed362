"""All the journals of one folder: which run was the last and what was left half made.

Every function raises `JournalError` where a journal that matters is damaged or cannot be read.
"""

from collections.abc import Iterable
from pathlib import Path

from firmware_bridge.journal import Run, port_key, read_run


def last(folder: Path, port_url: str, program_sha256: str | None = None) -> Run | None:
    """The latest run on that port (of that program), or None if there never was one."""
    return _latest(_runs(folder, f"{port_key(port_url)}-{program_sha256 or '*'}.jsonl"))


def unfinished(folder: Path, program_sha256: str) -> Run | None:
    """The latest run of that program on any port of which lines may have been sent and that was not finished."""
    runs = _runs(folder, f"*-{program_sha256}.jsonl")
    return _latest(run for run in runs if run.reserved and run.outcome in (None, "failed"))


def half_made(folder: Path, port_url: str, *, but: Iterable[str]) -> Run | None:
    """The latest run on that port that may still be gone on with and is of no program in `but`."""
    others = set(but)
    runs = _runs(folder, f"{port_key(port_url)}-*.jsonl")
    return _latest(run for run in runs if run.may_go_on and run.program_sha256 not in others)


def _runs(folder: Path, pattern: str) -> Iterable[Run]:
    runs = (read_run(path) for path in folder.glob(pattern))
    return (run for run in runs if run)


def _latest(runs: Iterable[Run]) -> Run | None:
    return max(runs, key=lambda run: run.begun_at, default=None)
