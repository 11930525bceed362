"""A computer that lends its serial port out by TCP: raw, or by RFC 2217 with pyserial's own server side."""

import os
import select
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

import serial
from serial import rfc2217


@dataclass
class LentPort:
    """The port as RFC 2217 sets it: what is asked of it is written down, in order."""

    baudrate: int = 9_600
    bytesize: int = serial.EIGHTBITS
    parity: str = serial.PARITY_NONE
    stopbits: float = serial.STOPBITS_ONE
    xonxoff: bool = False
    rtscts: bool = False
    break_condition: bool = False
    cts: bool = True
    dsr: bool = True
    ri: bool = False
    cd: bool = True
    lines: list[tuple[str, bool]] = field(default_factory=list)

    def __setattr__(self, name, value):
        if name in ("dtr", "rts"):
            self.lines.append((name, value))
        super().__setattr__(name, value)

    def reset_input_buffer(self):
        pass

    def reset_output_buffer(self):
        pass


class PortServer:
    """`with PortServer(device) as server:` serves one client after another at `server.url`."""

    def __init__(self, device: Path, *, telnet: bool = False) -> None:
        self._device = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._telnet = telnet
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self._ended, self._end = os.pipe()
        self._thread = threading.Thread(target=self._serve)
        self.lent = LentPort()
        scheme = "rfc2217" if telnet else "socket"
        self.url = f"{scheme}://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        os.write(self._end, b".")
        self._thread.join()
        for descriptor in (self._device, self._ended, self._end):
            os.close(descriptor)
        self._listening.close()

    def drop(self):
        """The network is gone."""
        self._client.shutdown(socket.SHUT_RDWR)

    def _serve(self):
        while True:
            ready, _, _ = select.select([self._listening, self._ended], [], [])
            if self._ended in ready:
                return
            self._client = self._listening.accept()[0]
            with self._client:
                try:
                    if not self._lend(self._client):
                        return
                except ConnectionError:
                    pass  # that client is gone

    def _lend(self, client):
        """False once the server is to end."""
        manager = rfc2217.PortManager(self.lent, _Connection(client)) if self._telnet else None
        while True:
            ready, _, _ = select.select([client, self._device, self._ended], [], [])
            if self._ended in ready:
                return False
            if client in ready:
                data = client.recv(4_096)
                if not data:
                    return True
                os.write(self._device, b"".join(manager.filter(data)) if manager else data)
            if self._device in ready:
                data = os.read(self._device, 4_096)
                client.sendall(b"".join(manager.escape(data)) if manager else data)


class _Connection:
    def __init__(self, client):
        self.write = client.sendall
