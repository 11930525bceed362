"""A port in memory, with its peer at the other end and a clock of its own: no waiting is real.

A fake that ships with the package: the whole streamer runs against a virtual machine in one thread,
and a minute of firmware silence takes no time at all.
"""

from collections.abc import Callable
from typing import Protocol

from firmware_bridge.errors import LinkLost


class Peer(Protocol):
    """A machine at the far end: bytes and time in, bytes and the next moment it acts out."""

    def receive(self, data: bytes, now: float) -> None: ...
    def advance(self, now: float) -> bytes: ...
    @property
    def wake_at(self) -> float | None: ...
    @property
    def gone(self) -> bool: ...


class MemoryPort:
    """`cut(n)` says how many of n waiting bytes the next read gives (all by default), at least 1."""

    def __init__(
        self, peer: Peer, *, cut: Callable[[int], int] = lambda waiting: waiting, tick_s: float = 1e-5
    ) -> None:
        self._peer = peer
        self._cut = cut
        self._tick_s = tick_s
        self._waiting = bytearray()
        self.now = 0.0
        self.baud = 115_200

    def set_baud(self, baud: int) -> None:
        self.baud = baud

    def clock(self) -> float:
        return self.now

    def read(self, timeout_s: float) -> bytes:
        # Every read takes a moment, as on a wire; without it a busy peer would stop the clock.
        self.now += self._tick_s
        deadline = self.now + max(timeout_s, 0.0)
        while not self._waiting:
            self._waiting += self._peer.advance(self.now)
            if self._waiting:
                break
            if self._peer.gone:
                raise LinkLost("the port vanished")
            wake_at = self._peer.wake_at
            if wake_at is None or wake_at > deadline:
                self.now = deadline
                self._waiting += self._peer.advance(self.now)
                break
            self.now = max(self.now, wake_at)
        taken = max(1, self._cut(len(self._waiting)))
        data = bytes(self._waiting[:taken])
        del self._waiting[:taken]
        return data

    def write(self, data: bytes) -> None:
        if self._peer.gone:
            raise LinkLost("the port vanished")
        self._peer.receive(data, self.now)

    def close(self) -> None:
        self._waiting.clear()
