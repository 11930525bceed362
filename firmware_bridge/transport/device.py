"""A tty, opened so that the board behind it stays as it is.

The kernel raises DTR and RTS when a port is opened (`tty_port_block_til_ready`, drivers/tty/tty_port.c) and lowers
them at the last close where HUPCL is set; an edge of DTR resets most boards, and a reset kills a running job. So
HUPCL is cleared at once: the kernel keeps that for the next opening of the same device, which then meets lines that
are up already. What no program can avoid is the edge of the first opening after the device was plugged in.
"""

import contextlib
import fcntl
import math
import os
import select
import stat
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import serial

from firmware_bridge.errors import LinkLost
from firmware_bridge.transport.blame import holders, why_vanished

READ_BYTES = 65_536
RESET_S = 0.1
"""How long DTR is held low: the boards' capacitor makes a pulse of its edge, and no board needs more."""

LISTED = "firmware-bridge identify lists the ports that are here"
_NO_PORTS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISREG, "a file"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket of a program"),
    (stat.S_ISBLK, "a disk"),
)


class Descriptor(Protocol):
    """What pyserial opened, as far as it is used here; `lost` makes the error of why it cannot go on."""

    baudrate: int

    def fileno(self) -> int: ...
    def close(self) -> None: ...


class ControlLines(Protocol):
    dtr: bool


class DescriptorPort:
    """A tty or a socket. pyserial sets it up; reads and writes go to its descriptor, two system calls each way."""

    def __init__(self, device: Descriptor, lost: Callable[[str], LinkLost], *, write_within_s: float) -> None:
        self._device, self._lost, self._write_within_s = device, lost, write_within_s
        self._fd = device.fileno()
        self._readable = select.poll()
        self._readable.register(self._fd, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(self._fd, select.POLLOUT)

    def read(self, timeout_s: float) -> bytes:
        # Rounded up: a wait rounded down to 0 ms would spin until the deadline.
        if not self._readable.poll(math.ceil(max(timeout_s, 0.0) * 1000)):
            return b""
        try:
            data = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost(error.strerror or "read failed") from None
        if not data:
            raise self._lost("it hung up")
        return data

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                if not self._writable.poll(int(self._write_within_s * 1000)):
                    raise self._lost(f"it took no byte for {self._write_within_s:g} s") from None
            except OSError as error:
                raise self._lost(error.strerror or "write failed") from None

    def set_baud(self, baud: int) -> None:
        try:
            self._device.baudrate = baud
        except (OSError, ValueError, termios.error) as error:
            raise self._lost(f"it cannot be set to {baud} baud, {error}") from None

    def close(self) -> None:
        # A vanished device fails to close as well; there is nothing left to release.
        with contextlib.suppress(OSError, serial.SerialException):
            self._device.close()


def open_device(path: str, baud: int, *, reset: bool, write_within_s: float) -> DescriptorPort:
    """Raises `LinkLost` where it is no serial port, somebody has it open or it cannot be reset, what pyserial raises
    where it fails."""
    require_serial(path)
    terminal = os.path.realpath(path).startswith("/dev/pts/")
    # A pty is always held by the machine behind it. Looked up before it is opened: that alone may reset a board.
    if not terminal and (others := holders(path)):
        raise LinkLost(f"cannot open the port {path}: {others[0]} is using it")
    # `dsrdtr=True` has one effect on POSIX: pyserial leaves DTR as it stands. RTS it asserts, as the kernel has done.
    device = serial.Serial(path, baudrate=baud, timeout=0, exclusive=True, dsrdtr=True)
    try:
        keep_lines_on_close(device.fileno())
        if not terminal:  # the mark would outlive a killed bridge as long as the machine behind the pty lives
            keep_others_out(device.fileno())
        if reset:
            pulse(device)
    except termios.error as error:
        device.close()
        raise LinkLost(f"cannot set up the port {path}: {error}") from None
    except OSError:
        device.close()
        no_line = "has no DTR line to reset its board by: take reset_on_open out of the profile"
        raise LinkLost(f"the port {path} {no_line}") from None
    return DescriptorPort(
        device,
        lambda why: LinkLost(f"the port {path} vanished ({why}): {why_vanished(path)}"),
        write_within_s=write_within_s,
    )


def require_serial(path: str) -> None:
    """Raises `LinkLost` for what is seen to be none without opening it; a device that the kernel says nothing of, as of
    a pty, is opened. That everybody has `/dev/null` open is no reason to name one of them."""
    try:
        found = Path(path).stat()
    except OSError:
        return  # the opening says why
    kind = next((name for is_one, name in _NO_PORTS if is_one(found.st_mode)), "")
    if not kind:
        device = f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
        subsystem = Path(os.path.realpath(f"/sys/dev/char/{device}/subsystem")).name
        kind = "a device of another kind" if subsystem not in ("tty", "subsystem") else ""
    if kind:
        raise LinkLost(f"cannot open the port {path}: it is {kind}, no serial port; {LISTED}")


def keep_lines_on_close(fd: int) -> None:
    """Clears HUPCL, so that DTR and RTS stay up when the last one closes it."""
    attributes = termios.tcgetattr(fd)
    attributes[2] &= ~termios.HUPCL
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def keep_others_out(fd: int) -> None:
    """Whoever opens it now is refused by the kernel, root excepted; pyserial's lock only stops who asks for it."""
    fcntl.ioctl(fd, termios.TIOCEXCL)


def pulse(lines: ControlLines, wait: Callable[[float], None] = time.sleep) -> None:
    """Resets the board: DTR down and up, while RTS stays up as since the opening.

    An AVR board resets at the falling edge of DTR; an ESP32 is held in reset by RTS without DTR, and starts its
    program, not its loader, because both come to be up (esptool, "Automatic Bootloader").
    """
    lines.dtr = False
    wait(RESET_S)
    lines.dtr = True
