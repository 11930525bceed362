import pytest

from firmware_bridge.text import span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 min"), (89, "1 min"), (91, "2 min"), (3_540, "59 min"), (3_600, "1 h 0 min"), (7_500, "2 h 5 min")],
)
def test_a_span_of_time_is_said_in_hours_and_minutes(seconds, said):
    assert span(seconds) == said
