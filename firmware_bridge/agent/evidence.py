"""What stays of an attempt: its program while it is needed, and of a lost one program and journal for a month.

A person who settles a lost attempt, or a later resume, needs to know what was sent and how far it came.
"""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.store import Store
from firmware_bridge.journal.journals import KEEP_LEAST, KEEP_S
from firmware_bridge.wire import AttemptState


def tidy(home: Home, store: Store, *, now: Callable[[], float] = time.time) -> None:
    """Removes the programs and journals that nobody needs any more. `now` gives s since the epoch."""
    needed = {attempt.id: attempt for attempt in store.open_attempts()}
    latest = store.latest(AttemptState.LOST, KEEP_LEAST)
    for folder in (home.folder / "journals").iterdir():
        attempt = store.attempt(folder.name)
        lost = attempt is not None and attempt.state is AttemptState.LOST
        young = folder.name in latest or now() - folder.stat().st_mtime < KEEP_S
        if attempt is not None and lost and young:
            needed[attempt.id] = attempt
        if folder.name not in needed:
            shutil.rmtree(folder, ignore_errors=True)  # what stays is tried again
    programs = {home.program(attempt.lease.program_sha256) for attempt in needed.values()}
    for path in (home.folder / "programs").iterdir():
        if path not in programs and path.suffix != ".part":
            with suppress(OSError):
                path.unlink()
