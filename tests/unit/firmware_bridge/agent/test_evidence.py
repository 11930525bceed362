import pytest

from firmware_bridge.agent import evidence
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules.world import Attempt
from firmware_bridge.agent.store import Store
from firmware_bridge.journal.journals import KEEP_LEAST
from firmware_bridge.wire import AttemptState

SHA = "0" * 64


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture
def store(home):
    store = Store(home.database)
    yield store
    store.close()


@pytest.fixture
def over(home, store, make_lease):
    """An attempt that ended so and was settled, with program and journal."""

    def over(state, attempt="a1"):
        store.settle([store.put(Attempt(make_lease(attempt=attempt, program_sha256=SHA), state))])
        home.program(SHA).write_bytes(b"G28\n")
        home.journal(attempt).mkdir()
        (home.journal(attempt) / "x.jsonl").write_bytes(b"{}\n")

    return over


def test_the_evidence_of_a_lost_attempt_outlives_its_settling(home, store, over):
    over(AttemptState.LOST)
    evidence.tidy(home, store)
    assert home.program(SHA).exists()
    assert list(home.journal("a1").iterdir())


def test_it_is_kept_for_a_month(home, store, over, make_lease):
    over(AttemptState.LOST)
    then = home.journal("a1").stat().st_mtime
    for number in range(KEEP_LEAST):
        store.put(Attempt(make_lease(attempt=f"later-{number}"), AttemptState.LOST, settled=True))
    evidence.tidy(home, store, now=lambda: then + 29 * 24 * 3600)
    assert home.journal("a1").exists()
    evidence.tidy(home, store, now=lambda: then + 31 * 24 * 3600)
    assert not home.journal("a1").exists()
    assert not home.program(SHA).exists()


@pytest.mark.parametrize("years", [-50, 50])
def test_a_clock_that_jumps_takes_the_latest_evidence_away_from_nobody(home, store, over, years):
    over(AttemptState.LOST)
    then = home.journal("a1").stat().st_mtime
    evidence.tidy(home, store, now=lambda: then + years * 365 * 24 * 3600)
    assert home.journal("a1").exists()
    assert home.program(SHA).exists()


@pytest.mark.parametrize("state", [AttemptState.FINISHED, AttemptState.FAILED, AttemptState.LAPSED])
def test_of_any_other_nothing_stays(home, store, over, state):
    over(state)
    evidence.tidy(home, store)
    assert not home.journal("a1").exists()
    assert not home.program(SHA).exists()


def test_a_later_run_of_the_same_program_takes_no_evidence_away(home, store, over):
    over(AttemptState.LOST)
    over(AttemptState.FINISHED, "a2")
    evidence.tidy(home, store)
    assert home.program(SHA).exists()
    assert home.journal("a1").exists()
    assert not home.journal("a2").exists()


def test_what_is_held_stays(home, store, make_lease):
    store.put(Attempt(make_lease(program_sha256=SHA)))
    home.program(SHA).write_bytes(b"G28\n")
    half = home.program("1" * 64).with_name("x.part")
    half.touch()  # a download under way
    evidence.tidy(home, store)
    assert home.program(SHA).exists()
    assert half.exists()
