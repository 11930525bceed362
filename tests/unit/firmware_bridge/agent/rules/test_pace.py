"""How soon the commons is asked again."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.agent.rules.pace import backoff_s, interval_s


@given(st.floats(allow_nan=False), st.floats(0, 1, exclude_max=True))
def test_the_commons_cannot_hurry_or_silence_the_bridge(asked, chance):
    assert 0.2 <= interval_s(asked, chance) <= 300


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_backing_off_is_bounded(failures, chance):
    assert 0.2 <= backoff_s(failures, chance) <= 60.2


def test_backing_off_grows():
    assert backoff_s(1, 0.99) < backoff_s(4, 0.99) < backoff_s(7, 0.99)
