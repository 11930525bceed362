"""The thin shell around a virtual machine: a pty that a sender opens like any serial port."""

import array
import fcntl
import hashlib
import os
import pty
import select
import socket
import time
import tty
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.errors import UsageError
from firmware_bridge.transport.memory import Peer

READ_BYTES = 4_096
TCGETS2 = 0x802C542A
HELD_BYTES = 65_536
"""What waits for a host that does not read; beyond that the bytes go nowhere, as on an open wire."""


class VirtualPort:
    """A pty behind a symbolic link. Its own end of the line stays open, so a host may come and go.

    Raises `UsageError` where the link cannot be made, or another virtual machine lives at it.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        # Held by a name that dies with the process: a link alone may be what a killed one left behind.
        self._name = socket.socket(socket.AF_UNIX)
        try:
            self._name.bind(b"\0virtual machine at " + hashlib.sha256(os.fsencode(link.absolute())).digest())
        except OSError:
            self._name.close()
            raise UsageError(f"another virtual machine is at {link}") from None
        self._host_side, self._line = pty.openpty()
        tty.setraw(self._line)
        os.set_blocking(self._host_side, False)
        try:
            if link.is_symlink():
                link.unlink()
            link.symlink_to(os.ttyname(self._line))
        except OSError as error:
            for descriptor in (self._line, self._host_side):
                os.close(descriptor)
            self._name.close()
            if not isinstance(error, FileExistsError):
                raise UsageError(f"cannot make the link {link}: {error.strerror}") from None
            there = "a folder: give --link a name in it" if link.is_dir() else "a file: give --link another name"
            raise UsageError(f"{link} is {there}, where nothing is yet") from None

    def serve(
        self, machine: Peer, speed: float, clock: Callable[[], float] = time.monotonic, *, woken: int | None = None
    ) -> None:
        """Until the machine is gone, or the descriptor `woken` readable, as a signal makes it (`signal.set_wakeup_fd`):
        its handler alone runs between two steps of Python, so a signal that comes just before a wait would be heard
        after it. `speed` is how much faster than real its clock runs."""
        began, held = clock(), b""
        heard = [self._host_side] if woken is None else [self._host_side, woken]
        while True:
            now = (clock() - began) * speed
            held = self._write(held + machine.advance(now))
            if machine.gone:
                return
            wake_at = machine.wake_at
            # Not `poll`, which waits in whole milliseconds: a line at 250,000 baud takes little more than one.
            wait_s = None if wake_at is None else max(0.0, (wake_at - now) / speed)
            readable, _, _ = select.select(heard, [self._host_side] if held else [], [], wait_s)
            if woken in readable:
                return
            if readable:
                # Each line is answered when it is done, as by a board, whose host then knows before it is at the next.
                for line in os.read(self._host_side, READ_BYTES).splitlines(keepends=True):
                    now = (clock() - began) * speed
                    machine.receive(line, now)
                    held = self._write(held + machine.advance(now))

    def host_baud(self) -> int:
        """The rate to which the host has set its end: the kernel tells it at ours too (`struct termios2`, Linux)."""
        told = array.array("I", [0] * 11)
        fcntl.ioctl(self._host_side, TCGETS2, told)
        return told[10]

    def close(self) -> None:
        """Hang up and take the link away, if it is still ours."""
        if self.link.is_symlink() and self.link.readlink() == Path(os.ttyname(self._line)):
            self.link.unlink()
        os.close(self._line)
        os.close(self._host_side)
        self._name.close()

    def _write(self, data: bytes) -> bytes:
        if not data:
            return b""
        try:
            return data[os.write(self._host_side, data) :][:HELD_BYTES]
        except BlockingIOError:
            return data[:HELD_BYTES]
