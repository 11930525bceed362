"""Bytes at a wrong rate, as a UART reads them."""

import pytest

from firmware_bridge.virtual.marlin import GREETING
from firmware_bridge.virtual.rates import AtRate, as_received


@pytest.mark.parametrize("read", [115_200, 112_000, 118_000])
def test_rates_that_are_near_enough_are_one(read):
    assert as_received(GREETING, 115_200, read) == GREETING


@pytest.mark.parametrize(
    ("sent", "sent_baud", "read_baud", "read"),
    [
        # At twice the rate each bit counts double: 00 11 00 11 00 … is read as 0 01100110 with a wrong stop bit, then
        # from the next falling edge on, and the idle line ends it.
        (b"U", 9_600, 19_200, b"\x66\xe6"),
        # At a twelfth, the reader's start bit is over after the byte: the line has been idle for all of its data.
        (b"\x00", 115_200, 9_600, b"\xff"),
        # One long low to a fast reader: a byte of zeros, and no edge to begin another by.
        (b"\x00", 9_600, 115_200, b"\x00"),
        (b"", 9_600, 115_200, b""),
    ],
)
def test_what_a_wrong_rate_makes_of_a_byte(sent, sent_baud, read_baud, read):
    assert as_received(sent, sent_baud, read_baud) == read


def test_both_ways_are_noise_until_the_host_has_the_machines_rate():
    class Echo:
        wake_at, gone = None, False

        def __init__(self) -> None:
            self.heard = b""

        def receive(self, data, now):
            self.heard += data

        def advance(self, now):
            said, self.heard = self.heard, b""
            return said

    host_baud = 115_200
    machine = Echo()
    port = AtRate(machine, 250_000, lambda: host_baud)
    port.receive(b"M105\n", 0.0)
    assert machine.heard not in (b"", b"M105\n")
    assert b"M105" not in port.advance(0.0)
    host_baud = 250_000
    port.receive(b"M105\n", 0.0)
    assert machine.heard == b"M105\n"
    assert port.advance(0.0) == b"M105\n"
    assert (port.wake_at, port.gone) == (None, False)
