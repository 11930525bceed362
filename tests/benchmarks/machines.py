"""What the benchmarks of senders share: a program, the sender as a process, and others beside it."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE, frame
from tests.integration.firmware_bridge.hosts.peers import environment

SENDERS = Path(__file__).parent / "senders"
WITHIN_S = 900
LOOKED_AT_EVERY_S = 0.1
PRINTCORE = "Printrun==2.2.0"
BARE = ("pyserial==3.5", "psutil==7.1.3", "platformdirs==4.5.0")
"""What printcore needs of what Printrun asks for; its plain installation fails for want of headers of D-Bus."""


@dataclass(frozen=True)
class Job:
    """A program on disk, as G-code and framed for a sender that frames nothing itself."""

    gcode: Path
    framed: Path
    lines: int
    wire_bytes: int


def printing(folder: Path, lines: int) -> Job:
    """Short moves of a printer that is not heated, 28 to 31 bytes each before framing, as a slicer writes them."""
    moves = [b"G1 X%d.%03d Y%d.%03d F4800" % (100 + n % 10, n % 997, 50 + (n * 7) % 10, n % 991) for n in range(lines)]
    text = [b"G28", b"G90", *moves]
    framed = [frame(number - COUNT_BEFORE, line) for number, line in enumerate(text, 1)]
    return _written(folder, text, framed)


def milling(folder: Path, lines: int) -> Job:
    """Short cuts above the stock, canonical for a Grbl router."""
    head = [b"G21", b"G17", b"G54", b"G49", b"G94", b"G90", b"G0 Z5", b"M3 S1000", b"G1 X10 Y10 F2400"]
    moves = [b"G1 X%d.%03d Y%d.%03d" % (10 + n % 10, n % 997, 50 + (n * 7) % 10, n % 991) for n in range(lines)]
    text = [*head, *moves, b"M5", b"M30"]
    return _written(folder, text, [line + b"\n" for line in text])


def _written(folder: Path, text: list[bytes], framed: list[bytes]) -> Job:
    gcode, plain = folder / f"{len(text)}.gcode", folder / f"{len(text)}.framed"
    gcode.write_bytes(b"".join(line + b"\n" for line in text))
    plain.write_bytes(b"".join(framed))
    return Job(gcode, plain, len(text), sum(map(len, framed)))


@dataclass(frozen=True)
class Streamed:
    """`cpu_s` of the whole process, its start included; `resident_mb` at its most."""

    lines_s: float
    seconds: float
    cpu_s: float
    resident_mb: float
    said: dict[str, object]


def ours(job: Job, link: Path, home: Path, *options: str) -> Streamed:
    """`firmware-bridge stream`, as anybody runs it, with its gate and its journal on disk."""
    command = [sys.executable, "-m", "firmware_bridge", "stream", str(job.gcode), "--port", str(link), "--json"]
    with subprocess.Popen(
        [*command, "--home", str(home), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        resident_mb = 0.0
        while not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
            resident_mb = max(resident_mb, most_resident_mb(process.pid))
            time.sleep(LOOKED_AT_EVERY_S)
        said = json.loads(process.stdout.read() or b"{}")
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or not said.get("ok"):
        raise RuntimeError(f"the stream failed: {said}")
    return Streamed(
        lines_s=job.lines / said["seconds"],
        seconds=said["seconds"],
        cpu_s=used.ru_utime + used.ru_stime,
        resident_mb=resident_mb,
        said=said,
    )


def most_resident_mb(pid: int) -> float:
    """So far, of the process that runs now: what `wait4` tells begins with that of whoever started it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def bare(job: Job, link: Path, baud: int, window: int) -> Streamed:
    """A loop that writes and waits, with pyserial and a window of so many lines."""
    command = [sys.executable, SENDERS / "bare.py", link, str(baud), str(window), job.framed]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError("the bare loop failed")
    rate = float(said)
    return Streamed(rate, job.lines / rate, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, {})


def printcore(job: Job, link: Path, baud: int) -> float:
    """Lines per second of Printrun's sender."""
    python = environment(PRINTCORE, *BARE, no_deps=True) / "python"
    command = [python, SENDERS / "printcore.py", link, str(baud), job.gcode]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=True)
    return float(done.stdout.splitlines()[-1])
