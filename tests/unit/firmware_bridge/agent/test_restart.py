import hashlib
from dataclasses import replace

import msgspec
import pytest

from firmware_bridge.agent import restart
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules.world import Attempt, Bench, Hot
from firmware_bridge.agent.store import Store
from firmware_bridge.journal import Journal
from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState

PROGRAM = b"G21\nG90\nG28\nG1 Z0.3 F600\nG1 X5 Y5\nG1 Z0.6\nG1 X9\n"
SHA = hashlib.sha256(PROGRAM).hexdigest()
LINK = Link(port="/dev/ttyX")
HOT = Hot("marlin", LINK)


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.prepare()
    home.program(SHA).write_bytes(PROGRAM)
    return home


@pytest.fixture
def store(home):
    store = Store(home.database)
    yield store
    store.close()


@pytest.mark.parametrize("state", [AttemptState.LEASED, AttemptState.ARMED])
def test_what_was_not_begun_must_be_checked_and_armed_again(home, store, machine, make_lease, state):
    store.put(Attempt(make_lease(program_sha256=SHA), state, checked=True))
    restart.recover(home, store, {"ender": machine})
    assert store.attempt("a1").state is AttemptState.LEASED
    assert not store.attempt("a1").checked
    assert home.program(SHA).exists()


@pytest.mark.parametrize(("asked", "state"), [(False, AttemptState.LAPSED), (True, AttemptState.FAILED)])
def test_a_lease_for_a_profile_that_changed_is_given_back(home, store, machine, make_lease, asked, state):
    """Only where the commons may believe that it began, it hears that it failed."""
    store.put(Attempt(make_lease(profile_sha256="1" * 64), start_asked=asked))
    restart.recover(home, store, {"ender": machine})
    assert store.attempt("a1").state is state
    assert "plan again" in store.attempt("a1").reason


def test_a_lease_for_a_machine_that_is_gone_is_given_back(home, store, make_lease):
    store.put(Attempt(make_lease()))
    restart.recover(home, store, {})
    assert store.attempt("a1").state is AttemptState.LAPSED


def begun(home, store, make_lease):
    attempt = store.begin(store.put(Attempt(make_lease(program_sha256=SHA), AttemptState.ARMED)), HOT)
    return Journal.open(home.journal(attempt.id), LINK.port, SHA)


@pytest.fixture
def cut_off(home, store, machine, make_lease):
    """A run that was cut off after line 5; gives its journal and when it was last heard of."""
    journal = begun(home, store, lambda **changes: make_lease(profile_sha256=machine.sha256, **changes))
    journal.begin(7)
    journal.reserve(7)
    journal.acknowledge(5)
    journal.close()
    return journal, journal.run().alive_at


@pytest.mark.parametrize("after_s", [0, 59.9])
def test_what_was_cut_off_a_moment_ago_may_go_on(home, store, machine, cut_off, after_s):
    _, alive_at = cut_off
    going_on = restart.recover(home, store, {"ender": machine}, now=lambda: alive_at + after_s)
    assert [attempt.id for attempt in going_on] == ["a1"]
    assert store.attempt("a1").state is AttemptState.STARTED
    assert store.benches()["ender"] == Bench(bed_clear=False, hot=HOT)


@pytest.mark.parametrize(
    ("changes", "after_s", "why"),
    [
        ({}, 60.1, "60 s ago, and it may go on by itself within 60 s"),
        ({}, -0.1, "the clock was set back"),
        ({"resume_within_s": 0.0}, 0, "nothing goes on by itself"),
        ({"firmware": "grbl"}, 0, "nothing goes on by itself"),
        ({"process": "milling"}, 0, "nothing goes on by itself"),
    ],
    ids=["late", "clock", "owner", "firmware", "milling"],
)
def test_what_may_not_go_on_is_lost_with_its_line_and_height(home, store, machine, cut_off, changes, after_s, why):
    _, alive_at = cut_off
    machine = replace(machine, profile=msgspec.structs.replace(machine.profile, **changes))
    assert restart.recover(home, store, {"ender": machine}, now=lambda: alive_at + after_s) == []
    attempt = store.attempt("a1")
    assert attempt.state is AttemptState.LOST
    assert attempt.reason.startswith("the bridge was cut off at line 5 of 7, 0.30 mm high: ")
    assert why in attempt.reason
    assert store.benches()["ender"] == Bench(bed_clear=False, hot=HOT)


