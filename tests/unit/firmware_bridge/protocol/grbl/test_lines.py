import pytest

from firmware_bridge.errors import ProtocolError
from firmware_bridge.protocol.grbl.lines import Override, check_line, writes_eeprom


@pytest.mark.parametrize(
    "command",
    [
        b"",
        b" ",
        b"$X",
        b"$20=0",
        b"G1 X1!",
        b"G1 X1 ?",
        b"(wait ~)",
        b"G1\x18",
        b"G1 X\x84",
        b"G1\nX2",
        "G1 Ä".encode(),
    ],
)
def test_what_acts_at_once_or_sets_something_is_no_line(command):
    with pytest.raises(ProtocolError, match="line 7"):
        check_line(7, command)


def test_a_line_has_79_characters_at_most_not_counting_spaces():
    check_line(1, b"G1 X" + b"1" * 76)
    with pytest.raises(ProtocolError, match="80 characters"):
        check_line(1, b"G1 X" + b"1" * 77)
    with pytest.raises(ProtocolError):
        check_line(1, b"G1 X" + b" " * 100)


@pytest.mark.parametrize(
    "command", [b"G10 L2 P1 X0", b"G10L20P1X0", b"G28.1", b"G90 G30.1", b"G 10 L2 P1 Z0", b"G010 L2"]
)
def test_what_writes_the_eeprom_is_known(command):
    assert writes_eeprom(command)


@pytest.mark.parametrize("command", [b"G1 X10", b"G28", b"G0 X28.1", b"G100", b"M30"])
def test_what_does_not_is_known_too(command):
    assert not writes_eeprom(command)


def test_overrides_are_bytes_no_line_may_hold():
    for override in Override:
        with pytest.raises(ProtocolError):
            check_line(1, b"G1 X1" + override.value)
    assert len({override.value for override in Override}) == len(Override) == 17
