import pytest

from tests.unit.firmware_bridge.protocol.grbl.talk import WELCOME, Talk, status


@pytest.fixture
def cutting():
    """Three lines, all of them in flight."""
    talk = Talk()
    assert talk.answer_all(talk.until_check()).endswith(b"\x18")
    assert talk.hear("", WELCOME) == b""
    assert talk.hear(status("Idle")) == b"G21\nG1 X1 F600\nM5\n$G\n"
    return talk
