"""A cable that can be pulled: `socket://` at the host's end, the virtual machine's pty at the other."""

import contextlib
import os
import selectors
import socket
import threading
from pathlib import Path


class Cable:
    """Carries bytes both ways while it is in. What is on its way when it is pulled is lost; the machine stays on."""

    def __init__(self, machine: Path) -> None:
        self._tty = os.open(machine, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._listener: socket.socket | None = None
        self._host: socket.socket | None = None
        self._port = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._tty, selectors.EVENT_READ, self._from_machine)
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, self._asked)
        self._done = threading.Event()
        self.plug()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"socket://127.0.0.1:{self._port}"

    def plug(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port), reuse_port=False)
        self._port = self._listener.getsockname()[1]
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._wake.send(b"n")

    def pull(self) -> None:
        """Returns when it is out."""
        self._done.clear()
        self._wake.send(b"p")
        assert self._done.wait(10)

    def close(self) -> None:
        self._wake.send(b"e")
        self._thread.join(10)
        self._selector.close()
        self._wake.close()
        self._woken.close()
        os.close(self._tty)

    def _carry(self) -> None:
        self._running = True
        while self._running:
            for key, _ in self._selector.select():
                key.data()

    def _asked(self) -> None:
        asked = self._woken.recv(1)
        if asked in b"pe":
            for end in (self._listener, self._host):
                self._drop(end)
            self._listener = self._host = None
            self._done.set()
        self._running = asked != b"e"

    def _accept(self) -> None:
        assert self._listener is not None
        self._drop(self._host)
        self._host, _ = self._listener.accept()
        self._selector.register(self._host, selectors.EVENT_READ, self._from_host)

    def _from_host(self) -> None:
        host = self._host
        if host is None:
            return
        try:
            data = host.recv(4096)
        except ConnectionResetError:
            data = b""
        if data:
            os.write(self._tty, data)
        else:
            self._drop(host)
            self._host = None

    def _from_machine(self) -> None:
        data = os.read(self._tty, 4096)
        if self._host is not None:
            with contextlib.suppress(ConnectionError):  # it has gone: `_from_host` sees it
                self._host.sendall(data)

    def _drop(self, end: socket.socket | None) -> None:
        if end is not None:
            self._selector.unregister(end)
            end.close()
