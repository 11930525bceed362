"""Long work on real databases: taken once, taken over from the dead, settled by the newest taker alone."""

import threading
from datetime import timedelta

from commons.db import utcnow
from commons.work.loops import Loop
from commons.work.models import Work, WorkState
from commons.work.queue import TURN_S, Turn, keep, settle, take
from commons.work.worker import Worker
from fabrication.errors import ScriptFailed


def want(database, *keys: str) -> None:
    with database.write() as session:
        session.add_all([Work(key=key, kind="plan", subject=key) for key in keys])


def taken(database, now):
    with database.write() as session:
        return take(session, now, {"plan"})


def state_of(database, key: str) -> tuple[WorkState, str]:
    with database.read() as session:
        work = session.get_one(Work, key)
        return work.state, work.error


def test_each_work_is_taken_by_one(database):
    want(database, *(f"w{n}" for n in range(8)))
    turns = []

    def take_all() -> None:
        while turn := taken(database, utcnow()):
            turns.append(turn.key)

    threads = [threading.Thread(target=take_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == [f"w{n}" for n in range(8)]


def test_a_dead_taker_loses_its_turn_and_has_no_say_any_more(database):
    want(database, "w")
    now = utcnow()
    first = taken(database, now)
    assert taken(database, now + timedelta(seconds=TURN_S - 1)) is None
    second = taken(database, now + timedelta(seconds=TURN_S + 1))
    assert (second.key, second.attempt) == ("w", first.attempt + 1)
    with database.write() as session:
        assert not settle(session, first, WorkState.FAILED, "too late")
        assert settle(session, second, WorkState.MADE)
    assert state_of(database, "w") == (WorkState.MADE, "")


def test_a_taker_that_says_it_lives_keeps_its_turn(database):
    want(database, "w")
    now = utcnow()
    turn = taken(database, now)
    later = now + timedelta(seconds=TURN_S - 1)
    with database.write() as session:
        keep(session, turn, later)
    assert taken(database, later + timedelta(seconds=TURN_S - 1)) is None


def test_a_worker_outlives_what_it_makes(database):
    want(database, "bad", "good")
    made = []

    def make(turn: Turn) -> None:
        if turn.subject == "bad":
            raise RuntimeError("a bug")
        made.append(turn.subject)

    worker = Worker(database, {"plan": make})
    assert worker.run_once()
    assert worker.run_once()
    assert not worker.run_once()
    assert made == ["good"]
    assert state_of(database, "bad") == (WorkState.FAILED, "It failed inside the commons; its log says why.")
    assert state_of(database, "good")[0] is WorkState.MADE


def test_a_worker_takes_only_the_kinds_it_can_make_and_keeps_what_an_author_said(database):
    want(database, "w")

    def fail(_turn: Turn) -> None:
        raise ScriptFailed("the wall is too thin", 7)

    assert not Worker(database, {"build": fail}).run_once()
    assert Worker(database, {"plan": fail}).run_once()
    assert state_of(database, "w") == (WorkState.FAILED, "line 7: the wall is too thin")


def test_a_loop_outlives_a_bad_pass():
    passes = []

    def run_once() -> bool:
        passes.append(len(passes))
        if len(passes) == 1:
            raise RuntimeError("database is locked")
        loop.ended.set()
        return True

    loop = Loop("sweeper", run_once, 0.0)
    loop.run()
    assert passes == [0, 1]
    assert loop.passed is not None
