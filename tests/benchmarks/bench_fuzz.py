"""The long form of the gate's fuzzing: each firmware's programs in a process of its own, as many as issue 4 asks for."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from hypothesis import HealthCheck, Phase, given, settings

from tests.unit.firmware_bridge.gcode import fuzzing

WANTED = 60_000
BATCH = 3_000
"""Hypothesis remembers all that it tried in one go."""


def tried(name: str) -> int:
    """How many programs were tried; raises with the first of which it does not hold."""
    fuzzed = getattr(fuzzing, name)
    count = 0

    def holds(given_lines: list[str]) -> None:
        nonlocal count
        count += 1
        fuzzed.holds(given_lines)

    long = settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    for _ in range(fuzzing.PROGRAMS_LONG // BATCH):
        long(given(fuzzed.programs)(holds))()
    return count


def run() -> list[dict[str, object]]:
    began = time.perf_counter()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        programs = sum(processes.map(tried, ("PRINTER", "ROUTER")))
    return [
        {
            "name": f"gate: fuzzed programs, idempotent and inside, in {time.perf_counter() - began:.0f} s",
            "ours": programs,
            "beside": WANTED,
            "unit": "programs",
            "ratio": programs / WANTED,
            "target": "at least 1",
        }
    ]
