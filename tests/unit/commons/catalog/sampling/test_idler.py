"""What is tried in idle time, with a forge whose outcomes are known."""

import pytest

from commons.catalog.sampling.idler import GIVEN_UP_AFTER, Idler
from commons.catalog.sampling.services import region_of, tried_of
from commons.work.models import Work, WorkState
from fabrication.errors import ForgeUnavailable
from fabrication.geometry.parameters import read_parameters
from tests.unit.fabrication.geometry.feasible.oracle_forge import OracleForge

HOOK = "a = 3.0  # [0:0.5:10] mm\nb = 5.0  # [0:0.5:10] mm"


def below(values: dict) -> str:
    return "" if values["a"] < values["b"] else "a must be below b"


@pytest.fixture
def idler(database, store):
    def made(forge: OracleForge, samples: int = 20) -> Idler:
        return Idler(database, forge, store, samples)

    return made


def until_nothing_is_left(idler: Idler, forge: OracleForge) -> int:
    """How many tries that took."""
    before = len(forge.tried)
    for _ in range(300):
        so_far = len(forge.tried)
        idler.run_once()
        if len(forge.tried) == so_far:
            return so_far - before
    raise AssertionError("it never ends")


def test_in_idle_time_each_design_is_tried_in_turn_and_then_no_more(idler, database, add_design):
    forge = OracleForge(lambda values: "" if "n" in values else below(values))
    hook, nail = add_design("hook", HOOK), add_design("nail", "n = 3  # [1:9]")
    worker = idler(forge)
    worker.run_once()
    worker.run_once()
    assert forge.tried == [{"n": 3}, {"a": 3.0, "b": 5.0}]
    assert until_nothing_is_left(worker, forge) == 20 + 9 - 2
    assert forge.background == {True}
    with database.read() as session:
        assert (len(tried_of(session, hook)), len(tried_of(session, nail))) == (20, 9)
        marks = region_of(session, hook, read_parameters(HOOK)).marks
    assert {(mark.parameter, mark.low, mark.high) for mark in marks if not mark.always} >= {("a", 5.0, 10.0)}


@pytest.mark.parametrize("stop", [1, 7, 13])
def test_stopped_anywhere_the_next_one_goes_on_and_repeats_nothing(idler, add_design, stop):
    add_design("hook", HOOK)
    forge = OracleForge(below)
    first = idler(forge)
    for _ in range(stop):
        first.run_once()
    assert until_nothing_is_left(idler(forge), forge) == 20 - stop
    assert len({tuple(values.items()) for values in forge.tried}) == 20


def test_nothing_is_tried_while_anybody_wants_anything(idler, database, add_design):
    add_design("hook", HOOK)
    forge = OracleForge(below)
    worker = idler(forge)
    forge.running = 1
    worker.run_once()
    forge.running, forge.gone = 0, True
    worker.run_once()
    forge.gone = False
    with database.write() as session:
        session.add(Work(key="w", kind="plan", subject="w"))
    worker.run_once()
    assert forge.tried == []
    with database.write() as session:
        session.get_one(Work, "w").state = WorkState.MADE
    worker.run_once()
    assert len(forge.tried) == 1


def test_what_came_to_nothing_is_not_recorded_and_keeps_no_other_back(idler, database, add_design):
    good = add_design("nail", "n = 3  # [1:9]")
    bad = add_design("hook", HOOK)
    forge = OracleForge(lambda values: "" if "n" in values else ForgeUnavailable("it was lost"))
    until_nothing_is_left(idler(forge), forge)
    with database.read() as session:
        assert tried_of(session, bad) == {}
        assert len(tried_of(session, good)) == 9
    assert sum("a" in values for values in forge.tried) == GIVEN_UP_AFTER
    forge.oracle = below
    assert until_nothing_is_left(idler(forge), forge) == 20


def test_what_cannot_be_read_keeps_no_other_back(idler, database, add_design, store):
    add_design("nail", "n = 3  # [1:9]")
    lost = add_design("hook", HOOK)
    next(path for path in store.folder.rglob(f"*{lost[8:]}")).unlink()
    forge = OracleForge(lambda values: "")
    assert until_nothing_is_left(idler(forge), forge) == 9


def test_a_try_gives_way_to_whoever_waits_and_is_made_again_later(idler, database, add_design):
    source = add_design("hook", HOOK)
    forge = OracleForge(below)
    forge.waiting_while_run = 1
    worker = idler(forge)
    for _ in range(GIVEN_UP_AFTER + 2):
        worker.run_once()
    with database.read() as session:
        assert tried_of(session, source) == {}
    forge.waiting_while_run = 0
    assert until_nothing_is_left(worker, forge) == 20
