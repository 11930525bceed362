import os
import time

import pytest

from firmware_bridge.agent import clock
from firmware_bridge.agent.client import _apart_s
from firmware_bridge.agent.runs.runner import Boss


def test_it_goes_on_with_real_seconds():
    before, monotonic = clock.now_s(), time.monotonic()
    time.sleep(0.01)
    assert clock.now_s() - before >= 0.01
    assert clock.now_s() - before == pytest.approx(time.monotonic() - monotonic, abs=0.5)


def test_it_is_the_clock_that_counts_sleep():
    """On Linux; what a suspended computer does to it nobody can try here."""
    assert clock.now_s() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=0.5)
    assert clock.slept_s() == pytest.approx(clock.slept_s(), abs=0.5)


@pytest.fixture
def boss_of():
    """A run's bridge, which says nothing; the computer sleeps as the list tells."""
    pipes = []

    def boss_of(slept):
        down, up = os.pipe(), os.pipe()
        pipes.extend([*down, *up])
        boss = Boss(down[0], up[1], iter(slept).__next__)
        boss.asleep_max_s = 60.0
        return boss

    yield boss_of
    for pipe in pipes:
        os.close(pipe)


def test_a_computer_that_slept_too_long_stops_its_machines(boss_of):
    boss = boss_of([7.0, 7.0, 7.2, 3607.2, 3607.2])
    assert [boss.stop_requested() for _ in range(2)] == [None, None]
    assert boss.stop_requested() == "this computer slept for 3600 s in the middle of it"
    assert "3600 s" in boss.stop_requested()


def test_a_nap_is_none_and_naps_do_not_add_up(boss_of):
    boss = boss_of([0.0, 50.0, 100.0, 150.0])
    assert [boss.stop_requested() for _ in range(3)] == [None] * 3


def test_what_two_clocks_differ_by_is_no_sleep_even_where_none_is_allowed(boss_of):
    boss = boss_of([0.0, 0.3, 0.1])
    boss.asleep_max_s = 0.0
    assert [boss.stop_requested() for _ in range(2)] == [None] * 2


@pytest.mark.parametrize("ahead_s", [-86_400.0, 0.0, 86_400.0])
def test_how_far_the_wall_clock_is_from_the_commons(ahead_s):
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - ahead_s))
    assert _apart_s(date, 5.0) == pytest.approx(ahead_s, abs=5)


@pytest.mark.parametrize(
    "date", [None, "", "yesterday", "Thu, 99 Nov 2026 00:00:00 GMT", "Thu, 26 Nov 99999 00:00:00 GMT"]
)
def test_a_date_that_is_none_changes_nothing(date):
    assert _apart_s(date, 5.0) == 5.0
