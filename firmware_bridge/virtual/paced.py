"""A serial line between a host and a virtual machine: bytes take their time, and answers their latency."""

from collections import deque

from firmware_bridge.transport.memory import Peer

BITS_A_BYTE = 10
"""8N1: a start bit, eight of data, a stop bit."""


class PacedLine:
    """A `Peer` that is the machine at the far end of a line of so many baud; `latency_s` passes before each answer.

    What the machine is given by `now` is exactly the bytes that have arrived by then, also in the middle of a line.
    """

    def __init__(self, machine: Peer, baud: int, latency_s: float = 0.0) -> None:
        self._machine = machine
        self._byte_s, self._latency_s = BITS_A_BYTE / baud, latency_s
        self._in = bytearray()
        self._in_began = 0.0
        """When the first byte of `_in` began to arrive."""
        self._out: deque[tuple[float, bytes]] = deque()
        self._out_free_at = 0.0

    @property
    def gone(self) -> bool:
        return self._machine.gone

    @property
    def wake_at(self) -> float | None:
        moments = [] if self._machine.wake_at is None else [self._machine.wake_at]
        if self._in:
            moments.append(self._arrives_at(self._in.find(b"\n") + 1 or len(self._in)))
        if self._out:
            moments.append(self._out[0][0])
        return min(moments, default=None)

    def receive(self, data: bytes, now: float) -> None:
        if not self._in:
            self._in_began = max(now, self._in_began)
        self._in += data

    def advance(self, now: float) -> bytes:
        while self._in:
            # Line by line, so that each is dealt with when it arrives however late we look.
            end = self._in.find(b"\n") + 1 or len(self._in)
            arrived = min(end, int((now - self._in_began) / self._byte_s + 1e-6))
            if arrived <= 0:
                break
            at = self._arrives_at(arrived)
            self._machine.receive(bytes(self._in[:arrived]), at)
            del self._in[:arrived]
            self._in_began = at
            self._say(self._machine.advance(at), at)
        self._say(self._machine.advance(now), now)
        said = b""
        while self._out and self._out[0][0] <= now:
            said += self._out.popleft()[1]
        return said

    def _arrives_at(self, count: int) -> float:
        return self._in_began + count * self._byte_s

    def _say(self, data: bytes, now: float) -> None:
        if data:
            self._out_free_at = max(now + self._latency_s, self._out_free_at) + len(data) * self._byte_s
            self._out.append((self._out_free_at, data))
