"""A program of any length, in the same memory."""

import tracemalloc

from firmware_bridge.gcode import check

LINES = 120_000


def program(ready):
    yield from ready.splitlines()
    for n in range(LINES):
        yield f"G1 X{n % 200}.{n % 7 + 1} Y{n % 190} E.0{n % 8 + 1} ; skirt {n}\n"


class Nowhere:
    size = 0

    def write(self, data):
        self.size += len(data)
        return len(data)


def test_memory_does_not_grow_with_the_program(bare, ready):
    out = Nowhere()
    tracemalloc.start()
    try:
        report = check(program(ready), bare, out)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.lines == LINES + 5
    assert report.size_bytes == out.size > 2_000_000
    assert peak < 3_000_000  # the lines themselves are over 9 MB
