"""Lines out of bytes, however they are cut."""

from firmware_bridge.protocol.received import PARTIAL_BYTES, Received


def test_a_line_is_given_once_it_is_whole():
    received = Received()
    assert received.lines(b"o") == []
    assert received.lines(b"k\r\nwa") == [b"ok\r"]
    assert received.lines(b"it\n\n") == [b"wait", b""]
    assert received.partial == b""


def test_noise_without_a_line_end_is_kept_in_part():
    received = Received()
    for _ in range(3):
        received.lines(b"\xff" * PARTIAL_BYTES)
    assert len(received.partial) == PARTIAL_BYTES
