"""A serial port of another computer: `socket://host:port` carries bytes alone, `rfc2217://` rate and lines too."""

import contextlib
import socket
import time
from urllib.parse import urlsplit

import serial
from serial import rfc2217

from firmware_bridge.errors import LinkLost
from firmware_bridge.transport.device import DescriptorPort, pulse

SCHEMES = ("socket", "rfc2217")
CONNECT_WITHIN_S = 5.0
SLICE_S = 0.02
"""How long one look for bytes takes: a pyserial link over RFC 2217 negotiates anew when its time-out is changed."""


class Rfc2217Port:
    """Telnet's COM port option (RFC 2217), as pyserial speaks it."""

    def __init__(self, link: rfc2217.Serial) -> None:
        self._link = link

    def read(self, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        try:
            while True:
                # One byte with patience, then what came with it: `read(n)` alone would wait for all n.
                first = self._link.read(1)
                if first:
                    return first + self._link.read(self._link.in_waiting)
                if time.monotonic() >= deadline:
                    return b""
        except (OSError, serial.SerialException):
            raise lost(str(self._link.port), "the other end closed the connection") from None

    def write(self, data: bytes) -> None:
        try:
            self._link.write(data)
        except (OSError, serial.SerialException):
            raise lost(str(self._link.port), "the connection broke while a line was sent") from None

    def set_baud(self, baud: int) -> None:
        try:
            self._link.baudrate = baud
        except (OSError, ValueError, serial.SerialException):
            raise lost(str(self._link.port), f"the other end does not set its port to {baud} baud") from None

    def close(self) -> None:
        with contextlib.suppress(OSError, serial.SerialException):
            self._link.close()


def lost(url: str, why: str) -> LinkLost:
    told = "the other end closed the connection" if why == "it hung up" else why
    return LinkLost(f"the link {url} is lost: {told}; check the network, and what serves the port there")


class Connection:
    """A plain TCP connection, for `DescriptorPort`; the rate is the business of who serves the port."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        if not address.hostname or not address.port:
            raise LinkLost(f"cannot open the port {url}: write it as socket://host:port")
        self._socket = socket.create_connection((address.hostname, address.port), timeout=CONNECT_WITHIN_S)
        self._socket.setblocking(False)
        # A line waits for an answer: nothing is gained by holding it back for more (RFC 896).
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fileno, self.close = self._socket.fileno, self._socket.close
        self.baudrate = 0


def open_remote(url: str, baud: int, *, reset: bool, write_within_s: float) -> DescriptorPort | Rfc2217Port:
    """Raises `LinkLost` where it cannot reset the board, `OSError` and what pyserial raises where it is not reached."""
    if urlsplit(url).scheme == "socket":
        if reset:
            raise LinkLost(f"the link {url} has no DTR line to reset a board by: take reset_on_open out of the profile")
        return DescriptorPort(Connection(url), lambda why: lost(url, why), write_within_s=write_within_s)
    link = rfc2217.Serial(url, baudrate=baud, timeout=SLICE_S, dsrdtr=True)
    if reset:
        pulse(link)
    return Rfc2217Port(link)
