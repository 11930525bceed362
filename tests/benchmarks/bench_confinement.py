"""A build in a confined child of the forge, beside the same build in a bare fork of a process as warm as the zygote."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fabrication.geometry.client import ForgeClient, start_forge

ROUNDS = 15

_PLATE = """
import cadquery as cq
plate = cq.Workplane().box(80, 60, 8).edges("|Z").fillet(5).faces(">Z").workplane()
plate = plate.rect(60, 40, forConstruction=True).vertices().hole(5).faces(">Z").edges().fillet(0.8)
cq.exporters.export(plate, "plate.stl")
cq.exporters.export(plate, "plate.step")
"""

_KINDS = f"""
from fabrication.geometry.jobs import KINDS, JobKind
def run(request, folder):
    exec({_PLATE!r}, {{}})
    return {{}}
KINDS = {{"check": KINDS["check"], "plate": JobKind(__name__, True, preload=("cadquery",))}}
"""

_BARE = f"""
import gc, os, sys, time
import cadquery
gc.freeze()
for line in sys.stdin:
    began = time.perf_counter()
    if (pid := os.fork()) == 0:
        exec({_PLATE!r}, {{}})
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    print(time.perf_counter() - began, flush=True)
"""


def run() -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "kinds.py").write_text(_KINDS)
        forge = start_forge(folder / "forge.sock", folder / "log", "--kinds", str(folder / "kinds.py"))
        bare = subprocess.Popen(
            [sys.executable, "-c", _BARE], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"OPENBLAS_NUM_THREADS": "1", "HOME": "/nonexistent"},
        )  # fmt: skip
        client = ForgeClient(folder / "forge.sock")
        try:
            pairs = [(_confined(client, "plate"), _unconfined(bare)) for _ in range(ROUNDS + 1)][1:]
            empty = [_confined(client, "check") for _ in range(ROUNDS)]
        finally:
            bare.communicate()
            forge.communicate()
    confined, unconfined = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    return [
        {"name": "confined build of a plate, beside a bare fork", "ours": confined, "beside": unconfined, "unit": "ms",
         "ratio": confined / unconfined, "target": "under 1.05"},
        {"name": "an empty confined job, beside that build", "ours": statistics.median(empty) * 1000, "beside": confined,
         "unit": "ms", "ratio": statistics.median(empty) * 1000 / confined, "target": "under 0.15"},
    ]  # fmt: skip


def _confined(client: ForgeClient, kind: str) -> float:
    began = time.perf_counter()
    client.run(kind, {}, {})
    return time.perf_counter() - began


def _unconfined(bare: "subprocess.Popen[str]") -> float:
    """The process's own measure, from before the fork to the child's end."""
    assert bare.stdin is not None
    assert bare.stdout is not None
    bare.stdin.write("\n")
    bare.stdin.flush()
    return float(bare.stdout.readline())
