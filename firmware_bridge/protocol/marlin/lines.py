"""The lines a bridge sends of its own, outside the program and unnumbered."""

from firmware_bridge.protocol.marlin.framing import checksum

# The line end before it ends whatever noise left unended, so that two lines are never taken for one.
PROBE = b"\nM105\n"
SYNC = b"\nN0 M110 N0*125\n"
IDENTIFY = b"M115\n"
FINISH_MOVES = b"M400\n"
AUTOREPORT_ON, AUTOREPORT_OFF = b"M155 S2\n", b"M155 S0\n"
# M108 and M410 end a wait for heat and the moves already planned: with an emergency parser at once, without one
# while the queue has room, as it has with one line in flight. Then the hot end first.
TURN_OFF = b"\nM108\nM410\nM104 S0\nM140 S0\nM107\nM105\n"
MOTORS_OFF = b"M84\n"


def question(number: int) -> bytes:
    """An M105 with a number that cannot be the next one: the answer names the last line that was accepted."""
    line = b"N%d M105" % number
    return b"\n%b*%d\n" % (line, checksum(line))


def watchdog(seconds: int) -> bytes:
    """The firmware halts after so long without a move (`gcode/control/M85.cpp`); 0: never."""
    return b"M85 S%d\n" % seconds
