"""The shell around a short conversation with a machine that has no program."""

from collections.abc import Callable
from typing import Protocol

from firmware_bridge.transport.port import Port

TICK_S = 0.2


class Dialogue(Protocol):
    """Pure, as a `Conversation`."""

    over: bool

    @property
    def wake_at(self) -> float: ...
    def begin(self, now: float) -> None: ...
    def feed(self, data: bytes, now: float) -> None: ...
    def send(self, now: float) -> bytes: ...


def hold(dialogue: Dialogue, port: Port, tick: Callable[[float], None], clock: Callable[[], float]) -> None:
    """Until it is over. `tick` is called every 0.2 s, and what it raises ends it; `LinkLost` when the port vanishes."""
    dialogue.begin(clock())
    while True:
        out = dialogue.send(clock())
        if dialogue.over:
            return
        if out:
            port.write(out)
        tick(clock())
        data = port.read(min(dialogue.wake_at - clock(), TICK_S))
        if data:
            dialogue.feed(data, clock())
