"""Slow asking (HTTP, checking a long program) off the main thread, one errand at a time for each key.

Threads, because a slow commons must not delay `stop`, which the main thread serves; and because nothing
else is shared: an errand gets what it needs when it is sent, and its result is handed to the main thread.
Daemon threads, so that a commons that drips bytes cannot keep the bridge from ending.
"""

import contextlib
import queue
import random
import socket
import sqlite3
import threading
import traceback
from collections.abc import Callable
from typing import TypeVar

from firmware_bridge.agent.clock import now_s
from firmware_bridge.agent.rules.pace import backoff_s
from firmware_bridge.errors import BridgeError
from firmware_bridge.text import brief

T = TypeVar("T")
Key = tuple[str, str]


class Errands:
    """`clock` gives s. `fileno` becomes readable when a result waits for `collect`."""

    def __init__(self, clock: Callable[[], float] = now_s) -> None:
        self._clock = clock
        self._under_way: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._not_before: dict[Key, float] = {}
        self._results: queue.SimpleQueue[tuple[Key, Callable[[], None], Callable[[BridgeError], None]]] = (
            queue.SimpleQueue()
        )
        self._wake_in, self._wake_out = socket.socketpair()
        for end in (self._wake_in, self._wake_out):
            end.setblocking(False)

    def fileno(self) -> int:
        return self._wake_out.fileno()

    @property
    def waker(self) -> int:
        """A descriptor that wakes whoever waits for `fileno`; for `signal.set_wakeup_fd`."""
        return self._wake_in.fileno()

    def may_go(self, key: Key) -> bool:
        """Neither under way nor waiting after a failure."""
        return key not in self._under_way and self._clock() >= self._not_before.get(key, 0.0)

    def next_try(self) -> float:
        """The clock's time at which an errand may go again that has to wait after a failure."""
        now = self._clock()
        # One whose time has come and that was not sent is wanted no more.
        return min((at for at in self._not_before.values() if at > now), default=float("inf"))

    def send(
        self, key: Key, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[BridgeError], None]
    ) -> None:
        """`work` runs on a thread of its own; then `done` or `failed` runs in `collect`.

        Where `done` meets something nobody foresaw, that is said and `failed` hears of it: no answer of a commons
        may end a bridge that drives machines. Only a failing database does, once every run has ended.
        """
        self._under_way.add(key)

        def run() -> None:
            try:
                result = work()
            except BridgeError as error:
                refused = error  # the name of an except clause ends with it
                self._results.put((key, lambda: failed(refused), failed))
            except Exception as error:  # noqa: BLE001 (a bug that some answer provokes must not end a run: said, and failed)
                unforeseen = _unforeseen(error)
                self._results.put((key, lambda: failed(unforeseen), failed))
            else:
                self._results.put((key, lambda: done(result), failed))
            self.wake()

        threading.Thread(target=run, name=" ".join(key), daemon=True).start()

    def put_off(self, key: Key) -> int:
        """The errand failed and is to be tried again, later each time; gives how often it failed in a row."""
        self._failures[key] = self._failures.get(key, 0) + 1
        self._not_before[key] = self._clock() + backoff_s(self._failures[key], random.random())  # noqa: S311
        return self._failures[key]

    def forget(self, key: Key) -> None:
        """It went well, or is wanted no more."""
        self._failures.pop(key, None)
        self._not_before.pop(key, None)

    def collect(self) -> None:
        """Hands over every result that has come in."""
        try:
            while self._wake_out.recv(4096):
                pass
        except BlockingIOError:
            pass
        while not self._results.empty():
            key, deliver, failed = self._results.get()
            self._under_way.discard(key)
            try:
                deliver()
            except sqlite3.Error:
                raise
            except Exception as error:  # noqa: BLE001 (see `send`)
                failed(_unforeseen(error))

    def wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake anyway; or closed: nobody waits
            self._wake_in.send(b"\0")

    def close(self) -> None:
        """Errands under way end by themselves; nobody hears of them."""
        self._wake_in.close()
        self._wake_out.close()


def _unforeseen(error: Exception) -> BridgeError:
    traceback.print_exception(error)
    return BridgeError(brief(f"unforeseen {type(error).__name__}: {error}"))
