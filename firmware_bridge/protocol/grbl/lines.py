"""What a bridge sends to Grbl of its own, and what a line of a program may be."""

import re
from enum import Enum

from firmware_bridge.errors import ProtocolError

STATUS, HOLD, RESUME, RESET = b"?", b"!", b"~", b"\x18"
"""Real-time bytes: they act at once, wherever they stand, and take no room in the receive buffer."""
STATUS_ALL = b"\x87"
"""grblHAL then also says whether it is homed, without which it knows no soft limits; Grbl throws it away."""
CHECK_MODE = b"$C\n"
HOME = b"$H\n"
BARRIER = b"$G\n"
"""Answered by `[GC:…]` in every state, without waiting for motion."""
# Written without the spaces that canonical text has, so that a record tells them from the program's lines.
SYNCHRONISE = b"G4P0.01\n"
"""Its `ok` comes when the last planned move is over."""
SWITCH_OFF = b"M5M9\n" + BARRIER
QUESTIONS = (b"$I\n", b"$$\n", b"$#\n")

LONGEST = 79
"""Characters without spaces: Grbl's `LINE_BUFFER_SIZE` is 80 with its end."""
LONGEST_SENT = 100
"""Bytes with spaces and line end: one line and the questions about it must fit into 128 bytes."""
_REAL_TIME = re.compile(rb"[!~?\x00-\x1f\x7f-\xff]")
_WRITES_EEPROM = re.compile(rb"G10(?!\d)|G28\.1|G30\.1")


class Override(Enum):
    """What the owner may turn while it runs, as the byte that does it; reset is 100 %."""

    FEED_RESET, FEED_PLUS_10, FEED_MINUS_10, FEED_PLUS_1, FEED_MINUS_1 = (bytes([n]) for n in range(0x90, 0x95))
    RAPID_FULL, RAPID_HALF, RAPID_QUARTER = (bytes([n]) for n in range(0x95, 0x98))
    SPINDLE_RESET, SPINDLE_PLUS_10, SPINDLE_MINUS_10, SPINDLE_PLUS_1, SPINDLE_MINUS_1 = (
        bytes([n]) for n in range(0x99, 0x9E)
    )
    SPINDLE_STOP = b"\x9e"
    """Only while held; again starts it."""
    FLOOD, MIST = b"\xa0", b"\xa1"
    DOOR = b"\x84"


def check_line(number: int, command: bytes) -> None:
    """Raise `ProtocolError` for a line that cannot be sent as one line of G-code."""
    if not command.strip() or b"$" in command or _REAL_TIME.search(command):
        raise ProtocolError(f"line {number}: {command[:40]!r} cannot be sent to Grbl as a line of G-code")
    characters = len(command.replace(b" ", b""))
    if characters > LONGEST or len(command) >= LONGEST_SENT:
        raise ProtocolError(f"line {number} has {characters} characters; the firmware takes {LONGEST}")


def writes_eeprom(command: bytes) -> bool:
    """While it writes its EEPROM, Grbl drops what it receives: such a line is sent alone."""
    return b"G" in command and _WRITES_EEPROM.search(command.replace(b" ", b"").replace(b"G0", b"G")) is not None
