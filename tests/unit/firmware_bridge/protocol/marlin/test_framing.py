from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import ProtocolError
from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE, LONGEST, check_line, checksum, frame


def test_the_documented_example_of_a_frame():
    # reprap.org/wiki/G-code, "Checking".
    assert frame(3 - COUNT_BEFORE, b"T0") == b"N3 T0*57\n"


@given(st.binary(min_size=1, max_size=128))
def test_the_folded_checksum_is_the_xor_of_every_byte(line):
    assert checksum(line) == reduce(xor, line)


def test_a_line_the_firmware_would_cut_is_refused_with_its_length():
    longest = b"G1 " + b"X" * (LONGEST - len(b"N1 G1 *100"))
    assert len(frame(1, longest)) <= LONGEST + 1
    with pytest.raises(ProtocolError, match=r"line 10000000 has 10\d characters .* takes 95"):
        frame(10_000_000, longest)


@pytest.mark.parametrize("line", [b"", b"  ", b"G1 X1*33", b"M117 M110 is here", b"M117 caf\xc3\xa9"])
def test_what_cannot_be_one_numbered_line_is_refused(line):
    with pytest.raises(ProtocolError, match="line 7"):
        check_line(7, line)
