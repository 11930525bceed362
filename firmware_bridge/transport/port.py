"""Ports: something bytes go to and come from, which may vanish at any time.

Opening a device neither toggles DTR beyond what the kernel itself does nor arms the hang-up on
close: either resets most boards, and a reset kills a running job.
"""

import contextlib
import math
import os
import select
import termios
from typing import Protocol
from urllib.parse import urlsplit

import serial

from firmware_bridge.errors import LinkLost

READ_BYTES = 65_536
WRITE_WITHIN_S = 5.0


class Port(Protocol):
    """Both calls raise `LinkLost` when the port has vanished; `read` gives b"" after `timeout_s`."""

    def read(self, timeout_s: float) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...


class DevicePort:
    """A tty. pyserial sets it up; reads and writes then go to its descriptor, two system calls each way."""

    def __init__(self, device: serial.Serial, *, write_within_s: float = WRITE_WITHIN_S) -> None:
        self._device, self._write_within_s = device, write_within_s
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

    def close(self) -> None:
        # A vanished device fails to close as well; there is nothing left to release.
        with contextlib.suppress(OSError, serial.SerialException):
            self._device.close()

    def _lost(self, why: str) -> LinkLost:
        return LinkLost(f"the port {self._device.port} vanished: {why}; check cable and power supply")


class UrlPort:
    """What pyserial reaches without a descriptor of ours: `socket://`, `rfc2217://`, `loop://`."""

    def __init__(self, link: serial.SerialBase) -> None:
        self._link = link

    def read(self, timeout_s: float) -> bytes:
        try:
            # One byte with patience, then what came with it: `read(n)` alone would wait for all n.
            self._link.timeout = max(timeout_s, 0.0)
            first = self._link.read(1)
            self._link.timeout = 0
            return first + self._link.read(READ_BYTES) if first else b""
        except (OSError, serial.SerialException) as error:
            raise LinkLost(f"the link {self._link.port} is lost: {error}") from None

    def write(self, data: bytes) -> None:
        try:
            self._link.write(data)
        except (OSError, serial.SerialException) as error:
            raise LinkLost(f"the link {self._link.port} is lost: {error}") from None

    def close(self) -> None:
        with contextlib.suppress(OSError, serial.SerialException):
            self._link.close()


def open_port(url: str, baud: int, *, write_within_s: float = WRITE_WITHIN_S) -> Port:
    """Open a device path, a pty's link or a pyserial URL, for us alone. A write waits so long for any progress.

    Raises `LinkLost` when it cannot be opened or another program holds it.
    """
    remote = bool(urlsplit(url).scheme)
    try:
        if remote:
            return UrlPort(serial.serial_for_url(url, baudrate=baud, timeout=0, write_timeout=write_within_s))
        # `dsrdtr=True` has one effect on POSIX: pyserial leaves DTR as it stands.
        device = serial.Serial(url, baudrate=baud, timeout=0, exclusive=True, dsrdtr=True)
    except (OSError, ValueError, serial.SerialException) as error:
        raise LinkLost(f"cannot open the port {url}: {_plain(error)}") from None
    try:
        _keep_dtr_on_close(device.fileno())
    except termios.error as error:
        device.close()
        raise LinkLost(f"cannot set up the port {url}: {error}") from None
    return DevicePort(device, write_within_s=write_within_s)


def _keep_dtr_on_close(fd: int) -> None:
    attributes = termios.tcgetattr(fd)
    attributes[2] &= ~termios.HUPCL
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _plain(error: Exception) -> str:
    text = str(error)
    if "exclusively lock" in text:
        return "another program is using it"
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) else text
