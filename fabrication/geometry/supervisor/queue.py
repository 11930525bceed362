"""Whose job is next. Pure: no I/O, no clock; who waits for a turn and who runs it is `turns.py`.

Askers take turns: each gets one job, then the next asker one, however many jobs somebody has put in. Nobody holds all
slots alone where there are several. A background job starts when no other job could, and never on the last free slot
where there are several, so that a person who comes meanwhile finds one.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

WAITING_MAX, WAITING_PER_ASKER_MAX = 64, 16
"""Jobs that may wait in one lane, of all askers and of one."""

Asker: TypeAlias = str | int
"""A name somebody gave, or the number of a connection that gave none."""


class QueueFull(Exception):
    """No more jobs are taken now; the text is for a person."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One job in the queue; `number` is its own."""

    number: int
    asker: Asker
    background: bool = False
    replaces: bool = False


@dataclass(slots=True)
class _Lane:
    """Waiting jobs by asker, in the order in which askers get their turns: a dict keeps it."""

    waiting: dict[Asker, list[Ticket]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.waiting.values()))

    def put(self, ticket: Ticket) -> None:
        mine = self.waiting.get(ticket.asker, [])
        if len(mine) >= WAITING_PER_ASKER_MAX:
            raise QueueFull(f"{len(mine)} jobs of yours are waiting already; try again when one is done")
        if len(self) >= WAITING_MAX:
            raise QueueFull(f"{len(self)} jobs are waiting already; try later")
        self.waiting.setdefault(ticket.asker, []).append(ticket)

    def remove(self, ticket: Ticket) -> None:
        mine = self.waiting[ticket.asker]
        mine.remove(ticket)
        if not mine:
            del self.waiting[ticket.asker]

    def take(self, asker: Asker) -> Ticket:
        """The asker's oldest job; their next one waits behind everybody else's."""
        first, *rest = self.waiting.pop(asker)
        if rest:
            self.waiting[asker] = rest
        return first

    def ahead(self, ticket: Ticket) -> int:
        """Jobs that start before it as things stand, if slots come free one by one."""
        behind_own = self.waiting[ticket.asker].index(ticket)
        count, after = behind_own, False
        for asker, jobs in self.waiting.items():
            after |= asker == ticket.asker
            if asker != ticket.asker:
                count += min(len(jobs), behind_own + (not after))
        return count


class Queue:
    """What waits and what runs, on `slots` slots. Every method leaves it as it was if it raises."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.running: dict[int, Ticket] = {}
        self._waiting: dict[int, Ticket] = {}
        self._lanes = {False: _Lane(), True: _Lane()}

    @property
    def waiting(self) -> int:
        """How many jobs wait, in both lanes."""
        return len(self._waiting)

    def numbers(self) -> set[int]:
        """Of all that waits or runs."""
        return self._waiting.keys() | self.running.keys()

    def enter(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """Put a job in; answers the older jobs it replaces. Raises QueueFull.

        Those that waited are out of the queue, and the new one has their asker's place in it. Those that run are
        the caller's to stop, and hold their slots until they `leave`.
        """
        old = self._replaced(ticket) if ticket.replaces else []
        waited = [one for one in old if one.number in self._waiting]
        lane = self._lanes[ticket.background]
        if any(one.background == ticket.background for one in waited):
            lane.waiting[ticket.asker].append(ticket)  # one for one: the lane gets no longer
        else:
            lane.put(ticket)
        self._waiting[ticket.number] = ticket
        for one in waited:
            self._lanes[one.background].remove(one)
            del self._waiting[one.number]
        return tuple(old)

    def start(self) -> list[Ticket]:
        """The jobs whose turn it is now; they run from here on."""
        started: list[Ticket] = []
        while (ticket := self._next()) is not None:
            del self._waiting[ticket.number]
            self.running[ticket.number] = ticket
            started.append(ticket)
        return started

    def leave(self, number: int) -> None:
        """A job has ended, or is not wanted any more. Raises KeyError if it is not in the queue."""
        if self.running.pop(number, None) is None:
            ticket = self._waiting.pop(number)
            self._lanes[ticket.background].remove(ticket)

    def ahead(self, number: int) -> int:
        """How many jobs will start before this one, as things stand; 0 for one that runs."""
        ticket = self._waiting.get(number)
        if ticket is None:
            return 0
        return self._lanes[ticket.background].ahead(ticket) + (len(self._lanes[False]) if ticket.background else 0)

    def _replaced(self, new: Ticket) -> list[Ticket]:
        known = (*self._waiting.values(), *self.running.values())
        return [one for one in known if one.replaces and one.asker == new.asker]

    def _next(self) -> Ticket | None:
        free = self.slots - len(self.running)
        if free == 0:
            return None
        held = Counter(ticket.asker for ticket in self.running.values())
        most = max(1, self.slots - 1)
        for background in (False, True):
            if background and self.slots > 1 and free == 1:
                break
            lane = self._lanes[background]
            for asker in lane.waiting:
                if held[asker] < most:
                    return lane.take(asker)
        return None
