"""Marlin's line frame: `N<n> <command>*<checksum>` (`gcode/queue.cpp`).

Only here and where replies are read does a line of the program have another number than its own: see `COUNT_BEFORE`.
"""

from firmware_bridge.errors import ProtocolError

LONGEST = 95
"""Characters of a whole line: Marlin cuts a longer one, loses its checksum and asks for it for ever."""

COUNT_BEFORE = 1
"""What the firmware's count is set to before the program, whose line 1 is then N2. A reset leaves 0: so who was reset
and who has taken no line yet are told apart, also after a bridge was killed at the first line."""


def checksum(line: bytes) -> int:
    """The XOR of every byte of a line of at most 128 bytes, folded as one number instead of byte by byte."""
    folded = int.from_bytes(line, "big")
    folded ^= folded >> 512
    folded ^= folded >> 256
    folded ^= folded >> 128
    folded ^= folded >> 64
    folded ^= folded >> 32
    folded ^= folded >> 16
    folded ^= folded >> 8
    return folded & 0xFF


def frame(number: int, command: bytes) -> bytes:
    """The line as it is sent. Raises `ProtocolError` where the firmware would not take it whole."""
    line = b"N%d %b" % (number + COUNT_BEFORE, command)
    framed = b"%b*%d\n" % (line, checksum(line))
    if len(framed) > LONGEST + 1:
        raise ProtocolError(
            f"line {number} has {len(framed) - 1} characters with its number and checksum; the firmware takes {LONGEST}"
        )
    return framed


def check_line(number: int, command: bytes) -> None:
    """Raise `ProtocolError` for a line that cannot be sent as one numbered command."""
    if not command.strip() or b"*" in command or b"M110" in command or not command.isascii():
        raise ProtocolError(f"line {number}: {command[:40]!r} cannot be sent as a numbered line")
    # "N", the number, a space, "*" and three digits at most; only a line near the limit is worth framing.
    if len(command) + len(str(number + COUNT_BEFORE)) + 6 > LONGEST:
        frame(number, command)
