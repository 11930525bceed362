"""Turns against every order of events hypothesis thinks of: queue, turns and slots never disagree about a job."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor

from hypothesis import example, given
from hypothesis import strategies as st

from fabrication.geometry.supervisor.queue import QueueFull, Ticket
from fabrication.geometry.supervisor.turns import Turns

ENTER, LEAVE = "enter", "leave"
asks = st.tuples(st.just(ENTER), st.sampled_from("ab"), st.booleans(), st.booleans())
ends = st.tuples(st.just(LEAVE), st.integers(0, 10))
histories = st.lists(asks | asks | ends, max_size=80)


def run(coroutine: Coroutine[None, None, None]) -> None:
    """In a thread of its own: a browser's test may have left a running loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, coroutine).result()


class Watched:
    """Turns, and those of them that have not been given back: a superseded one too leaves, a moment later."""

    def __init__(self, slots):
        self.turns, self.slots, self.held = Turns(slots), slots, []

    def enter(self, asker, background, replaces):
        older = [one for one in self.held if replaces and one.ticket.replaces and one.ticket.asker == asker]
        before = self.turns.queue.numbers()
        try:
            turn = self.turns.enter(asker, background=background, replaces=replaces)
        except QueueFull:
            assert self.turns.queue.numbers() == before
        else:
            self.held.append(turn)
            assert all(one.superseded.done() for one in older)
        self.hold()

    def leave(self, pick):
        if self.held:
            self.turns.leave(self.held.pop(pick % len(self.held)))
        self.hold()

    def hold(self):
        assert self.turns.astray() == 0
        running = [one for one in self.held if one.ticket.number in self.turns.queue.running]
        assert sorted(one.ticket.number for one in running) == sorted(self.turns.queue.running)
        assert all(one.begun.is_set() == (one in running) for one in self.held)
        slots = [one.slot for one in running]
        assert len(set(slots)) == len(slots)
        assert set(slots) <= set(range(self.slots))


A_THIRD_BEFORE_THE_FIRST_HAS_LEFT = [(ENTER, "a", False, True)] * 3


@given(st.integers(1, 3), histories)
@example(2, A_THIRD_BEFORE_THE_FIRST_HAS_LEFT)
def test_after_every_history_each_job_is_known_and_every_slot_comes_back(slots, history):
    async def live():
        watched = Watched(slots)
        for what, *details in history:
            getattr(watched, what)(*details)
        while watched.held:
            watched.leave(len(watched.held))
        assert watched.turns.queue.numbers() == set()
        again = [watched.turns.enter("", background=False, replaces=False) for _ in range(slots)]
        assert sorted(turn.slot for turn in again) == list(range(slots))

    run(live())


def test_one_that_is_given_up_as_its_turn_comes_gives_its_slot_back():
    async def live():
        turns = Turns(1)
        first = turns.enter("a", background=False, replaces=False)
        second = turns.enter("b", background=False, replaces=False)
        waiting = asyncio.ensure_future(second.begun.wait())
        await asyncio.sleep(0)  # it waits by now
        waiting.cancel()
        turns.leave(first)
        assert second.slot == 0
        turns.leave(second)
        assert turns.enter("c", background=False, replaces=False).slot == 0

    run(live())


def test_a_job_that_nobody_runs_or_waits_for_is_noticed():
    async def live():
        turns = Turns(1)
        turns.queue.enter(Ticket(7, "a"))
        assert turns.astray() == 1

    run(live())
