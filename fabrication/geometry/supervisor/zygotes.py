"""A zygote at all times: the first, the next where one died, and a fresh one beside one that has grown."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from fabrication.errors import ForgeUnavailable
from fabrication.geometry.confinement.walls import Proof
from fabrication.geometry.protocol import Failed
from fabrication.geometry.supervisor.outer_wall import OuterWall
from fabrication.geometry.supervisor.watched_job import Outcome
from fabrication.geometry.supervisor.zygote_link import Outgrown, ZygoteLink

RESTART_S, RETRY_S = 2.0, 60.0
"""Before another start is tried: where there is no zygote, and where the old one still serves."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """`link` is None where it did not start; `proof` where a wall is missing, with the `reason`."""

    link: ZygoteLink | None
    proof: Proof | None
    reason: str


class Zygotes:
    """`prove` runs a check job in a zygote. All methods belong to the event loop's thread."""

    def __init__(
        self,
        kinds: str | None,
        wall: OuterWall,
        limits: Outgrown,
        prove: Callable[[ZygoteLink], Awaitable[Outcome]],
    ) -> None:
        self.wall = wall
        self.current: ZygoteLink | None = None
        self.proof: Proof | None = None
        self.reason = "the geometry process is being started"
        self.started = 0
        self.tried = asyncio.Event()
        """Set once the first one was started and its walls were tried, whatever came of it."""
        self._kinds, self._limits, self._prove = kinds, limits, prove
        self._all: set[ZygoteLink] = set()
        self._next: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[ZygoteLink]:
        """The one that serves, which stays as long as it is used. Raises ForgeUnavailable."""
        while self.current is None or self.current.ended.is_set():
            await asyncio.shield(self._next)
        link = self.current
        with link.in_use():
            yield link

    async def keep(self) -> None:
        """Have one at all times. One that serves gives way only to one whose walls are proven."""
        while True:
            tried = await self._start()
            if self.current is None:
                self._serve(tried)
            elif tried.proof is not None:
                old = self.current
                self._serve(tried)
                old.retire()
            else:
                print(f"the geometry process was not replaced: {tried.reason}", file=sys.stderr)  # noqa: T201
                self._end(tried)
            self.tried.set()
            if self.current is None:
                await asyncio.sleep(RESTART_S)
            elif self.current is tried.link:
                await _first_of(self.current.ended, self.current.outgrown)
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.current.ended.wait(), RETRY_S)
            self._all = {link for link in self._all if not link.ended.is_set()}
            if self.current is not None and self.current.ended.is_set():
                self.current, self.proof, self.reason = None, None, "the geometry process is started anew"

    def close(self) -> None:
        """End them all."""
        for link in self._all:
            link.close()

    def _serve(self, tried: _Tried) -> None:
        self.current, self.proof, self.reason = tried.link, tried.proof, tried.reason
        waiting, self._next = self._next, asyncio.get_running_loop().create_future()
        if tried.link is None:
            waiting.set_exception(ForgeUnavailable(tried.reason))
            waiting.exception()  # nobody may be waiting for it
        else:
            waiting.set_result(None)

    async def _start(self) -> _Tried:
        tried = await self._try()
        if self.wall.command and self.current is None:
            why = tried.reason or "; ".join(tried.link.unavailable.values() if tried.link else ())
            if why:
                self._end(tried)
                self.wall = self.wall.given_up(why)
                tried = await self._try()
        return tried

    async def _try(self) -> _Tried:
        self.started += 1
        try:
            link = ZygoteLink(self._kinds, self.wall.command, self._limits)
        except OSError as error:
            return _Tried(None, None, f"the geometry process does not start: {error}")
        self._all.add(link)
        try:
            await link.ready()
            with link.in_use():
                outcome = await self._prove(link)
        except OSError as error:
            link.close()
            return _Tried(None, None, f"the forge's own folder failed: {error}")
        except ForgeUnavailable as error:
            # One that refused lives: it stays, to tell each who asks why.
            return _Tried(None if link.ended.is_set() else link, None, str(error))
        if isinstance(outcome.answer, Failed):
            return _Tried(link, None, outcome.answer.message)
        return _Tried(link, outcome.proof, "")

    @staticmethod
    def _end(tried: _Tried) -> None:
        if tried.link is not None:
            tried.link.close()


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
