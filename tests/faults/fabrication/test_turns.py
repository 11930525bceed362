"""Turns in the real forge: replaced, in the background, told how they stand, and a place for everyone."""

import threading
import time

import pytest

from fabrication.errors import ForgeError, ForgeUnavailable, Superseded
from fabrication.geometry.supervisor.queue import WAITING_PER_ASKER_MAX

HOLD = "def probe(world):\n import time\n time.sleep(19)\n return {}"  # until it is ended
QUICK = {"source": "def probe(world): return {'was': world}", "world": "quick"}


def until(holds, within_s=20.0):
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


class Asked(threading.Thread):
    """A job asked for in a thread of its own; `got` is its result or its error, `told` its progress."""

    def __init__(self, forge, source, **how):
        super().__init__()
        self.got, self.told, self.stop = None, [], False
        self.forge, self.request, self.how = forge, {"source": source, "world": {}}, how
        self.start()

    def run(self):
        try:
            self.got = self.forge.client.run("probe", self.request, {}, on_progress=self.tell, **self.how)
        except (ForgeError, KeyboardInterrupt) as error:
            self.got = error

    def tell(self, progress):
        self.told.append(progress)
        if self.stop:
            raise KeyboardInterrupt  # as a person would: their connection closes

    def running(self):
        return bool(self.told) and self.told[-1].state == "running"

    def end(self):
        self.stop = True
        self.join(20)
        assert not self.is_alive()


@pytest.fixture
def ask(dropping_forge):
    """Asks in the background; what still holds a slot afterwards is ended."""
    asked = []

    def begin(source=HOLD, **how):
        asked.append(Asked(dropping_forge, source, **how))
        return asked[-1]

    yield begin
    for one in asked:
        one.end()
    until(lambda: dropping_forge.client.health().running == 0 and dropping_forge.jobs_alive() == [])
    assert dropping_forge.leftovers() == []


def test_a_newer_job_ends_the_older_one_that_runs_and_the_one_that_waits(ask, dropping_forge):
    first, other = ask(asker="a", replaces=True), ask(asker="b")
    until(lambda: first.running() and other.running())
    second = ask(asker="a", replaces=True)
    until(lambda: isinstance(first.got, Superseded))
    until(second.running)
    blocked = [ask(asker="c"), ask(asker="a", replaces=True)]  # "a" holds no slot by then, nor does anybody wait for it
    until(lambda: isinstance(second.got, Superseded))
    assert "something newer" in str(second.got)
    waiting = next(one for one in blocked if not one.running())
    until(lambda: dropping_forge.client.health().waiting == 1)
    assert waiting.got is None
    assert other.got is None


def test_one_who_asks_on_before_the_older_job_has_left_is_served_all_the_same(ask, dropping_forge):
    first = ask(asker="a", replaces=True)
    until(first.running)
    burst = [ask(asker="a", replaces=True) for _ in range(8)]
    until(lambda: sum(isinstance(one.got, Superseded) for one in [first, *burst]) == len(burst))
    until(lambda: any(one.running() and one.got is None for one in burst))
    assert dropping_forge.client.health().astray == 0
    assert dropping_forge.client.run("probe", QUICK, {}, asker="a", replaces=True).claim == {"was": "quick"}


def test_a_waiting_job_is_replaced_at_once(ask, dropping_forge):
    holders = [ask(asker="x"), ask(asker="y")]
    until(lambda: all(one.running() for one in holders))
    old = ask(asker="a", replaces=True)
    until(lambda: old.told)
    assert old.told[0].state == "waiting"
    new = ask(asker="a", replaces=True)
    until(lambda: isinstance(old.got, Superseded))
    assert new.got is None
    assert dropping_forge.client.health().waiting == 1


def test_without_replaces_both_are_done(dropping_forge):
    results = [dropping_forge.client.run("probe", QUICK, {}, asker="a") for _ in range(2)]
    assert [result.claim for result in results] == [{"was": "quick"}] * 2


def test_background_leaves_a_slot_for_who_comes(ask, dropping_forge):
    first, second = ask(background=True), ask(background=True)
    until(lambda: first.told and second.told)
    until(lambda: first.running() or second.running())
    assert dropping_forge.client.run("probe", QUICK, {}).claim == {"was": "quick"}
    assert dropping_forge.client.health().running == 1


def test_progress_tells_how_many_are_ahead_and_that_it_began(ask, dropping_forge):
    holders = [ask(asker="x"), ask(asker="y")]
    until(lambda: all(one.running() for one in holders))
    third, fourth = ask(), ask(background=True)
    until(lambda: third.told and fourth.told and fourth.told[-1].ahead == 1)
    assert (third.told[-1].state, third.told[-1].ahead) == ("waiting", 0)
    seen = len(third.told)
    until(lambda: len(third.told) > seen + 1)
    assert third.told[-1].seconds >= 1
    holders[0].end()
    until(third.running)
    assert third.told[-1].seconds < 2


def test_one_visitor_s_many_jobs_leave_room_for_another(ask, dropping_forge):
    many = [ask(asker="greedy") for _ in range(4)]
    until(lambda: all(one.told for one in many))
    assert dropping_forge.client.run("probe", QUICK, {}, asker="modest").claim == {"was": "quick"}
    assert sum(one.running() for one in many) == 1


def test_one_visitor_cannot_fill_the_queue(ask, dropping_forge):
    holder = ask(asker="greedy")
    until(holder.running)
    waiting = [ask(asker="greedy") for _ in range(WAITING_PER_ASKER_MAX)]
    until(lambda: dropping_forge.client.health().waiting == WAITING_PER_ASKER_MAX)
    with pytest.raises(ForgeUnavailable, match="16 jobs of yours are waiting"):
        dropping_forge.client.run("probe", QUICK, {}, asker="greedy")
    assert dropping_forge.client.run("probe", QUICK, {}, asker="modest").claim == {"was": "quick"}
    assert all(one.got is None for one in waiting)
