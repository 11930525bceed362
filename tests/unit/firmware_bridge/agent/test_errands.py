import select
import sqlite3
import threading

import pytest

from firmware_bridge.agent.errands import Errands
from firmware_bridge.errors import BridgeError

KEY = ("fetch", "a1")


@pytest.fixture
def errands(clock):
    errands = Errands(clock)
    yield errands
    errands.close()


def collect(errands):
    assert select.select([errands], [], [], 10)[0]
    errands.collect()


def test_results_arrive_on_the_collecting_thread(errands):
    seen = []
    errands.send(KEY, threading.get_ident, lambda worker: seen.append((worker, threading.get_ident())), pytest.fail)
    collect(errands)
    ((worker, collector),) = seen
    assert worker != collector == threading.get_ident()


def test_one_errand_a_key_at_a_time(errands):
    go = threading.Event()
    errands.send(KEY, go.wait, lambda _: None, pytest.fail)
    assert not errands.may_go(KEY)
    assert errands.may_go(("fetch", "a2"))
    go.set()
    collect(errands)
    assert errands.may_go(KEY)


def test_a_failed_errand_waits_longer_each_time(errands, clock):
    failures = []

    def fail():
        raise BridgeError("no")

    def failed(error):
        failures.append(str(error))
        errands.put_off(KEY)

    errands.send(KEY, fail, lambda _: pytest.fail("no"), failed)
    collect(errands)
    assert failures == ["no"]
    assert not errands.may_go(KEY)
    clock.now = errands.next_try()
    assert errands.may_go(KEY)
    assert errands.next_try() == float("inf")  # else nobody who waits for it would ever sleep again
    errands.put_off(KEY)
    errands.forget(KEY)
    assert errands.may_go(KEY)
    assert errands.next_try() == float("inf")


def test_a_bug_in_taking_an_answer_in_is_said_and_fails_the_errand_alone(errands, capsys):
    failures = []
    errands.send(KEY, lambda: 0, lambda answer: 1 / answer, lambda error: failures.append(str(error)))
    collect(errands)
    assert "ZeroDivisionError" in failures[0]
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert errands.may_go(KEY)


def test_a_failing_database_is_no_failed_errand(errands):
    def full(_):
        raise sqlite3.OperationalError("disk I/O error")

    errands.send(KEY, lambda: 0, full, pytest.fail)
    with pytest.raises(sqlite3.OperationalError):
        collect(errands)


def test_a_bug_in_an_errand_is_said_and_fails_it_alone(errands, capsys):
    failures = []
    errands.send(KEY, lambda: 1 / 0, lambda _: pytest.fail("no"), lambda error: failures.append(str(error)))
    collect(errands)
    assert "ZeroDivisionError" in failures[0]
    assert "ZeroDivisionError" in capsys.readouterr().err
