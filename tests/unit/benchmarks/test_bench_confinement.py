import pytest

from tests.benchmarks.bench_confinement import _row


def test_a_machine_that_slows_down_half_way_shows_in_no_ratio():
    """Each pair has 5 ms between its two; the medians of the sides lie in different halves, 95 ms apart."""
    quick, slow = [(0.105, 0.100)] * 2, [(0.205, 0.200)] * 2
    row = _row("a build", [*quick, (0.205, 0.100), *slow], "at most 1.05")
    assert row["ours"] - row["beside"] > 4
    assert row["ratio"] == pytest.approx(1 + 5 / row["beside"])
    assert row["name"] == "a build: median of 5 paired differences +5.0 ms"
