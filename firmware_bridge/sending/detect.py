"""Finding out over a port which firmware is there."""

import time
from collections.abc import Callable

from firmware_bridge.errors import ProtocolError, Stopped
from firmware_bridge.protocol.conversation import Firmware
from firmware_bridge.protocol.detection import Detection
from firmware_bridge.protocol.firmwares import FIRMWARES
from firmware_bridge.sending.dialogue import hold
from firmware_bridge.transport.port import Port


def detect(
    port: Port,
    *,
    stop_requested: Callable[[], str | None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Firmware:
    """Ask, and say which of ours it is.

    Raises `ProtocolError` where that stays open, `LinkLost` when the port vanishes, `Stopped` when asked to.
    """

    def tick(_now: float) -> None:
        reason = stop_requested()
        if reason is not None:
            raise Stopped(reason)

    detection = Detection()
    hold(detection, port, tick, clock)
    if not detection.firmware:
        raise ProtocolError(f"{detection.reason}; or say which with --firmware")
    return FIRMWARES[detection.firmware]
