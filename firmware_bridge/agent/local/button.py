"""A stop button on a GPIO line, by Linux's character device: no network, no other package.

Structures and numbers are those of `include/uapi/linux/gpio.h` (GPIO v2, Linux 5.10 and later), as every architecture
of a Raspberry Pi or PC lays them out. The button connects the line to ground; the kernel pulls it up and debounces it.
"""

import fcntl
import os
import selectors
import struct
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.errors import UsageError

GET_LINE, GET_VALUES = 0xC250B407, 0xC010B40E
"""GPIO_V2_GET_LINE_IOCTL and GPIO_V2_LINE_GET_VALUES_IOCTL: `_IOWR(0xB4, 7, 592 bytes)` and `(0xB4, 14, 16 bytes)`."""
LINE_REQUEST = struct.Struct("=64I32sQ6I" + 10 * "4IQ" + "7Ii")
"""gpio_v2_line_request: offsets, consumer, config (flags, number of attributes, padding; each attribute: id, padding,
debounce period in the union's first half, mask), number of lines, event buffer, padding, descriptor."""
LINE_VALUES = struct.Struct("=QQ")
LINE_EVENT = struct.Struct("=QIIII24x")
"""gpio_v2_line_event: timestamp in ns, id, line, sequence numbers."""
PRESSED = 1
"""GPIO_V2_LINE_EVENT_RISING_EDGE: from inactive to active, which for an active-low line is the fall to ground."""
_ACTIVE_LOW, _INPUT, _EDGE_RISING, _BIAS_PULL_UP = 1 << 1, 1 << 2, 1 << 4, 1 << 8
_ATTRIBUTE_DEBOUNCE = 3
DEBOUNCE_US = 10_000


def request_for(line: int) -> bytes:
    """What asks a chip for one line with a button to ground."""
    offsets, flags = [line, *[0] * 63], _ACTIVE_LOW | _INPUT | _EDGE_RISING | _BIAS_PULL_UP
    debounce = [_ATTRIBUTE_DEBOUNCE, 0, DEBOUNCE_US, 0, 1, *[0] * 45]
    return LINE_REQUEST.pack(*offsets, b"firmware-bridge stop", flags, 1, *[0] * 5, *debounce, 1, *[0] * 6, -1)


def open_line(where: str) -> int:
    """The descriptor of a line given as `CHIP:LINE`. Raises `UsageError`: who asked for a button must have it."""
    chip, _, line = where.rpartition(":")
    path, request = Path("/dev") / chip, bytearray(request_for(int(line)))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, GET_LINE, request)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UsageError(
            f"the stop button at {where} cannot be used: {path}: {error.strerror}; correct [stop] gpio in bridge.toml"
        ) from None
    granted: int = LINE_REQUEST.unpack(request)[-1]
    os.set_blocking(granted, False)
    return granted


def held_down(line: int) -> bool:
    """Whether the button is pressed at this moment: an edge from before is not told."""
    values = bytearray(LINE_VALUES.pack(0, 1))
    fcntl.ioctl(line, GET_VALUES, values)
    return bool(LINE_VALUES.unpack(values)[0] & 1)


class StopButton:
    """Tells of each press from its owner's selector, and of a line that fails: then nobody could press it any more."""

    def __init__(self, line: int, selector: selectors.BaseSelector, stop: Callable[[str], None]) -> None:
        self._line, self._selector, self._stop = line, selector, stop
        selector.register(line, selectors.EVENT_READ, self._read)

    def close(self) -> None:
        if self._line >= 0:
            self._selector.unregister(self._line)
            os.close(self._line)
            self._line = -1

    def _read(self) -> None:
        try:
            data = os.read(self._line, 64 * LINE_EVENT.size)
        except BlockingIOError:
            return
        except OSError as error:
            data, why = b"", error.strerror or "read failed"
        else:
            why = "it hung up"
        if not data:
            self.close()
            self._stop(f"the stop button failed: {why}")
        elif any(kind == PRESSED for _, kind, *_ in LINE_EVENT.iter_unpack(data)):
            self._stop("the stop button was pressed")
