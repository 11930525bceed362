"""The queue against every order of events hypothesis thinks of: fair, never idle while somebody waits, never overfull."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.geometry.supervisor.queue import WAITING_MAX, WAITING_PER_ASKER_MAX, Queue, QueueFull, Ticket

ENTER, LEAVE = "enter", "leave"
asks = st.tuples(st.just(ENTER), st.sampled_from("abcd"), st.booleans(), st.booleans())
ends = st.tuples(st.just(LEAVE), st.integers(0, 10))
histories = st.lists(asks | asks | ends, max_size=60)


class Watched:
    """A queue, and a record of it kept apart, by which each step is held to the rules."""

    def __init__(self, slots):
        self.queue, self.slots = Queue(slots), slots
        self.waiting, self.running, self.passed = {}, {}, {}
        """`passed`: for each job that waits, how often each other asker was served before it while it could be."""
        self.number = 0

    def enter(self, asker, background, replaces):
        self.number += 1
        ticket = Ticket(self.number, asker, background, replaces)
        known = {**self.waiting, **self.running}
        expected = {n for n, old in known.items() if replaces and old.replaces and old.asker == asker}
        try:
            replaced = self.queue.enter(ticket)
        except QueueFull:
            mine = [one for one in self.waiting.values() if (one.asker, one.background) == (asker, background)]
            assert len(mine) == WAITING_PER_ASKER_MAX
            self.hold()
            return
        assert {old.number for old in replaced} == expected
        for number in expected & self.waiting.keys():
            del self.waiting[number], self.passed[number]
        self.waiting[self.number] = ticket
        self.passed[self.number] = Counter()
        self.begin()

    def leave(self, pick):
        everything = [*self.waiting, *self.running]
        if everything:
            number = everything[pick % len(everything)]
            self.queue.leave(number)
            self.waiting.pop(number, None)
            self.passed.pop(number, None)
            self.running.pop(number, None)
            self.begin()

    def begin(self):
        for started in self.queue.start():
            assert self.waiting.pop(started.number) == started
            self.passed.pop(started.number)
            for number, other in self.waiting.items():
                if other.background == started.background and self.heads(other) and not self.full_handed(other.asker):
                    self.passed[number][started.asker] += 1
            self.running[started.number] = started
        self.hold()

    def heads(self, ticket):
        """It is its asker's oldest in its lane."""
        return not any(
            other.asker == ticket.asker and other.background == ticket.background and other.number < ticket.number
            for other in self.waiting.values()
        )

    def full_handed(self, asker):
        return sum(ticket.asker == asker for ticket in self.running.values()) >= max(1, self.slots - 1)

    def hold(self):
        assert len(self.running) <= self.slots
        assert self.queue.running == self.running
        assert self.queue.waiting == len(self.waiting)
        # No asker is served twice before another who could have been.
        assert all(max(passed.values(), default=0) <= 1 for passed in self.passed.values())
        # Nobody waits whose turn could be now.
        free = self.slots - len(self.running)
        for ticket in self.waiting.values():
            may = free > (ticket.background and self.slots > 1)
            assert not may or self.full_handed(ticket.asker), ticket
        if self.slots > 1:
            assert sum(ticket.background for ticket in self.running.values()) < self.slots
            assert max(Counter(ticket.asker for ticket in self.running.values()).values(), default=0) < self.slots


@given(st.integers(1, 4), histories)
def test_every_history_is_fair_and_leaves_nobody_waiting_for_nothing(slots, history):
    watched = Watched(slots)
    for what, *details in history:
        getattr(watched, what)(*details)
    while watched.waiting or watched.running:
        assert watched.running, "all wait and nothing runs"
        watched.leave(len(watched.waiting))


@given(st.integers(1, 3), histories, st.integers(0, 30))
def test_ahead_is_how_many_start_first_when_all_end_one_by_one(slots, history, pick):
    watched = Watched(slots)
    for _, asker, background, *_ in [step for step in history if step[0] == ENTER]:
        watched.enter(f"{asker}{watched.number}", background, False)  # each its own: no asker is full-handed
    if not watched.waiting:
        return
    number = sorted(watched.waiting)[pick % len(watched.waiting)]
    ahead, started = watched.queue.ahead(number), 0
    while number in watched.waiting:
        before = set(watched.waiting)
        watched.leave(len(watched.waiting))
        started += len(before - set(watched.waiting))
    assert started - 1 == ahead


