"""Homing a router over an open port."""

import time
from collections.abc import Callable

from firmware_bridge.errors import LinkLost, MachineError
from firmware_bridge.protocol.grbl.homing import Homing
from firmware_bridge.sending.dialogue import hold
from firmware_bridge.transport.port import Port


def home(
    port: Port,
    *,
    stop_requested: Callable[[], str | None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Returns once the machine says that it is homed and idle. A stop ends it by a reset.

    Raises `MachineError` where it is not homed, saying why; `LinkLost` when the port vanishes, in the middle of it too.
    """
    homing = Homing()

    def tick(now: float) -> None:
        reason = stop_requested()
        if reason is not None:
            homing.stop(reason, now)

    try:
        hold(homing, port, tick, clock)
    except LinkLost as error:
        if homing.moved:
            error.args = (f"{error}; the machine may still be homing: look at it now",)
        raise
    if homing.reason:
        raise MachineError(homing.reason)
