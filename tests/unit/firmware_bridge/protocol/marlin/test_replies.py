import pytest

from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE
from firmware_bridge.protocol.marlin.replies import (
    Reply,
    Temperatures,
    last_accepted,
    line_named,
    read_reply,
    read_temperatures,
)


@pytest.mark.parametrize(
    ("line", "reply", "detail"),
    [
        (b"ok", Reply.OK, None),
        (b"ok N12 P15 B3", Reply.OK, b"12"),
        (b"ok P15 B3", Reply.OK, None),
        (b"ok T:21.0 /0.0 B:21.0 /0.0 @:0 B@:0", Reply.OK_TEMPERATURE, None),
        (b"okay", Reply.OTHER, None),
        (b"Resend: 8", Reply.WHEREABOUTS, b"8"),
        (b"Resend:8", Reply.WHEREABOUTS, b"8"),
        (b"rs 8", Reply.WHEREABOUTS, b"8"),
        (b"rs N8", Reply.WHEREABOUTS, b"8"),
        (b"Resend: 8garbled", Reply.OTHER, None),
        (b"Error:checksum mismatch, Last Line: 7", Reply.WHEREABOUTS, b"7"),
        (b"Error:Line Number is not Last Line Number+1, Last Line: 7", Reply.WHEREABOUTS, b"7"),
        (b"Error:No Checksum with line number, Last Line: 7", Reply.WHEREABOUTS, b"7"),
        (b"Error:Printer halted. kill() called!", Reply.HALTED, None),
        (b"Error:Thermal Runaway, system stopped! Heater_ID: 0", Reply.HALTED, None),
        (b"Error:Heating failed, system stopped! Heater_ID: bed", Reply.HALTED, None),
        (b"!! Move out of range", Reply.FAILED, None),
        (b"// Klipper state: Shutdown", Reply.SHUT_DOWN, None),
        (b"// Printer is shutdown", Reply.SHUT_DOWN, None),
        (b"// Klipper state: Disconnect", Reply.RESTARTED, None),
        (b"// Klipper state: Ready", Reply.OTHER, None),
        (b"fatal:Heater/sensor error - Printer stopped", Reply.HALTED, None),
        (
            b"ok FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v1",
            Reply.OK_IDENTITY,
            b"FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v1",
        ),
        (b"ERROR: Temperature runaway on T (delta temp 9), HALT asserted.", Reply.HALTED, None),
        (b"Soft Endstop X was exceeded - reset or $X or M999 required", Reply.HALTED, None),
        (b"Error:something else", Reply.ERROR, None),
        (b"start", Reply.RESTARTED, None),
        (b"starting up", Reply.OTHER, None),
        (b"echo:busy: processing", Reply.BUSY, None),
        (b"echo:busy: paused for user", Reply.BUSY, b"paused for user"),
        (b" T:150.2 /200.0 B:21.0 /0.0 @:127 W:?", Reply.HEATING, None),
        (b" T:150.2 /200.0 B:21.0 /0.0 @:127", Reply.TEMPERATURE, None),
        (b"T:150.2 E:0 W:?", Reply.HEATING, None),
        (b"wait", Reply.IDLE, None),
        (b"Cap:AUTOREPORT_TEMP:1", Reply.CAPABILITY, b"AUTOREPORT_TEMP"),
        (b"Cap:AUTOREPORT_TEMP:0", Reply.OTHER, None),
        (b"//action:cancel", Reply.ACTION, b"cancel"),
        (b"// action:paused", Reply.ACTION, b"paused"),
        (b'echo:Unknown command: "FOO"', Reply.OTHER, None),
        (b'echo:Unknown command: "G2 X1 Y1 I1 J0"', Reply.UNKNOWN_MOVE, b"G2"),
        (b'echo:Unknown command: "G29"', Reply.OTHER, None),
        (b'echo:Unknown command: "176 G2 X1"', Reply.OTHER, None),
        (b'// Unknown command:"G3"', Reply.UNKNOWN_MOVE, b"G3"),
        (b"Unknown command:G2 X1.00", Reply.UNKNOWN_MOVE, b"G2"),
        (b"echo:Unknown G code: G3 X1", Reply.UNKNOWN_MOVE, b"G3"),
    ],
)
def test_every_line_has_one_meaning(line, reply, detail):
    assert read_reply(line) == (reply, detail)


def test_an_error_names_the_last_line_and_a_resend_the_next_one():
    assert last_accepted(b"Error:checksum mismatch, Last Line: 7", b"7") == 7 - COUNT_BEFORE
    assert last_accepted(b"Resend: 8", b"8") == 7 - COUNT_BEFORE


@pytest.mark.parametrize("number", [None, b"0", b"%d" % COUNT_BEFORE])
def test_an_ok_may_name_none_of_the_programs_lines(number):
    assert line_named(number) is None


def test_an_ok_names_a_line_of_the_program():
    assert line_named(b"12") == 12 - COUNT_BEFORE


def test_temperatures_are_read_with_their_targets():
    line = b"ok T:205.1 /210.0 B:58.2 /60.0 T0:205.1 /210.0 T1:21.0 /0.0 @:127 B@:0"
    assert read_temperatures(line, Temperatures()) == Temperatures(205.1, 210.0, 58.2, 60.0)


def test_what_a_line_leaves_out_stays_as_it_was():
    known = Temperatures(200.0, 210.0, 60.0, 60.0)
    assert read_temperatures(b" T:201.5 E:0 W:?", known) == Temperatures(201.5, 210.0, 60.0, 60.0)


def test_a_temperature_no_machine_has_is_taken_for_garbled():
    known = Temperatures(hotend_c=200.0, hotend_target_c=210.0)
    assert read_temperatures(b"ok T:20000000.0 /210.0 B:60.0 /60.0", known) == Temperatures(200.0, 210.0, 60.0, 60.0)
    assert read_temperatures(b" T:-14.0 /0.0", known).hotend_c == -14.0
