"""Sixteen visitors who drag a slider at once: is each served as well as the next?"""

import statistics
import tempfile
import threading
import time
from pathlib import Path

from commons.stack.processes import Processes, free_port
from commons.stack.serving import bare_environment, serve
from commons.stack.visitor import Visitor
from tests.benchmarks.bench_preview import preview

VISITORS, DRAGS = 16, 12


def run() -> list[dict[str, object]]:
    with (
        tempfile.TemporaryDirectory() as temporary,
        Processes(Path(temporary) / "logs", bare_environment()) as processes,
    ):
        serving = serve(processes, Path(temporary) / "commons", free_port(), {"SAMPLES": "0"})
        begin = threading.Barrier(VISITORS)
        waits: list[list[float]] = [[] for _ in range(VISITORS)]
        failures: list[Exception] = []

        def drag(number: int) -> None:
            """Each value is one that nobody asked for before, and is waited for, as a browser does."""
            visitor = Visitor(serving.url)
            page = visitor.get("/designs/knob")
            begin.wait()
            try:
                for step in range(DRAGS):
                    waits[number].append(preview(visitor, page, 13.0 + (step * VISITORS + number) / 10))
            except Exception as error:  # noqa: BLE001  raised again below, in the thread that reports
                failures.append(error)

        threads = [threading.Thread(target=drag, args=(number,)) for number in range(VISITORS)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began
    if failures:
        raise failures[0]
    medians = sorted(statistics.median(each) * 1000 for each in waits)
    return [
        {"name": f"{VISITORS} visitors dragging at once ({VISITORS * DRAGS / seconds:.1f} previews/s, none failed): "
                 "the slowest's median beside the fastest's",
         "ours": medians[-1], "beside": medians[0], "unit": "ms", "ratio": medians[-1] / medians[0],
         "target": "under 2"},
    ]  # fmt: skip
