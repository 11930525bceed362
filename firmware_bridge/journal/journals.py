"""All the journals of one folder: which run was the last, what was left half made, and which are needed no more.

Every function raises `JournalError` where a journal that matters is damaged or cannot be read.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

from firmware_bridge.errors import JournalDamaged, JournalError
from firmware_bridge.journal.ports import are_one, port_key
from firmware_bridge.journal.records import Run, read_run
from firmware_bridge.text import why_not_written

KEEP_S = 30 * 24 * 3600.0
KEEP_LEAST = 3
"""The month is by the wall clock, which a computer without a battery may lose: the latest stay whatever it says."""
KEEP_MOST = 200


def last(folder: Path, port_url: str, program_sha256: str | None = None) -> Run | None:
    """The latest run on that port (of that program), or None if there never was one."""
    return _latest(_runs(folder, f"{port_key(port_url)}-{program_sha256 or '*'}.jsonl"))


def unfinished(folder: Path, program_sha256: str) -> Run | None:
    """The latest run of that program on any port of which lines may have been sent and that was not finished."""
    runs = _runs(folder, f"*-{program_sha256}.jsonl")
    return _latest(run for run in runs if run.reserved and run.outcome in (None, "failed"))


def finished(folder: Path, program_sha256: str, port_url: str) -> Run | None:
    """The latest run of that program under whatever name of that port, if it was finished."""
    run = _latest(run for run in _runs(folder, f"*-{program_sha256}.jsonl") if are_one(run.port, port_url))
    return run if run is not None and run.outcome == "finished" else None


def half_made(folder: Path, port_url: str, *, but: Collection[str]) -> Run | None:
    """The latest run on that port, under whatever name of it, that may still be gone on with and is of no program in
    `but`."""
    runs = all_half_made(folder)
    return next((run for run in runs if run.program_sha256 not in but and are_one(run.port, port_url)), None)


def all_half_made(folder: Path) -> list[Run]:
    """The same of every port and program, the latest first.

    A damaged journal is passed over, for what it is of can no longer be gone on with, and so is one that cannot be
    read.
    """
    found = []
    for path in folder.glob("*-*.jsonl"):
        with suppress(JournalError):
            found.append(read_run(path))
    return sorted((run for run in found if run and run.may_go_on), key=lambda run: run.begun_at, reverse=True)


def tidy(folder: Path, *, now: Callable[[], float] = time.time) -> None:
    """Removes what is older than `KEEP_S` and not among the latest `KEEP_LEAST`, and all beyond the latest `KEEP_MOST`:
    never what may be gone on with or be under way, nor what is no journal. `now` gives s since the epoch.

    What cannot be read or removed stays until the next time; `JournalError` tells of one such once the others are
    gone, and is raised at once where the folder itself cannot be looked through."""
    rest, trouble = [], ""
    for path in _named_so(folder):
        try:
            written_at = path.stat().st_mtime
            old = now() - written_at > KEEP_S
            if not _needed(path, old=old):
                rest.append((written_at, path, old))
        except FileNotFoundError:
            continue  # another bridge tidies too
        except OSError as error:
            trouble = f"cannot look at the journal {path}: {error.strerror}"
        except JournalError as error:
            trouble = str(error)
    for number, (_, path, old) in enumerate(sorted(rest, reverse=True)):
        if number >= KEEP_MOST or (number >= KEEP_LEAST and old):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                trouble = f"cannot remove the old journal {path}: {why_not_written(error)}"
    if trouble:
        raise JournalError(trouble)


_NAME = re.compile(r"[0-9a-f]{16}-[0-9a-f]{64}\.(jsonl|new|[0-9]+)")
"""A journal; also a draft (`Journal.begin`) or trial (`Journal.require_room`) of one, where a bridge was killed."""


def _named_so(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalError(f"cannot look through the journals in {folder}: {error.strerror}") from None


def _needed(path: Path, *, old: bool) -> bool:
    """Raises `JournalError` where nobody can know, for it cannot be read."""
    try:
        run = read_run(path)
    except JournalDamaged:
        return False  # relied on for nothing
    if run is None:
        return not old  # another process may be about to write it
    return run.may_go_on or (run.cut_off and not old)


def _runs(folder: Path, pattern: str) -> Iterable[Run]:
    runs = (read_run(path) for path in folder.glob(pattern))
    return (run for run in runs if run)


def _latest(runs: Iterable[Run]) -> Run | None:
    return max(runs, key=lambda run: run.begun_at, default=None)
