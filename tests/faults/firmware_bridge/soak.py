"""A long program through a bad cable, its bridge killed again and again: what the printer executed is the judge."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.virtual.process import virtual_printer
from firmware_bridge.virtual.record import program_of

DAMAGED_EVERY = 200
"""A bit flipped in one frame of so many, and a byte lost in another of so many: one in a hundred is damaged."""
LOOKED_AT_EVERY_S = 0.005
"""How often the record is looked at: a kill comes so much after its line."""


@dataclass(frozen=True)
class Soaked:
    """`lines` and `sha256` are of what the printer executed with a number, `strange` of what nobody sent."""

    lines: int
    sha256: str
    expected_sha256: str
    kills: int
    resends: int
    strange: Counter[str]


def soak(folder: Path, lines: int, kills: int, seed: int = 1) -> Soaked:
    """Kills come at lines that chance has chosen, at once where one before it came late; then the stream ends."""
    link, record, chance = folder / "printer", folder / "record.jsonl", random.Random(seed)
    kill_at = sorted(chance.randrange(lines) for _ in range(kills))
    program = folder / "long.gcode"
    with program.open("w") as out:
        out.write("G28\nG90\n")
        out.writelines(
            f"G1 X{100 + n % 10}.{n % 997:03d} Y{50 + (n * 7) % 10}.{n % 991:03d} F4800\n" for n in range(lines)
        )
    damage = ("--flip-every", str(DAMAGED_EVERY), "--drop-every", str(DAMAGED_EVERY), "--seed", str(seed))
    with virtual_printer(link, "--speed", "0", "--record", str(record), *damage):
        executed = _Executed(record)
        for line in kill_at:
            with _bridge(program, link, folder / "home") as process:
                while executed.lines() < line:
                    assert process.poll() is None, process.communicate()
                    time.sleep(LOOKED_AT_EVERY_S)
                process.send_signal(signal.SIGKILL)
        with _bridge(program, link, folder / "home") as process:
            out, err = process.communicate()
        said = json.loads(out)
        assert process.returncode == 0, (said, err)
    count, sha256 = program_of(record)
    return Soaked(count, sha256, said["program_sha256"], len(kill_at), said["resends"], _strange(record))


class _Executed:
    """How many numbered lines a record has that is being written."""

    def __init__(self, record: Path) -> None:
        self._record, self._read, self._lines = record, 0, 0

    def lines(self) -> int:
        with self._record.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        self._lines += new.count(b"\n") - new.count(b'"n":null')
        return self._lines


def _bridge(program: Path, link: Path, home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "firmware_bridge", "stream", str(program), "--port", str(link)]
    return subprocess.Popen(
        [*command, "--firmware", "marlin", "--resume", "--json", "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
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
