"""The short form of the soak; `make bench` runs the long one."""

from tests.faults.firmware_bridge.soak import soak

LINES, KILLS = 12_000, 5


def test_nothing_is_lost_and_nothing_doubled_on_a_bad_cable_with_a_bridge_that_is_killed(tmp_path):
    soaked = soak(tmp_path, LINES, KILLS)
    assert (soaked.lines, soaked.sha256) == (LINES + 2, soaked.expected_sha256)
    assert soaked.strange == {}
    assert soaked.kills == KILLS
    assert soaked.resends > 0
