"""A coarse preview over HTTP with a changed parameter, beside the same script built and written as GLB without us.

Once in a fresh process, which imports the kernel first, and once in one that has it loaded and builds again and again.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from commons.stack.processes import Processes, free_port
from commons.stack.serving import bare_environment, serve
from commons.stack.visitor import Page, Visitor

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "designs" / "knob" / "design.py"
ROUNDS, FRESH_ROUNDS = 31, 5

_BUILD = """
import sys, time
import cadquery as cq
script = open(sys.argv[1]).read()

def build(diameter):
    shown = []
    changed = script.replace("diameter = ", f"diameter = {diameter} or ", 1)
    exec(compile(changed, "design.py", "exec"), {"show_object": lambda thing, **_: shown.append(thing)})
    assembly = cq.Assembly()
    for thing in shown:
        assembly.add(thing)
    size = assembly.toCompound().BoundingBox().DiagonalLength
    # As coarse as a preview is.
    assembly.export(sys.argv[2], tolerance=min(0.5, max(0.02, size / 500)), angularTolerance=0.35)
"""
_FRESH = f"{_BUILD}\nbuild(float(sys.argv[3]))\n"
_WARM = f"""{_BUILD}
build(29.0)
print("ready", flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    build(float(line))
    print(time.perf_counter() - began, flush=True)
"""


def fresh(folder: Path, diameter: float) -> float:
    """Seconds of a new Python that imports cadquery, builds the design and writes a GLB."""
    began = time.perf_counter()
    command = [sys.executable, "-c", _FRESH, SCRIPT, folder / "fresh.glb", str(diameter)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


class Warm:
    """A process that has cadquery loaded, confines nothing, and says how long each build took it."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WARM, SCRIPT, folder / "warm.glb"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def build(self, diameter: float) -> float:
        """Seconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{diameter}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def preview(visitor: Visitor, page: Page, diameter: float) -> float:
    """Seconds from sending the form to the last byte of the GLB."""
    fields = page.form("/designs/knob").fields | {"p.diameter": f"{diameter:.1f}"}
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token is not None
    request = urllib.request.Request(
        f"{visitor.site}/designs/knob/preview", urllib.parse.urlencode(fields).encode(), {"X-CSRFToken": token.group(1)}
    )
    began = time.perf_counter()
    with visitor.opener.open(request) as answer:
        glb = answer.read()
    seconds = time.perf_counter() - began
    assert glb[:4] == b"glTF", glb[:200]
    return seconds


def run() -> list[dict[str, object]]:
    with (
        tempfile.TemporaryDirectory() as temporary,
        Processes(Path(temporary) / "logs", bare_environment()) as processes,
    ):
        folder = Path(temporary)
        serving = serve(processes, folder / "commons", free_port(), {"SAMPLES": "0"})
        visitor = Visitor(serving.url)
        page = visitor.get("/designs/knob")
        warm = Warm(folder)
        preview(visitor, page, 29.0)
        rounds = [
            (preview(visitor, page, 20.0 + n / 10), warm.build(20.0 + n / 10), preview(visitor, page, 20.0 + n / 10))
            for n in range(ROUNDS)
        ]
        cold = [fresh(folder, 20.0 + n / 10) for n in range(FRESH_ROUNDS)]
        warm.process.communicate()
    ours, beside, again = (statistics.median(side) * 1000 for side in zip(*rounds, strict=True))
    imported = statistics.median(cold) * 1000
    return [
        {"name": "coarse preview by HTTP, changed parameter, less 40 ms, beside a warm process without walls",
         "ours": ours - 40, "beside": beside, "unit": "ms", "ratio": (ours - 40) / beside, "target": "at most 1.25"},
        {"name": "the same preview, beside a fresh process", "ours": ours, "beside": imported, "unit": "ms",
         "ratio": imported / ours, "target": "at least 8 times faster"},
        {"name": "the same preview again, beside the first time", "ours": again, "beside": ours, "unit": "ms",
         "ratio": again / ours, "target": "under 0.05"},
    ]  # fmt: skip
