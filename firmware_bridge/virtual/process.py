"""A virtual machine as a process of its own, for trials, benchmarks and tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from firmware_bridge.errors import LinkLost

END_WITHIN_S = 10.0


@contextmanager
def virtual_machine(kind: str, link: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`firmware-bridge virtual KIND --link LINK …`, from when it can be opened until the block ends.

    Raises `LinkLost` when it does not come up; its own words are on stderr. One that does not end is killed, and
    `subprocess.TimeoutExpired` says so.
    """
    command = [sys.executable, "-m", "firmware_bridge", "virtual", kind, "--link", str(link), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout else ""
            if not ready.startswith("ready:"):
                raise LinkLost(f"the virtual machine at {link} did not start")
            yield process
        finally:
            process.terminate()
            try:
                process.wait(END_WITHIN_S)
            finally:
                process.kill()  # otherwise the end of this block would wait for it for ever


virtual_printer = partial(virtual_machine, "marlin")
virtual_router = partial(virtual_machine, "grbl")
