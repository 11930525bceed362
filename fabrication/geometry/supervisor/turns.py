"""The queue with its clock and its waiters: who asks for a turn gets a slot when it is theirs."""

import asyncio
import itertools

from fabrication.geometry.protocol import Progress
from fabrication.geometry.supervisor.queue import Asker, Queue, Ticket


class Turn:
    """One job's turn. `slot` is set when it begins, `superseded` when its asker asked for something newer."""

    def __init__(self, ticket: Ticket) -> None:
        loop = asyncio.get_running_loop()
        self.ticket = ticket
        self.slot: asyncio.Future[int] = loop.create_future()
        self.superseded: asyncio.Future[None] = loop.create_future()
        self.since_s = loop.time()


class Turns:
    """Turns on `slots` slots. All methods belong to the event loop's thread."""

    def __init__(self, slots: int) -> None:
        self.queue = Queue(slots)
        self._free = list(range(slots))
        self._turns: dict[int, Turn] = {}
        self._numbers = itertools.count(1)

    def enter(self, asker: str, *, background: bool, replaces: bool) -> Turn:
        """A place in the queue, to be given back with `leave`. Without an `asker` it is one of its own.

        Raises QueueFull.
        """
        number = next(self._numbers)
        named: Asker = asker or number
        turn = Turn(Ticket(number, named, background, replaces))
        for old in self.queue.enter(turn.ticket):
            # One that runs keeps its slot until whoever runs it has stopped it.
            self._turns[old.number].superseded.set_result(None)
            if old.number not in self.queue.running:
                del self._turns[old.number]
        self._turns[number] = turn
        self._begin()
        return turn

    def leave(self, turn: Turn) -> None:
        """The turn is over, whether or not it ever began."""
        if self._turns.pop(turn.ticket.number, None) is None:
            return  # it was superseded while it waited
        self.queue.leave(turn.ticket.number)
        if turn.slot.done():
            self._free.append(turn.slot.result())
        self._begin()

    def progress(self, turn: Turn) -> Progress:
        """Where it stands."""
        return Progress(
            state="running" if turn.slot.done() else "waiting",
            ahead=self.queue.ahead(turn.ticket.number),
            seconds=asyncio.get_running_loop().time() - turn.since_s,
        )

    def _begin(self) -> None:
        for ticket in self.queue.start():
            turn = self._turns[ticket.number]
            turn.slot.set_result(self._free.pop())
            turn.since_s = asyncio.get_running_loop().time()
