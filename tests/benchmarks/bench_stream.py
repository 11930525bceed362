"""The streamer beside Printrun's sender and a bare loop, on the same virtual machine behind a paced line.

Each runs as a process of its own. Ours is `firmware-bridge stream`, gate and journal included; its seconds are from the
greeting to the end of the last motion. Rounds are interleaved and the ratio is the median of their ratios, which
whatever else the host does slows down alike.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from firmware_bridge.virtual.process import virtual_printer, virtual_router
from tests.benchmarks.machines import Streamed, bare, milling, ours, printcore, printing

Row = dict[str, object]

ROUNDS = 7
INSTANT_LINES = 20_000
PACED: tuple[tuple[int, int, int, int, float], ...] = (
    (115_200, 1, 12_000, 2_000, 1.5),
    (250_000, 1, 12_000, 2_000, 2.0),
    (250_000, 16, 12_000, 1_500, 3.5),
)
"""Baud, latency in ms, our lines, printcore's lines (it needs longer for each), times as fast as printcore."""
GRBL_LINES = 12_000
LOST_OKS, LOST_LINES = 20, 2_000
MILLION = 1_000_000


def run() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from instant(folder)
        for case in PACED:
            yield from paced(folder, *case)
        yield grbl(folder)
        yield lost_oks(folder)
        yield from one_process(folder)


def row(name: str, mine: float, beside: float, ratio: float, target: str, unit: str) -> Row:
    return {"name": name, "ours": mine, "beside": beside, "ratio": ratio, "target": target, "unit": unit}


def instant(folder: Path) -> Iterator[Row]:
    job, few, link = printing(folder, INSTANT_LINES), printing(folder, INSTANT_LINES // 4), folder / "instant"
    with virtual_printer(link, "--speed", "0"):
        ours(few, link, folder / "home")  # its greeting is heard by the first alone
        rounds = [
            (ours(job, link, folder / "home"), bare(job, link, 115_200, 4), printcore(few, link, 115_200))
            for _ in range(ROUNDS)
        ]
    window = rounds[-1][0].said["window"]
    mine = median(each.lines_s for each, _, _ in rounds)
    loop = median(each.lines_s for _, each, _ in rounds)
    theirs = median(each for _, _, each in rounds)
    of_loop = median(one.lines_s / two.lines_s for one, two, _ in rounds)
    of_printcore = median(one.lines_s / three for one, _, three in rounds)
    yield row(f"instant ok; window {window}; beside a bare loop of 4", mine, loop, of_loop, "at least 0.6", "lines/s")
    yield row("instant ok; beside printcore", mine, theirs, of_printcore, "at least 10", "lines/s")


def paced(folder: Path, baud: int, latency_ms: int, lines: int, fewer: int, target: float) -> Iterator[Row]:
    job, few, link = printing(folder, lines), printing(folder, fewer), folder / f"{baud}-{latency_ms}"
    with virtual_printer(link, "--speed", "0", "--baud", str(baud), "--latency-ms", str(latency_ms)):
        mine = ours(job, link, folder / "home")
        theirs = printcore(few, link, baud)
        loop = bare(few, link, baud, 1)
    case = f"{baud:,} baud, {latency_ms} ms; window {mine.said['window']}"
    yield row(f"{case}; beside printcore", mine.lines_s, theirs, mine.lines_s / theirs, f"at least {target}", "lines/s")
    if baud == 115_200:
        yield wire(case, mine, job.wire_bytes, baud, "at least 0.97")
        ratio = (mine.cpu_s / lines) / (loop.cpu_s / fewer)
        yield row(
            f"{case}; CPU for 1,000 lines beside a bare write-and-wait loop, starting and gate included",
            mine.cpu_s / lines * 1e6,
            loop.cpu_s / fewer * 1e6,
            ratio,
            "at most 1.5",
            "ms",
        )


def wire(case: str, mine: Streamed, wire_bytes: int, baud: int, target: str) -> Row:
    had = baud / 10
    reached = wire_bytes / mine.seconds
    return row(f"{case}; bytes of the program beside the wire's", reached, had, reached / had, target, "bytes/s")


def grbl(folder: Path) -> Row:
    """The check run goes over the same wire first, so the wire has the program twice."""
    job, link = milling(folder, GRBL_LINES), folder / "router"
    with virtual_router(link, "--speed", "0", "--baud", "115200", "--latency-ms", "1"):
        mine = ours(job, link, folder / "home", "--firmware", "grbl")
    case = f"Grbl at 115,200 baud, checked and then run; window {mine.said['window']}"
    return wire(case, mine, 2 * job.wire_bytes, 115_200, "at least 0.97")


def lost_oks(folder: Path) -> Row:
    """On a line at 115,200 baud: what each of 20 lost answers adds."""
    job, seconds = printing(folder, LOST_LINES), []
    for lost in (("--lose-ok-every", str(LOST_LINES // LOST_OKS)), ()):
        link = folder / f"lost-{len(lost)}"
        with virtual_printer(link, "--speed", "0", "--baud", "115200", "--latency-ms", "1", *lost):
            ours(printing(folder, 50), link, folder / "home")  # its greeting is heard by the first alone
            seconds.append(ours(job, link, folder / "home").seconds)
    with_s, without_s = seconds
    added_s = max(with_s - without_s, 0) / LOST_OKS
    return row("each lost ok of 20 in 2,000 lines, beside 0.2 s", added_s, 0.2, added_s / 0.2, "under 1", "s")


def one_process(folder: Path) -> Iterator[Row]:
    """The most that is ever resident: of a tenth of a million lines, and of a million."""
    link = folder / "million"
    with virtual_printer(link, "--speed", "0"):
        short = ours(printing(folder, MILLION // 10), link, folder / "home")
        long = ours(printing(folder, MILLION), link, folder / "home")
    name = "resident memory of one stream"
    yield row(f"{name}, 1,000,000 lines", long.resident_mb, 40.0, long.resident_mb / 40, "under 1", "MB")
    yield row(
        f"{name}, 1,000,000 lines beside 100,000",
        long.resident_mb,
        short.resident_mb,
        long.resident_mb / short.resident_mb,
        "at most 1.05",
        "MB",
    )


if __name__ == "__main__":
    for each in run():
        print("  ".join(f"{key}: {value}" for key, value in each.items()))
