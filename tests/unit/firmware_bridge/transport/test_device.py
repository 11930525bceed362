"""What opening a tty does to it. A pty has no DTR: that a board behind a real one does not reset is not shown here;
that no call of ours moves the line is: by the calls themselves here, by RFC 2217 in tests/integration."""

import array
import fcntl
import os
import pty
import subprocess
import sys
import termios
import tty

import pytest

from firmware_bridge.errors import LinkLost
from firmware_bridge.transport.device import RESET_S, keep_others_out, pulse
from firmware_bridge.transport.port import open_port

TIOCGEXCL = 0x80045440


@pytest.fixture
def line():
    """A pty as the kernel makes a serial port: HUPCL is set. (its far end, its name, our own descriptor)"""
    far, near = pty.openpty()
    tty.setraw(near)
    flags = termios.tcgetattr(near)
    flags[2] |= termios.HUPCL
    termios.tcsetattr(near, termios.TCSANOW, flags)
    yield far, os.ttyname(near), near
    os.close(far)
    os.close(near)


def exclusive(fd):
    marked = array.array("i", [0])
    fcntl.ioctl(fd, TIOCGEXCL, marked)
    return bool(marked[0])


def test_the_hang_up_flag_is_cleared_for_this_opening_and_the_next(line):
    _far, name, near = line
    assert termios.tcgetattr(near)[2] & termios.HUPCL
    port = open_port(name, 115_200)
    assert not termios.tcgetattr(near)[2] & termios.HUPCL
    port.close()
    assert not termios.tcgetattr(near)[2] & termios.HUPCL


def test_no_flow_control_is_left_to_wait_for_a_line(line):
    _far, name, near = line
    open_port(name, 115_200).close()
    input_flags, _, control_flags, *_ = termios.tcgetattr(near)
    assert not control_flags & termios.CRTSCTS
    assert not input_flags & (termios.IXON | termios.IXOFF)


@pytest.mark.parametrize("baud", [9_600, 250_000, 1_000_000])
def test_a_rate_is_set_at_the_opening_and_while_it_is_open(line, baud):
    _far, name, near = line
    port = open_port(name, 115_200)
    assert rate(near) == 115_200
    port.set_baud(baud)
    assert rate(near) == baud
    port.close()


def rate(fd):
    told = array.array("I", [0] * 11)  # struct termios2: four flags, 20 bytes of control characters, two rates
    fcntl.ioctl(fd, 0x802C542A, told)
    return told[9]


def test_the_kernel_is_asked_to_keep_others_out(line):
    _far, _name, near = line
    assert not exclusive(near)
    keep_others_out(near)
    assert exclusive(near)


def test_a_pty_is_not_marked_for_longer_than_its_lock_lives(line):
    _far, name, near = line
    port = open_port(name, 115_200)
    assert not exclusive(near)
    port.close()


def test_a_port_without_dtr_cannot_reset_its_board_and_is_left_closed(line):
    _far, name, _near = line
    with pytest.raises(LinkLost, match="no DTR line to reset its board by: take reset_on_open out of the profile"):
        open_port(name, 115_200, reset=True)
    open_port(name, 115_200).close()


class Lines:
    def __init__(self) -> None:
        object.__setattr__(self, "told", [])

    def __setattr__(self, name, value):
        self.told.append((name, value))

    def wait(self, seconds):
        self.told.append(("wait", seconds))


def test_a_pulse_lowers_and_raises_dtr_and_leaves_rts():
    lines = Lines()
    pulse(lines, lines.wait)
    assert lines.told == [("dtr", False), ("wait", RESET_S), ("dtr", True)]


CALLS = """
import fcntl, struct, sys, termios
calls = []
sys.addaudithook(lambda event, args: calls.append(args[1:]) if event == "fcntl.ioctl" else None)
from firmware_bridge.errors import LinkLost
from firmware_bridge.transport.port import open_port
try:
    port = open_port(sys.argv[1], 250_000, reset=sys.argv[2] == "reset")
    port.set_baud(57_600)
    port.close()
except LinkLost:
    pass  # a pty has no DTR
MOVES = {termios.TIOCMBIS: "up", termios.TIOCMBIC: "down", termios.TIOCMSET: "set"}
for request, argument in calls:
    if request in MOVES:
        (bits,) = struct.unpack("I", argument)
        names = [name for name in ("DTR", "RTS") if bits & getattr(termios, f"TIOCM_{name}")]
        print(MOVES[request], *names)
"""


def moved(name, how):
    """What the process asked the kernel to do with the control lines, in order, from its own audit events."""
    done = subprocess.run([sys.executable, "-c", CALLS, name, how], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_no_call_of_an_opening_moves_dtr_and_rts_only_goes_where_the_kernel_has_put_it(line):
    _far, name, _near = line
    assert moved(name, "leave") == ["up RTS"]


def test_a_reset_asks_for_dtr_down_first(line):
    """A pty refuses that, so what follows it is shown over RFC 2217."""
    _far, name, _near = line
    assert moved(name, "reset") == ["up RTS", "down DTR"]
