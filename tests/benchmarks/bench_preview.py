"""A preview over HTTP, warm, with a changed parameter, beside a fresh process that imports the kernel and builds the same."""

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
ROUNDS = 7

_FRESH = """
import sys
script = open(sys.argv[1]).read().replace("diameter = ", "diameter = 0 + ", 1)
import cadquery as cq
shown = []
exec(compile(script, "design.py", "exec"), {"show_object": lambda thing, **_: shown.append(thing)})
assembly = cq.Assembly()
for thing in shown:
    assembly.add(thing)
assembly.export(sys.argv[2])
"""


def fresh(folder: Path) -> float:
    """Seconds of a new Python that imports cadquery, builds the design and writes a GLB."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _FRESH, SCRIPT, folder / "fresh.glb"], check=True, capture_output=True)
    return time.perf_counter() - began


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
        preview(visitor, page, 29.0)
        pairs = [(preview(visitor, page, 30.0 + n / 10), fresh(folder)) for n in range(ROUNDS)]
        cached = [preview(visitor, page, 30.0 + n / 10) for n in range(ROUNDS)]
    warm, cold = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    again = statistics.median(cached) * 1000
    return [
        {"name": "preview by HTTP, changed parameter, beside a fresh process", "ours": warm, "beside": cold, "unit": "ms",
         "ratio": cold / warm, "target": "at least 8 times faster"},
        {"name": "the same preview again, beside the first time", "ours": again, "beside": warm, "unit": "ms",
         "ratio": again / warm, "target": "under 0.05"},
    ]  # fmt: skip
