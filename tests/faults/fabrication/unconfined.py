"""An excess without walls: a plain process that runs until it has used more than a job may, and is then ended."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fabrication.geometry.client import Limits
from tests.faults.fabrication.conftest import children

PATIENCE_S = 30.0
PYTHON = 64 * 1024 * 1024
"""More address space than an interpreter has that does nothing yet."""
_RUN = """
import os, resource, signal, sys, traceback
os.dup2(int(sys.argv[2]), 3)
# Mild: far beyond a job's limits, and short of what would trouble the machine.
mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + 3 * 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
resource.setrlimit(resource.RLIMIT_FSIZE, (20 * 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
scope = {}
exec(sys.argv[1], scope)
try:
    import json
    answer = scope["probe"]({"most": 3})
    os.write(3, json.dumps(answer).encode())
    signal.pause()
except BaseException:
    traceback.print_exc()
    signal.pause()  # here, so that what it holds is not let go before it was looked at
"""


class Unconfined:
    """The process, its folder, and how much it has said."""

    def __init__(self, pid: int, folder: Path, log: int, result: int) -> None:
        self.pid, self.folder, self.began = pid, folder, time.monotonic()
        self._pipes, self._said = {"log": log, "result": result}, {"log": 0, "result": 0}

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmPeak:")) * 1024 - PYTHON

    def count(self, of: str) -> int:
        return len(list(Path(f"/proc/{self.pid}/{of}").iterdir()))

    def files(self) -> list[int]:
        return [path.stat().st_size for path in self.folder.iterdir()]

    def said(self, where: str) -> int:
        with contextlib.suppress(BlockingIOError):
            self._said[where] += len(os.read(self._pipes[where], 2**20))
        return self._said[where]


Measure = tuple[Callable[[Unconfined], float], Callable[[Limits], float]]
MEASURES: dict[str, Measure] = {
    "computing": (Unconfined.cpu_s, lambda limits: limits.cpu_s),
    "waiting": (Unconfined.seconds, lambda limits: limits.wall_s),
    "memory": (Unconfined.memory, lambda limits: limits.memory),
    "processes": (lambda job: len(children(job.pid)), lambda _: 0),
    "threads": (lambda job: job.count("task"), lambda limits: limits.threads),
    "descriptors": (lambda job: job.count("fd"), lambda limits: limits.descriptors),
    "files": (lambda job: len(job.files()), lambda limits: limits.files),
    "one file": (lambda job: max(job.files(), default=0), lambda limits: limits.file),
    "all files": (lambda job: sum(job.files()), lambda limits: limits.folder),
    "log": (lambda job: job.said("log"), lambda limits: limits.log),
    "result": (lambda job: job.said("result"), lambda limits: limits.result),
}
"""What is used up, and how much of it a job may."""


@contextlib.contextmanager
def unconfined(source: str, folder: Path) -> Iterator[Unconfined]:
    """`source` running in `folder`, with a job's limits nowhere; ended with the block."""
    (log, log_end), (result, result_end) = os.pipe(), os.pipe()
    for pipe in (log, result):
        os.set_blocking(pipe, False)
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, source, str(result_end)],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=log_end, stderr=log_end, pass_fds=[result_end],
    )  # fmt: skip
    os.close(log_end)
    os.close(result_end)
    try:
        yield Unconfined(process.pid, folder, log, result)
    finally:
        process.kill()
        process.wait()
        os.close(log)
        os.close(result)


def passes(job: Unconfined, what: str, limits: Limits) -> bool:
    """Whether it comes to use more of `what` than the limits say."""
    used, limit = MEASURES[what]
    while used(job) <= limit(limits):
        if job.seconds() > PATIENCE_S:
            return False
        time.sleep(0.01)
    return True
