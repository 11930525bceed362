"""The gate on programs as a slicer and a CAM program write them, beside a loop that only splits the same file and
reads its numbers; and the memory that a gate takes for a program ten times as long."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec

from firmware_bridge.gcode import check, compose, generic_profile, read_lines, verify
from firmware_bridge.machine import Limits, Material
from tests.benchmarks.machines import most_resident_mb

LINES = 200_000
LONG = 2_000_000
ROUNDS = 7
HEAD = ["G28", "G90", "M83", "M104 S210", "G92 E0"]


def sliced(lines: int) -> Iterator[str]:
    yield from (*HEAD, "G1 Z.3 F7800 ; move to next layer (0)")
    for n in range(lines):
        yield f"G1 X{60 + n % 97}.{n % 9 + 1} Y{40 + n % 83}.{n % 7 + 1} E.0{n % 8 + 1} ; infill"


def milled(lines: int) -> Iterator[str]:
    """A pocket after another, as CAM programs write them: coordinates alone, with lifts and arcs between."""
    yield from ("G21 G90 G17", "G0 Z5", "M3 S10000", "G0 X10 Y10")
    for n in range(lines):
        x, y = n % 250, n % 170
        match n % 100:
            case 0:
                yield "G0 Z5"
            case 1:
                yield f"X{x}.5 Y{y}.5"
            case 2:
                yield "G1 Z-1.5 F600"
            case 10:
                yield f"G1 X{x}.5 Y{y}.5 F3000"
            case step if step % 10 == 0:
                yield f"X{x}.5 Y{y}.5"
            case step if step % 10 == 1:
                yield f"G3 X{(n - 1) % 250}.5 Y{(n - 1) % 170}.5 I0.5 J0"
            case step if step % 10 == 2:
                yield f"G1 X{x}.125 Y{y}.25"
            case _:
                yield f"X{x}.{n % 9 + 1}{n % 7 + 1}{n % 5 + 1} Y{y}.{n % 7 + 1}{n % 3 + 1}"


def grown(firmware: str) -> tuple[float, float]:
    """For a process of its own: the most that was ever resident after `LINES` lines and after `LONG` more, MB."""
    machine = msgspec.structs.replace(generic_profile(firmware), limits=Limits(time_max_s=1_000_000))

    def most(lines: int) -> float:
        program = milled(lines) if firmware == "grbl" else sliced(lines)
        check(program, machine, Nowhere())
        return most_resident_mb(os.getpid())

    return most(LINES), most(LONG)


class Nowhere:
    """Takes what is written and keeps nothing."""

    def write(self, data: bytes, /) -> int:
        return len(data)


def only_numbers(path: Path) -> float:
    """Seconds to split every line and read each word's number."""
    began = time.perf_counter()
    with path.open() as file:
        for line in file:
            for word in line.partition(";")[0].split():
                float(word[1:])
    return time.perf_counter() - began


def timed(call, *arguments) -> float:
    began = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - began


def run() -> list[dict[str, object]]:
    printer = msgspec.structs.replace(generic_profile("marlin"), materials=(Material(name="PLA", hotend_c=210),))
    router = msgspec.structs.replace(generic_profile("grbl"), materials=(Material(name="PLA", hotend_c=0),))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, machine, lines in (("a slicer", printer, sliced), ("a CAM program", router, milled)):
            body, program = Path(folder, "body.gcode"), Path(folder, "program.gcode")
            body.write_text("\n".join(lines(LINES)))
            with program.open("wb") as out:
                compose(read_lines(body), machine, "PLA", out)
            rows += [
                beside_splitting(f"check of {name}'s file", body, check, read_lines, machine),
                beside_splitting(f"verify of {name}'s program", program, verify, Path, machine, "PLA"),
            ]
    rows += [flat_memory(firmware) for firmware in ("marlin", "grbl")]
    return rows


def beside_splitting(name: str, path: Path, call, given, *arguments) -> dict[str, object]:
    pairs = [(timed(call, given(path), *arguments), only_numbers(path)) for _ in range(ROUNDS)]
    ours, beside = (LINES / statistics.median(side) / 1000 for side in zip(*pairs, strict=True))
    ratio = statistics.median(split / gated for gated, split in pairs)  # whatever else the host does slows both down
    return {
        "name": f"gate: {name}, beside splitting it",
        "ours": ours,
        "beside": beside,
        "unit": "k lines/s",
        "ratio": ratio,
        "target": "at least 0.083",
    }


def flat_memory(firmware: str) -> dict[str, object]:
    # Spawned, since a forked child begins with all that this process ever had resident.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one:
        short, long = one.submit(grown, firmware).result()
    return {
        "name": f"gate: most resident after {LONG:,} lines for {firmware}, beside {LINES:,}",
        "ours": long,
        "beside": short,
        "unit": "MB",
        "ratio": long / short,
        "target": "at most 1.05",
    }
