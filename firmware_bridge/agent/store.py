"""What the bridge must still know after a kill: attempts, benches, refusals. SQLite, every commit on disk.

Used by one thread only. Every method that writes returns after the write has reached the disk
(`synchronous=FULL`), so that what follows from it may be done.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from firmware_bridge import wire
from firmware_bridge.agent.rules.world import ENDED, OPEN_ATTEMPTS_MAX, Attempt, Bench, Hot
from firmware_bridge.errors import BridgeError
from firmware_bridge.wire import AttemptState

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempt (
    id TEXT PRIMARY KEY, lease BLOB NOT NULL, state TEXT NOT NULL, checked INTEGER NOT NULL,
    start_asked INTEGER NOT NULL, settled INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS attempt_open ON attempt (id) WHERE NOT settled;
CREATE TABLE IF NOT EXISTS bench (machine TEXT PRIMARY KEY, bed_clear INTEGER NOT NULL, hot BLOB) STRICT;
CREATE TABLE IF NOT EXISTS refusal (
    number INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
"""
_MIGRATIONS = (
    "ALTER TABLE attempt ADD COLUMN local INTEGER NOT NULL DEFAULT 0",
    # It was the link alone.
    """UPDATE bench SET hot = CAST('{"firmware":"","link":' || CAST(hot AS TEXT) || '}' AS BLOB)
        WHERE hot IS NOT NULL""",
)
"""What bridges since the first have added, in order; the database's `user_version` counts those it has."""
NEVER_BEGUN_KEPT = 4_000
"""Settled attempts; a commons could fill the disk with them."""
_COLUMNS = "lease, state, checked, start_asked, settled, reason, local"


