"""Ports: something bytes go to and come from, which may vanish at any time."""

import errno
import os
import socket
import termios
from pathlib import Path
from typing import Protocol

import serial

from firmware_bridge.errors import LinkLost
from firmware_bridge.transport.device import LISTED, open_device
from firmware_bridge.transport.remote import SCHEMES, open_remote

WRITE_WITHIN_S = 5.0
DEVICES = Path("/dev")
PLAIN = {
    errno.EBUSY: "another program is using it",
    errno.EACCES: "this user may not open it: join the group that owns it, dialout on most computers",
    errno.ENOENT: f"No such file or directory; {LISTED}",
    errno.ENOTTY: f"it is no serial port; {LISTED}",
}


class Port(Protocol):
    """Both calls raise `LinkLost` when the port has vanished; `read` gives b"" after `timeout_s`."""

    def read(self, timeout_s: float) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...


class TunablePort(Port, Protocol):
    """A port whose rate can be changed while it is open, which resets no board. Raises `LinkLost`."""

    def set_baud(self, baud: int) -> None: ...


def open_port(url: str, baud: int, *, reset: bool = False, write_within_s: float = WRITE_WITHIN_S) -> TunablePort:
    """Open a device path, a pty's link, `socket://` or `rfc2217://`, for us alone.

    `reset` pulses DTR, which resets most boards; without it the control lines are left as they stand. A write waits
    `write_within_s` for any progress. Raises `LinkLost` when it cannot be opened or another program holds it.
    """
    scheme = url.partition("://")[0] if "://" in url else ""
    if scheme and scheme not in SCHEMES:
        known = " and ".join(f"{each}://" for each in SCHEMES)
        raise LinkLost(f"cannot open the port {url}: of addresses the bridge knows {known}; name a device by its path")
    try:
        opened = open_remote if scheme else open_device
        return opened(url, baud, reset=reset, write_within_s=write_within_s)
    except (OSError, ValueError, serial.SerialException) as error:
        meant = f"; did you mean {there}?" if (there := meant_by(url)) else ""
        raise LinkLost(f"cannot open the port {url}: {plain(error)}{meant}") from None


def meant_by(name: str, devices: Path = DEVICES) -> str:
    """The device whose name was given without its folder; empty where there is none, or the name is a path."""
    if "/" in name or Path(name).exists():
        return ""
    places = (devices / name, devices / "serial" / "by-id" / name, devices / "serial" / "by-path" / name)
    return next((str(place) for place in places if place.is_char_device()), "")


def plain(error: Exception) -> str:
    """Why an opening failed, without numbers and brackets."""
    text, cause = str(error), error.__context__
    if "exclusively lock" in text:
        return "another program is using it"
    if "RFC2217" in text:
        return "what answers there does not speak RFC 2217"
    first = cause if isinstance(cause, OSError) and not isinstance(error, socket.gaierror) else error
    if isinstance(first, TimeoutError):
        return "nothing answers there"
    if isinstance(first, socket.gaierror):
        return str(first.strerror)
    # termios keeps its number among its arguments.
    number = cause.args[0] if isinstance(cause, termios.error) else getattr(first, "errno", None)
    return PLAIN.get(number) or os.strerror(number) if isinstance(number, int) else text
