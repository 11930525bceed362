import pytest

from firmware_bridge.protocol.marlin.framing import frame
from tests.unit.firmware_bridge.protocol.marlin.talk import Talk


@pytest.fixture
def printing():
    """Three lines, the first one in flight; temperatures come by themselves, so that no M105 is polled."""
    talk = Talk([b"G28", b"G1 X1", b"G1 X2"])
    assert talk.greet("AUTOREPORT_TEMP") == b"M155 S2\n"
    assert talk.hear("ok") == frame(1, b"G28")
    return talk
