"""A million lines with one frame in a hundred damaged, and the bridge killed fifty times: nothing lost, nothing doubled."""

import tempfile
from pathlib import Path

from tests.faults.firmware_bridge.soak import soak

LINES, KILLS = 1_000_000, 50


def run() -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        soaked = soak(Path(folder), LINES, KILLS)
    same = soaked.sha256 == soaked.expected_sha256
    what = f"{soaked.kills} kills, {soaked.resends} resends since the last; executed {'is' if same else 'IS NOT'} the program"
    return [
        {
            "name": f"soak: lines executed once and in order, beside those of the program ({what})",
            "ours": soaked.lines,
            "beside": LINES + 2,
            "ratio": soaked.lines / (LINES + 2),
            "target": "1",
            "unit": "lines",
        },
        {
            "name": "soak: moves that ran without a number, beside the program's lines",
            "ours": soaked.strange.total(),
            "beside": LINES + 2,
            "ratio": soaked.strange.total() / (LINES + 2),
            "target": "0",
            "unit": "lines",
        },
    ]
