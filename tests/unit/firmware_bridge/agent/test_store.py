import sqlite3
from dataclasses import replace

import msgspec
import pytest

from firmware_bridge.agent.rules.world import Attempt, Bench, Hot
from firmware_bridge.agent.store import NEVER_BEGUN_KEPT, Store
from firmware_bridge.errors import BridgeError
from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState

HOT = Hot("marlin", Link(port="/dev/x"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bridge.db"


def test_everything_is_there_after_a_kill(path, make_lease):
    first = Store(path)  # never closed: a kill closes nothing
    attempt = first.put(Attempt(make_lease(), checked=True))
    first.set_bench("ender", Bench(bed_clear=True))
    first.begin(attempt, HOT)
    first.refuse("a thing", "a reason")
    second = Store(path)
    assert second.attempt("a1") == replace(attempt, state=AttemptState.STARTED)
    assert second.benches() == {"ender": Bench(bed_clear=False, hot=HOT)}
    assert [r.what for r in second.refusals()] == ["a thing"]
    first.close()
    second.close()


FIRST = """
CREATE TABLE attempt (
    id TEXT PRIMARY KEY, lease BLOB NOT NULL, state TEXT NOT NULL, checked INTEGER NOT NULL,
    start_asked INTEGER NOT NULL, settled INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE bench (machine TEXT PRIMARY KEY, bed_clear INTEGER NOT NULL, hot BLOB) STRICT;
"""
"""As the first bridges made it."""


def test_an_older_bridges_database_is_brought_up_to_date(path, make_lease):
    older = sqlite3.connect(path)
    older.executescript(FIRST)
    lease = make_lease()
    row = ("a1", msgspec.json.encode(lease), "started", 1, 1, 0, "")
    older.execute("INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    older.execute("INSERT INTO bench VALUES ('ender', 0, ?), ('prusa', 1, NULL)", (msgspec.json.encode(HOT.link),))
    older.commit()
    older.close()
    for _ in range(2):
        store = Store(path)
        before = Attempt(lease, AttemptState.STARTED, checked=True, start_asked=True)
        assert store.open_attempts() == (before,)
        assert store.benches() == {"ender": Bench(hot=Hot("", HOT.link)), "prusa": Bench(bed_clear=True)}
        brought = store.put(Attempt(make_lease(attempt="l1"), local=True))
        assert store.attempt("l1") == brought
        store.settle([store.put(replace(brought, state=AttemptState.FINISHED))])
        store.close()


def test_a_newer_bridges_database_is_left_alone(path):
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(BridgeError, match="newer bridge"):
        Store(path)


def test_commits_reach_the_disk(path):
    store = Store(path)
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    store.close()


def test_an_end_leaves_the_bench_as_told(path, make_lease):
    store = Store(path)
    begun = store.begin(store.put(Attempt(make_lease())), HOT)
    store.end(begun, AttemptState.FAILED, "why", Bench(bed_clear=True))
    assert store.benches()["ender"] == Bench(bed_clear=True)
    assert store.attempt("a1").reason == "why"
    store.close()


def test_a_settled_attempt_is_reported_no_more_but_never_forgotten(path, make_lease):
    store = Store(path)
    done = store.put(Attempt(make_lease(), AttemptState.FINISHED))
    assert store.open_attempts() == (done,)
    store.settle([done])
    assert store.open_attempts() == ()
    assert store.attempt("a1").settled
    store.close()


def test_of_what_never_began_the_latest_are_remembered_and_of_what_may_have_all(path, make_lease):
    """Else a commons fills the disk with leases that are refused."""
    store = Store(path)
    kept = {"begun": AttemptState.FINISHED, "lost": AttemptState.LOST, "open": AttemptState.LAPSED}
    for name, state in kept.items():
        store.put(Attempt(make_lease(attempt=name), state, start_asked=name == "begun"))
    store.settle(a for a in store.open_attempts() if a.id != "open")
    count = NEVER_BEGUN_KEPT + 10
    store.settle([Attempt(make_lease(attempt=f"a{n}"), AttemptState.LAPSED) for n in range(count)])
    assert all(store.attempt(name) for name in kept)
    assert [n for n in range(count) if store.attempt(f"a{n}") is None] == list(range(10))
    store.close()


def test_a_live_attempt_cannot_be_settled(path, make_lease):
    store = Store(path)
    with pytest.raises(AssertionError):
        store.settle([store.put(Attempt(make_lease(), AttemptState.STARTED))])
    store.close()


def test_refusals_are_numbered_once_and_for_all(path):
    store = Store(path)
    assert store.refuse("one", "r")
    assert not store.refuse("one", "r")
    assert store.refuse("two", "r")
    store.refusals_seen(2)
    assert store.refusals() == []
    assert store.refuse("one", "r")
    assert [r.number for r in store.refusals()] == [3]
    store.close()


def test_a_flood_of_refusals_is_cut(path):
    store = Store(path)
    for number in range(300):
        store.refuse(f"thing {number}", "r")
    assert len(store.refusals()) == 256
    store.close()
