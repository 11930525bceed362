import os

import pytest

from firmware_bridge.agent.runs.boss import Boss


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