class Store:
    """Raises `BridgeError` when the database cannot be opened or is a newer bridge's; a failing disk later is
    `sqlite3.Error` (`Desk.give_up`). One of an older bridge is brought up to date."""

    def __init__(self, path: Path) -> None:
        try:
            # Autocommit; `_transaction` groups what belongs together.
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
            self._migrate(path)
        except sqlite3.Error as error:
            raise BridgeError(f"cannot open the bridge's database {path}: {why_failed(error)}") from None

    def _migrate(self, path: Path) -> None:
        (has,) = self._db.execute("PRAGMA user_version").fetchone()
        if has > len(_MIGRATIONS):
            self._db.close()
            raise BridgeError(f"{path} was written by a newer bridge: update this one")
        for number, change in enumerate(_MIGRATIONS[has:], has + 1):
            with self._transaction():
                self._db.execute(change)
                self._db.execute(f"PRAGMA user_version = {number}")

    def close(self) -> None:
        self._db.close()

    def attempt(self, attempt: str) -> Attempt | None:
        """Any attempt that may ever have begun here, and of those that never did, the latest; settled or not."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM attempt WHERE id = ?", (attempt,)).fetchone()  # noqa: S608
        return _attempt(row) if row else None

    def open_attempts(self) -> tuple[Attempt, ...]:
        """Those somebody still has to hear of (the commons, or of a local one its workshop), in the order they came."""
        query = f"SELECT {_COLUMNS} FROM attempt WHERE NOT settled ORDER BY rowid"  # noqa: S608 (our own constant)
        return tuple(_attempt(row) for row in self._db.execute(query))

    def latest(self, state: AttemptState, count: int) -> frozenset[str]:
        """The ids of so many attempts in this state, those that came last."""
        rows = self._db.execute("SELECT id FROM attempt WHERE state = ? ORDER BY rowid DESC LIMIT ?", (state, count))
        return frozenset(attempt for (attempt,) in rows)

    def last(self, machine: str, *, leased: bool = False) -> Attempt | None:
        """The one that came last for this machine, settled or not; `leased`: of those that its commons leased."""
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM attempt WHERE json_extract(CAST(lease AS TEXT), '$.machine') = ?"  # noqa: S608 (our own constant)
            " AND NOT (local AND ?) ORDER BY rowid DESC LIMIT 1",
            (machine, leased),
        ).fetchone()
        return _attempt(row) if row else None

    def put(self, attempt: Attempt) -> Attempt:
        """Writes the attempt as it now is."""
        self._db.execute(
            "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state,"
            " checked = excluded.checked, start_asked = excluded.start_asked, settled = excluded.settled,"
            " reason = excluded.reason",
            (
                attempt.id,
                msgspec.json.encode(attempt.lease),
                attempt.state,
                attempt.checked,
                attempt.start_asked,
                attempt.settled,
                attempt.reason,
                attempt.local,
            ),
        )
        return attempt

    def begin(self, attempt: Attempt, hot: Hot) -> Attempt:
        """The point of no return, in one transaction: `started`, its bed used up, its machine maybe hot."""
        with self._transaction():
            self._bench(attempt.lease.machine, Bench(bed_clear=False, hot=hot))
            return self.put(replace(attempt, state=AttemptState.STARTED))

    def end(self, attempt: Attempt, state: AttemptState, reason: str, bench: Bench) -> Attempt:
        """A started attempt is over, and how its machine was left."""
        with self._transaction():
            self._bench(attempt.lease.machine, bench)
            return self.put(replace(attempt, state=state, reason=reason))

    def benches(self) -> dict[str, Bench]:
        rows = self._db.execute("SELECT machine, bed_clear, hot FROM bench")
        return {
            machine: Bench(bed_clear=bool(clear), hot=msgspec.json.decode(hot, type=Hot) if hot else None)
            for machine, clear, hot in rows
        }

    def set_bench(self, machine: str, bench: Bench) -> None:
        self._bench(machine, bench)

    def refuse(self, what: str, reason: str) -> bool:
        """Notes a refusal to report; False when the same already waits, or too many do."""
        waiting = self.refusals()
        if len(waiting) >= OPEN_ATTEMPTS_MAX or any(r.what == what and r.reason == reason for r in waiting):
            return False
        self._db.execute("INSERT INTO refusal (what, reason) VALUES (?, ?)", (what, reason))
        return True

    def refusals(self) -> list[wire.Refusal]:
        """Those not acknowledged yet, oldest first."""
        rows = self._db.execute("SELECT number, what, reason FROM refusal ORDER BY number")
        return [wire.Refusal(number=number, what=what, reason=reason) for number, what, reason in rows]

    def refusals_seen(self, number: int) -> None:
        self._db.execute("DELETE FROM refusal WHERE number <= ?", (number,))

    def settle(self, attempts: Iterable[Attempt]) -> None:
        """No more reports of them, in one transaction. Only an ended attempt can be settled.

        What may have begun is kept for good: each took a bed. Of the rest, the latest are.
        """
        with self._transaction():
            for attempt in attempts:
                assert attempt.state in ENDED  # noqa: S101 (the caller's table)
                self.put(replace(attempt, settled=True))
            self._db.execute(
                "DELETE FROM attempt WHERE settled AND NOT start_asked AND state <> ?"
                " AND rowid <= (SELECT max(rowid) FROM attempt) - ?",
                (AttemptState.LOST, NEVER_BEGUN_KEPT),
            )

    def _bench(self, machine: str, bench: Bench) -> None:
        self._db.execute(
            "INSERT INTO bench VALUES (?, ?, ?)"
            " ON CONFLICT (machine) DO UPDATE SET bed_clear = excluded.bed_clear, hot = excluded.hot",
            (machine, bench.bed_clear, msgspec.json.encode(bench.hot) if bench.hot else None),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _attempt(row: tuple[bytes, str, int, int, int, str, int]) -> Attempt:
    lease, state, checked, start_asked, settled, reason, local = row
    return Attempt(
        lease=msgspec.json.decode(lease, type=wire.Lease),
        state=AttemptState(state),
        checked=bool(checked),
        start_asked=bool(start_asked),
        settled=bool(settled),
        reason=reason,
        local=bool(local),
    )


def why_failed(error: sqlite3.Error) -> str:
    """What SQLite says, and what to do about it."""
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF  # of an extended code (sqlite.org/rescode.html)
    return str(error) + {
        sqlite3.SQLITE_FULL: ": make room there",
        sqlite3.SQLITE_IOERR: ": its disk may be full (make room there) or failing",
    }.get(kind, "")
