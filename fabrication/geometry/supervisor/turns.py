"""The queue with its clock and its waiters: who asks for a turn gets a slot when it is theirs."""

import asyncio
import itertools

from fabrication.geometry.protocol import Progress
from fabrication.geometry.supervisor.queue import Asker, Queue, Ticket


class Turn:
    """One job's turn. `slot` is there once it has `begun`; `superseded` when its asker asked for something newer."""

    def __init__(self, ticket: Ticket) -> None:
        loop = asyncio.get_running_loop()
        self.ticket = ticket
        self.slot: int | None = None
        # No future that holds the slot: whoever waits for one and is cancelled cancels it with them.
        self.begun = asyncio.Event()
        self.superseded: asyncio.Future[None] = loop.create_future()
        self.since_s = loop.time()


class Turns:
    """Turns on `slots` slots. All methods belong to the event loop's thread.

    The queue and the turns know of the same jobs at all times: what raises does so before it changes either.
    """

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
        replaced = self.queue.enter(turn.ticket)
        self._turns[number] = turn
        for old in replaced:
            _set(self._turns[old.number].superseded)
            # One that runs keeps its slot until whoever runs it has stopped it, and may be replaced again till then.
            if old.number not in self.queue.running:
                del self._turns[old.number]
        self._begin()
        return turn

    def leave(self, turn: Turn) -> None:
        """The turn is over, whether or not it ever began."""
        if self._turns.pop(turn.ticket.number, None) is None:
            return  # it was superseded while it waited
        self.queue.leave(turn.ticket.number)
        if turn.slot is not None:
            self._free.append(turn.slot)
        self._begin()

    def astray(self) -> int:
        """Jobs that the queue holds and nobody runs or waits for, and the reverse: none, or this code is at fault."""
        return len(self.queue.numbers() ^ self._turns.keys())

    def progress(self, turn: Turn) -> Progress:
        """Where it stands."""
        return Progress(
            state="running" if turn.begun.is_set() else "waiting",
            ahead=self.queue.ahead(turn.ticket.number),
            seconds=asyncio.get_running_loop().time() - turn.since_s,
        )

    def _begin(self) -> None:
        for ticket in self.queue.start():
            turn = self._turns[ticket.number]
            turn.slot = self._free.pop()
            turn.since_s = asyncio.get_running_loop().time()
            turn.begun.set()


def _set(happened: asyncio.Future[None]) -> None:
    if not happened.done():
        happened.set_result(None)
