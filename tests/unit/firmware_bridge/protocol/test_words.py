"""What only one firmware says, what more than one does, and what is no firmware's word."""

import pytest

from firmware_bridge.protocol.words import speaker


@pytest.mark.parametrize(
    ("line", "firmware"),
    [
        (b"ok", ""),
        (b"ok N12 P15 B3", ""),
        (b"start", "marlin"),
        (b'echo:Unknown command: "_"', "marlin"),
        (b"ok T:21.3 /0.0 B:21.0 /0.0 T0:21.3 /0.0 @:0 B@:0", "marlin"),
        (b" T:21.3 /0.0 B:21.0 /0.0", "marlin"),
        (b"T:21.3 E:0 W:?", "marlin"),
        (b"Error:No Line Number with checksum, Last Line: 5", "marlin"),
        (b"FIRMWARE_NAME:Marlin 2.1", "marlin"),
        (b'// Unknown command:"_"', "marlin"),
        (b"Resend: 1", "marlin"),
        (b"wait", "marlin"),
        (b"ok 0", "marlin"),
        (b"Unknown command:", "marlin"),
        (b"Grbl 1.1h ['$' for help]", "grbl"),
        (b"GrblHAL 1.1f ['$' or '$HELP' for help]", "grbl"),
        (b"error:1", "grbl"),
        (b"error: Expected command letter", "grbl"),
        (b"ALARM:1", "grbl"),
        (b"<Alarm|MPos:0.000,0.000,0.000|FS:0,0>", "grbl"),
        (b"<Hold:0|MPos:0.000,0.000,0.000|FS:0,0>", "grbl"),
        (b"[VER:1.1h.20190830:]", "grbl"),
        (b"[MSG:'$H'|'$X' to unlock]", "grbl"),
    ],
)
@pytest.mark.parametrize("end", [b"", b"\r"])
def test_each_is_known_by_what_only_it_says(line, firmware, end):
    assert speaker(line + end) == firmware


@pytest.mark.parametrize(
    "line",
    [b"", b"o", b"\x98\x80\xe6", b"okay", b"look", b"k T:21", b"hello from a GPS", b"$GPGGA,1,2", b"\xffok"],
)
def test_what_is_no_whole_word_of_a_firmware_is_no_ones(line):
    assert speaker(line) is None