def numbered(queue, *asks):
    for number, ask in enumerate(asks, 1):
        queue.enter(Ticket(number, *ask))


def order(queue):
    """Numbers in the order in which they run on slots that end one by one."""
    done = []
    while started := queue.start():
        for ticket in started:
            done.append(ticket.number)
            queue.leave(ticket.number)
    return done


def test_askers_take_turns():
    queue = Queue(1)
    numbered(queue, ("a",), ("a",), ("a",), ("b",), ("c",), ("b",))
    assert [queue.ahead(number) for number in range(1, 7)] == [0, 3, 5, 1, 2, 4]
    assert order(queue) == [1, 4, 5, 2, 6, 3]


def test_background_waits_for_everybody():
    queue = Queue(1)
    numbered(queue, ("a", True), ("b",), ("c",))
    assert queue.ahead(1) == 2
    assert order(queue) == [2, 3, 1]


def test_background_leaves_a_slot_free():
    queue = Queue(2)
    numbered(queue, ("a", True), ("b", True))
    assert [ticket.number for ticket in queue.start()] == [1]
    queue.enter(Ticket(3, "c"))
    assert [ticket.number for ticket in queue.start()] == [3]


def test_one_asker_leaves_a_slot_to_others():
    queue = Queue(2)
    numbered(queue, ("a",), ("a",))
    assert [ticket.number for ticket in queue.start()] == [1]
    queue.enter(Ticket(3, "b"))
    assert [ticket.number for ticket in queue.start()] == [3]


def test_a_replacement_has_the_place_of_what_it_replaces():
    queue = Queue(1)
    numbered(queue, ("z",), ("a", False, True), ("b",))
    queue.start()
    assert queue.enter(Ticket(4, "a", replaces=True)) == (Ticket(2, "a", replaces=True),)
    queue.leave(1)
    assert order(queue) == [4, 3]


def test_a_replaced_job_that_runs_holds_its_slot_until_it_is_gone():
    queue = Queue(1)
    numbered(queue, ("a", False, True))
    queue.start()
    assert [old.number for old in queue.enter(Ticket(2, "a", replaces=True))] == [1]
    assert queue.start() == []
    queue.leave(1)
    assert [ticket.number for ticket in queue.start()] == [2]


def test_nobody_replaces_another_s_job_nor_one_not_asked_that_way():
    queue = Queue(1)
    numbered(queue, ("a", False, True), ("b",))
    assert queue.enter(Ticket(3, "b", replaces=True)) == ()


def test_a_visitor_cannot_fill_the_queue():
    queue = Queue(1)
    for number in range(WAITING_PER_ASKER_MAX):
        queue.enter(Ticket(number, "a"))
    with pytest.raises(QueueFull, match="16 jobs of yours"):
        queue.enter(Ticket(99, "a"))
    queue.enter(Ticket(100, "b"))
    assert queue.waiting == WAITING_PER_ASKER_MAX + 1


def test_each_lane_has_an_end():
    queue = Queue(1)
    for number in range(WAITING_MAX):
        queue.enter(Ticket(number, number, background=True))
    with pytest.raises(QueueFull, match="64 jobs are waiting"):
        queue.enter(Ticket(99, "a", background=True))
    queue.enter(Ticket(100, "a"))
    assert [ticket.number for ticket in queue.start()] == [100]


def test_a_full_queue_still_takes_a_replacement():
    queue = Queue(1)
    for number in range(WAITING_MAX):
        queue.enter(Ticket(number, number, replaces=True))
    assert [old.number for old in queue.enter(Ticket(99, 7, replaces=True))] == [7]
    assert queue.waiting == WAITING_MAX


def test_what_is_in_no_queue_cannot_leave_it():
    with pytest.raises(KeyError):
        Queue(1).leave(1)
