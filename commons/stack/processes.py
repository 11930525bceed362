"""Real processes, started, watched and ended by their own ids."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from commons.errors import Unavailable

STOP_S = 10.0
READY_S = 60.0


def free_port() -> int:
    """A TCP port of the loopback address that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    """Looks until `condition` holds. Raises `Unavailable` saying `what` did not come."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise Unavailable(f"{what} did not come within {timeout_s:.0f} s.")
        time.sleep(0.02)


class Processes:
    """A context whose processes end with it, the last started first. What they print goes to `logs/<name>.log`."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self.logs, self.environment = logs, dict(environment)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._starts: dict[str, Callable[[], None]] = {}
        self.stop_s = STOP_S
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_exc: object) -> None:
        for name in reversed(list(self.running)):
            self.stop(name)

    def start(
        self, name: str, module: str, *arguments: str | Path, ready: Callable[[], bool], **environment: str
    ) -> None:
        """`python -m module arguments…` in the background; back once it is `ready`.

        Raises `Unavailable` with its last words when it ends instead.
        """
        self._starts[name] = lambda: self.start(name, module, *arguments, ready=ready, **environment)
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment | environment,
                start_new_session=True,  # a Ctrl-C at the terminal is ours to pass on, in order
            )
        self._wait_ready(name, ready)

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends one process and waits for it; kills it when it does not listen."""
        process = self.running.pop(name)
        process.send_signal(how)
        try:
            process.wait(self.stop_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def revive(self, name: str) -> None:
        """Starts one that ended by itself again, as it was started before."""
        self._starts[name]()

    def _wait_ready(self, name: str, ready: Callable[[], bool]) -> None:
        wait_until(lambda: ready() or self.running[name].poll() is not None, name, READY_S)
        if not ready():
            raise Unavailable(f"{name} ended at once: {self.last_words(name)}")

    def ended(self) -> list[str]:
        """The processes that ended by themselves."""
        return [name for name, process in self.running.items() if process.poll() is not None]

    def how_it_ended(self, name: str) -> str:
        """Of one that `ended`: by which signal, or with which exit code and, where that is none of success, words."""
        code = self.running[name].returncode
        if code < 0:
            return f"by {signal.Signals(-code).name}"
        return f"with exit code {code}" + (f" ({self.last_words(name)})" if code else "")

    def last_words(self, name: str) -> str:
        lines = (self.logs / f"{name}.log").read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-5:]) or "it said nothing"


def listening(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def answering(path: Path) -> bool:
    """Whether something accepts connections on this Unix socket; the file alone may be a dead process's."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))
        return True
    return False
