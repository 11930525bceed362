"""A stop button whose line is any descriptor: the kernel's own is not to be had everywhere."""

import contextlib
import os
import selectors

import pytest

from firmware_bridge.agent.local import button
from firmware_bridge.agent.local.button import LINE_EVENT, LINE_REQUEST, StopButton, open_line, request_for
from firmware_bridge.errors import UsageError

RELEASED = 2


@pytest.fixture
def line():
    """(puts events on the line and turns the selector, what was said, the line's other end, the selector)"""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    said = []
    with selectors.DefaultSelector() as selector:
        stop_button = StopButton(reading, selector, said.append)

        def turn(data):
            os.write(writing, data)
            for key, _ in selector.select(5):
                key.data()

        yield turn, said, writing, selector
        stop_button.close()
        with contextlib.suppress(OSError):  # closed where that is the test
            os.close(writing)


def event(kind, count=1):
    return b"".join(LINE_EVENT.pack(123_456 + n, kind, 17, n, n) for n in range(count))


def test_a_press_stops(line):
    turn, said, _, _ = line
    turn(event(button.PRESSED))
    assert said == ["the stop button was pressed"]
    turn(event(button.PRESSED))
    assert len(said) == 2


def test_a_release_does_not(line):
    turn, said, _, _ = line
    turn(event(RELEASED))
    assert said == []
    turn(event(RELEASED) + event(button.PRESSED, 3))
    assert said == ["the stop button was pressed"]


def test_a_line_that_is_gone_stops_once(line):
    _, said, writing, selector = line
    os.close(writing)
    for key, _ in selector.select(5):
        key.data()
    assert said == ["the stop button failed: it hung up"]
    assert selector.get_map() == {}


@pytest.mark.parametrize(
    ("where", "words"),
    [("gpiochip99:17", "/dev/gpiochip99: No such file"), ("null:17", "/dev/null: Inappropriate ioctl")],
)
def test_a_chip_that_is_not_there_is_one_clear_line(where, words):
    with pytest.raises(UsageError, match=words):
        open_line(where)


def test_the_request_is_laid_out_as_the_kernels():
    """Offsets as a C compiler gives them for `struct gpio_v2_line_request`."""
    request = request_for(17)
    assert (LINE_REQUEST.size, LINE_EVENT.size, button.LINE_VALUES.size) == (592, 48, 16)
    assert int.from_bytes(request[:4], "little") == 17
    assert request[256:288].rstrip(b"\0") == b"firmware-bridge stop"
    assert int.from_bytes(request[288:296], "little") == 0b1_0001_0110
    assert int.from_bytes(request[296:300], "little") == 1
    assert [int.from_bytes(request[at : at + 4], "little") for at in (320, 328)] == [3, 10_000]
    assert int.from_bytes(request[336:344], "little") == 1
    assert int.from_bytes(request[560:564], "little") == 1


def test_the_numbers_are_those_of_their_sizes():
    assert 3 << 30 | LINE_REQUEST.size << 16 | 0xB4 << 8 | 0x07 == button.GET_LINE
    assert 3 << 30 | button.LINE_VALUES.size << 16 | 0xB4 << 8 | 0x0E == button.GET_VALUES