@pytest.mark.parametrize("program", [None, b"G90\nG1 Z\n", b"\xff\n"], ids=["gone", "torn", "bytes"])
def test_what_was_lost_is_told_without_its_program_too(home, store, machine, cut_off, program):
    """Whatever a disk made of it: the machine is to be made safe, and the bridge to start."""
    home.program(SHA).unlink()
    if program is not None:
        home.program(SHA).write_bytes(program)
    assert restart.recover(home, store, {"ender": machine}, now=lambda: cut_off[1] + 3600) == []
    assert store.attempt("a1").reason.startswith("the bridge was cut off at line 5 of 7: ")
    assert store.benches()["ender"].hot is not None


@pytest.mark.parametrize("machines", ["gone", "changed"])
def test_a_machine_that_is_gone_or_another_goes_on_with_nothing(home, store, machine, cut_off, machines):
    there = {} if machines == "gone" else {"ender": replace(machine, sha256="1" * 64)}
    assert restart.recover(home, store, there) == []
    assert store.attempt("a1").state is AttemptState.LOST
    assert f"the profile of ender has {machines} since" in store.attempt("a1").reason


@pytest.mark.parametrize(("switched_off", "goes_on"), [(True, 0), (False, 1)])
def test_a_machine_that_was_switched_off_has_lost_its_position(home, store, machine, cut_off, switched_off, goes_on):
    journal, _ = cut_off
    journal.resume()
    journal.fail("the port vanished", switched_off=switched_off)
    journal.close()
    assert len(restart.recover(home, store, {"ender": machine})) == goes_on


def test_what_its_journal_says_was_finished_is_finished(home, store, machine, make_lease):
    journal = begun(home, store, make_lease)
    journal.begin(7)
    journal.reserve(7)
    journal.finish()
    restart.recover(home, store, {"ender": machine})
    assert store.attempt("a1").state is AttemptState.FINISHED
    journal.close()


HOSTED = Link(host="octoprint", url="http://octopi.local", key="k")


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (HOSTED, AttemptState.STARTED),
        (Link(host="octoprint", url="http://octopi.local/", key="another"), AttemptState.STARTED),
        (Link(host="octoprint", url="http://elsewhere.local", key="k"), AttemptState.LOST),
        (Link(host="moonraker", url="http://octopi.local", key="k"), AttemptState.LOST),
        (LINK, AttemptState.LOST),
        (None, AttemptState.LOST),
    ],
)
def test_what_a_host_prints_goes_on_while_there_is_that_host(home, store, machine, make_lease, now, state):
    store.begin(store.put(Attempt(make_lease(program_sha256=SHA), AttemptState.ARMED)), Hot("marlin", HOSTED))
    machines = {}
    if now is not None:
        machines["ender"] = replace(machine, profile=msgspec.structs.replace(machine.profile, link=now))
    restart.recover(home, store, machines)
    assert store.attempt("a1").state is state
    assert store.benches()["ender"].hot.link == HOSTED
    assert home.program(SHA).exists()


def test_begun_without_a_line_is_lost_all_the_same(home, store, machine, make_lease):
    begun(home, store, make_lease)
    restart.recover(home, store, {"ender": machine})
    assert store.attempt("a1").state is AttemptState.LOST


def test_a_damaged_journal_is_lost_all_the_same(home, store, machine, make_lease):
    journal = begun(home, store, make_lease)
    journal.path.write_bytes(b"\0\0\0\nrubbish\n")
    restart.recover(home, store, {"ender": machine})
    assert store.attempt("a1").state is AttemptState.LOST


def test_programs_nobody_holds_are_removed(home, store, machine):
    half = home.program("2" * 64).with_name("x.part")
    half.touch()
    restart.recover(home, store, {"ender": machine})
    assert not home.program(SHA).exists()
    assert not half.exists()
