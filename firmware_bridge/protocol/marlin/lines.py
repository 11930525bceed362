"""The lines a bridge sends of its own, outside the program and unnumbered."""

from collections.abc import Iterator

from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE, checksum, frame

# The line end before it ends whatever noise left unended, so that two lines are never taken for one.
PROBE = b"\nM105\n"
SYNC = b"\n" + frame(0, b"M110 N%d" % COUNT_BEFORE)
IDENTIFY = b"M115\n"
WHY = b"STATUS\n"
"""Klipper's own: after a shutdown its answer is the error."""
# M108 and M410 end a wait for heat and the moves already planned: with an emergency parser at once, without one
# while the queue has room, as it has with one line in flight. Then the hot end first.
TURN_OFF = b"\nM108\nM410\nM104 S0\nM140 S0\nM107\nM105\n"


def before_program(watchdog_s: int, *, reports: bool) -> Iterator[bytes]:
    """`reports`: it can tell temperatures by itself; `watchdog_s`: 0 leaves its own alone."""
    if reports:
        yield b"M155 S2\n"
    if watchdog_s:
        yield watchdog(watchdog_s)


def after_program(watchdog_s: int, *, reports: bool) -> Iterator[bytes]:
    yield b"M400\n"
    if reports:
        yield b"M155 S0\n"
    if watchdog_s:
        yield watchdog(0)


def after_stop(watchdog_s: int) -> bytes:
    return b"M84\n" + (watchdog(0) if watchdog_s else b"")


def question(number: int) -> bytes:
    """An M105 with a number that cannot be the next one: the answer names the last line that was accepted."""
    line = b"N%d M105" % number
    return b"\n%b*%d\n" % (line, checksum(line))


def watchdog(seconds: int) -> bytes:
    """The firmware halts after so long without a move (`gcode/control/M85.cpp`); 0: never."""
    return b"M85 S%d\n" % seconds
