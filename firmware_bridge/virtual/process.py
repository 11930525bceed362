"""A virtual machine as a process of its own, for trials, benchmarks and tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge.errors import LinkLost

END_WITHIN_S = 10.0


@contextmanager
def virtual_printer(link: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`firmware-bridge virtual marlin --link LINK …`, from when it can be opened until the block ends.

    Raises `LinkLost` when it does not come up; its own words are on stderr.
    """
    command = [sys.executable, "-m", "firmware_bridge", "virtual", "marlin", "--link", str(link), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout else ""
            if not ready.startswith("ready:"):
                raise LinkLost(f"the virtual printer at {link} did not start")
            yield process
        finally:
            process.terminate()
            process.wait(END_WITHIN_S)
