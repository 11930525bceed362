import pytest

from commons.orders.live import Streams


def test_a_place_is_given_back_though_the_stream_never_began():
    streams = Streams(1)
    stream = streams.open("order", lambda: ("x", False))
    assert streams.open("order", lambda: ("x", False)) is None
    stream.close()
    stream.close()
    again = streams.open("order", lambda: ("x", False))
    assert again is not None
    assert streams.open("order", lambda: ("x", False)) is None


def test_the_last_state_comes_before_the_end():
    stream = Streams(1).open("order", lambda: ("all is\naccepted", True))
    assert list(stream) == ["event: order\ndata: all is\ndata: accepted\n\n", "event: end\ndata: \n\n"]


def test_a_stream_that_fails_gives_its_place_back():
    def fail() -> tuple[str, bool]:
        raise RuntimeError("gone")

    streams = Streams(1)
    with pytest.raises(RuntimeError):
        next(streams.open("order", fail))
    assert streams.open("order", fail) is not None
