"""Lines per second of the streamer, beside the same pty driven by a bare write-and-wait loop.

Both send the same numbered lines to the same virtual printer process, in turns, in one run; the
ratio is the median over neighbouring rounds, which whatever else the host does slows down alike.
"""

import hashlib
import os
import select
import tempfile
import time
import tty
from pathlib import Path
from statistics import median

from firmware_bridge.journal import Journal
from firmware_bridge.protocol.marlin.framing import frame
from firmware_bridge.stream import stream
from firmware_bridge.transport.port import open_port
from firmware_bridge.virtual.process import virtual_printer

LINES = 40_000
ROUNDS = 5
TARGET = "at least 0.6"


def program() -> list[bytes]:
    """Moves of a printer that is not heated, 25 to 30 bytes each as a slicer writes them."""
    return [b"G1 X%d.%03d Y%d.%03d F4800" % (i % 200, i % 997, (i * 7) % 200, i % 991) for i in range(LINES)]


def bare(link: Path, lines: list[bytes]) -> float:
    """Lines per second of a loop that writes one line and waits for its `ok`."""
    fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(fd)
        framed = [frame(number, line) for number, line in enumerate(lines, 1)]
        os.write(fd, b"N0 M110 N0*125\n")
        _until_ok(fd)
        began = time.perf_counter()
        for line in framed:
            os.write(fd, line)
            _until_ok(fd)
        return len(lines) / (time.perf_counter() - began)
    finally:
        os.close(fd)


def _until_ok(fd: int) -> None:
    received = b""
    while not received.endswith(b"ok\n"):
        if not select.select([fd], [], [], 5.0)[0]:
            raise TimeoutError("no ok within 5 s")
        received += os.read(fd, 4096)


def ours(link: Path, folder: Path, lines: list[bytes]) -> float:
    """Lines per second of `stream`, with its journal on disk, from the greeting to the end of the last motion."""
    text = b"".join(line + b"\n" for line in lines)
    path = folder / "program.gcode"
    path.write_bytes(text)
    journal = Journal.open(folder / "journal", str(link), hashlib.sha256(text).hexdigest())
    port = open_port(str(link), 115_200)
    try:
        report = stream(path, port, journal, on_progress=lambda _progress: None, stop_requested=lambda: None)
    finally:
        port.close()
    return report.lines / report.seconds


def run() -> list[dict[str, object]]:
    """One row: name, ours, beside, ratio, target, unit."""
    lines = program()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        link = folder / "printer"
        with virtual_printer(link, "--speed", "0"):
            rates = [(ours(link, folder, lines), bare(link, lines)) for _ in range(ROUNDS)]
    all_ours, all_bare = zip(*rates, strict=True)
    return [
        {
            "name": "streamer beside a bare write-and-wait loop, virtual Marlin on a pty",
            "ours": round(median(all_ours)),
            "beside": round(median(all_bare)),
            "ratio": round(median(mine / beside for mine, beside in rates), 2),
            "target": TARGET,
            "unit": "lines/s",
        }
    ]


if __name__ == "__main__":
    for row in run():
        print("  ".join(f"{key}: {value}" for key, value in row.items()))
