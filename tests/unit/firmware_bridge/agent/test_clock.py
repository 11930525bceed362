import time

import pytest

from firmware_bridge.agent import clock
from firmware_bridge.agent.client import _apart_s


def test_it_goes_on_with_real_seconds():
    before, monotonic = clock.now_s(), time.monotonic()
    time.sleep(0.01)
    assert clock.now_s() - before >= 0.01
    assert clock.now_s() - before == pytest.approx(time.monotonic() - monotonic, abs=0.5)


def test_it_is_the_clock_that_counts_sleep():
    """On Linux; what a suspended computer does to it nobody can try here."""
    assert clock.now_s() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=0.5)
    assert clock.slept_s() == pytest.approx(clock.slept_s(), abs=0.5)


@pytest.mark.parametrize("ahead_s", [-86_400.0, 0.0, 86_400.0])
def test_how_far_the_wall_clock_is_from_the_commons(ahead_s):
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - ahead_s))
    assert _apart_s(date, 5.0) == pytest.approx(ahead_s, abs=5)


@pytest.mark.parametrize(
    "date", [None, "", "yesterday", "Thu, 99 Nov 2026 00:00:00 GMT", "Thu, 26 Nov 99999 00:00:00 GMT"]
)
def test_a_date_that_is_none_changes_nothing(date):
    assert _apart_s(date, 5.0) == 5.0
