"""The gate on a program as a slicer writes it, beside a loop that only splits the same file and reads its numbers."""

import statistics
import tempfile
import time
from pathlib import Path

import msgspec

from firmware_bridge.gcode import check, compose, generic_profile, read_lines, verify
from firmware_bridge.machine import Material

LINES = 200_000
ROUNDS = 3
HEAD = ["G28", "G90", "M83", "M104 S210", "G92 E0"]


def sliced() -> list[str]:
    moves = (f"G1 X{60 + n % 97}.{n % 9 + 1} Y{40 + n % 83}.{n % 7 + 1} E.0{n % 8 + 1} ; infill" for n in range(LINES))
    return [*HEAD, "G1 Z.3 F7800 ; move to next layer (0)", *moves]


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
    machine = msgspec.structs.replace(generic_profile("marlin"), materials=(Material(name="PLA", hotend_c=210),))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        body, program = Path(folder, "body.gcode"), Path(folder, "program.gcode")
        body.write_text("\n".join(sliced()))
        with program.open("wb") as out:
            compose(read_lines(body), machine, "PLA", out)
        for name, path, call in (
            ("check of a slicer's file", body, lambda: check(read_lines(body), machine)),
            ("verify of a whole program", program, lambda: verify(program, machine, "PLA")),
        ):
            pairs = [(timed(call), only_numbers(path)) for _ in range(ROUNDS)]
            ours, beside = (LINES / statistics.median(side) / 1000 for side in zip(*pairs, strict=True))
            rows.append(
                {
                    "name": f"gate: {name}, beside splitting it",
                    "ours": ours,
                    "beside": beside,
                    "unit": "k lines/s",
                    "ratio": ours / beside,
                    "target": "at least 0.083",
                }
            )
    return rows
