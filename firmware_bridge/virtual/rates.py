"""A virtual machine that speaks at one rate: to a host at another it is noise, as on a real UART."""

from collections.abc import Callable

from firmware_bridge.transport.memory import Peer

TOLERANCE = 0.03
"""Rates this near are one: the tenth bit is still met in its middle (8N1 bears some 4 %)."""


def as_received(data: bytes, sent_baud: int, read_baud: int) -> bytes:
    """Bytes sent as 8N1 at one rate and read at another, the line idle before and after.

    The reader waits for a falling edge and samples the middle of each of its own bits; a byte with a wrong stop bit
    is taken all the same, as Linux does without INPCK, and the next one begins at the next falling edge.
    """
    if abs(sent_baud / read_baud - 1) <= TOLERANCE:
        return data
    bits = [level for byte in data for level in (0, *(byte >> place & 1 for place in range(8)), 1)]
    step = sent_baud / read_baud  # the reader's bit in the sender's bits

    def level(moment: float) -> int:
        return bits[int(moment)] if moment < len(bits) else 1

    read, moment = bytearray(), 0.0
    while (edge := _falling_edge(bits, moment)) is not None:
        if level(edge + 0.5 * step):  # gone before the middle of a bit: a glitch, not a start
            moment = edge + 0.5 * step
            continue
        read.append(sum(level(edge + (1.5 + place) * step) << place for place in range(8)))
        moment = edge + 9.5 * step
    return bytes(read)


def _falling_edge(bits: list[int], moment: float) -> int | None:
    """The first at or after the moment."""
    first = int(moment) if moment == int(moment) else int(moment) + 1
    for at in range(first, len(bits)):
        if not bits[at] and (at == 0 or bits[at - 1]):
            return at
    return None


class AtRate:
    """`machine` behind a UART at `baud`; `host_baud` tells what the other end is set to."""

    def __init__(self, machine: Peer, baud: int, host_baud: Callable[[], int]) -> None:
        self._machine, self._baud, self._host_baud = machine, baud, host_baud

    def receive(self, data: bytes, now: float) -> None:
        self._machine.receive(as_received(data, self._host_baud(), self._baud), now)

    def advance(self, now: float) -> bytes:
        said = self._machine.advance(now)
        return as_received(said, self._baud, self._host_baud()) if said else said

    @property
    def wake_at(self) -> float | None:
        return self._machine.wake_at

    @property
    def gone(self) -> bool:
        return self._machine.gone
