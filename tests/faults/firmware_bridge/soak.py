"""A long program through a bad cable, its bridge killed again and again: what the printer executed is the judge."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.virtual.process import virtual_printer
from firmware_bridge.virtual.record import program_of

DAMAGED_EVERY = 200
"""A bit flipped in one frame of so many, and a byte lost in another of so many: one in a hundred is damaged."""


@dataclass(frozen=True)
class Soaked:
    """`lines` and `sha256` are of what the printer executed with a number, `strange` of what nobody sent."""

    lines: int
    sha256: str
    expected_sha256: str
    kills: int
    resends: int
    strange: Counter[str]


def soak(folder: Path, lines: int, kills: int, seed: int = 1, *, kill_within_s: float) -> Soaked:
    """Kills come at any moment up to `kill_within_s` after a start; after the last one the stream goes to its end."""
    link, record, chance = folder / "printer", folder / "record.jsonl", random.Random(seed)
    program = folder / "long.gcode"
    with program.open("w") as out:
        out.write("G28\nG90\n")
        out.writelines(
            f"G1 X{100 + n % 10}.{n % 997:03d} Y{50 + (n * 7) % 10}.{n % 991:03d} F4800\n" for n in range(lines)
        )
    damage = ("--flip-every", str(DAMAGED_EVERY), "--drop-every", str(DAMAGED_EVERY), "--seed", str(seed))
    killed = 0
    with virtual_printer(link, "--speed", "0", "--record", str(record), *damage):
        while True:
            wait_s = chance.uniform(0.3, kill_within_s) if killed < kills else None
            process = _start(program, link, folder / "home")
            try:
                out, err = process.communicate(timeout=wait_s)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                killed += 1
                continue
            said = json.loads(out)
            assert process.returncode == 0, (said, err)
            break
    count, sha256 = program_of(record)
    return Soaked(count, sha256, said["program_sha256"], killed, said["resends"], _strange(record))


def _start(program: Path, link: Path, home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "firmware_bridge", "stream", str(program), "--port", str(link)]
    return subprocess.Popen(
        [*command, "--firmware", "marlin", "--resume", "--json", "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


def _strange(record: Path) -> Counter[str]:
    """What ran without a number and moves, heats or blows: the tail of a line that a bad cable cut."""
    found: Counter[str] = Counter()
    with record.open() as entries:
        for text in entries:
            entry = json.loads(text)
            if "n" in entry and entry["n"] is None and entry["line"].split(" ")[0] in ("G0", "G1", "G2", "G3"):
                found[entry["line"]] += 1
    return found
