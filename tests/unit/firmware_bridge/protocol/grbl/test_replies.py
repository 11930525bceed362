"""What Grbl says, as it was seen and as its source has it."""

import pytest

from firmware_bridge.protocol.grbl.codes import alarm_text, error_text
from firmware_bridge.protocol.grbl.replies import Reply, Status, read_reply, read_status


@pytest.mark.parametrize(
    ("line", "reply", "words"),
    [
        (b"ok", Reply.OK, ()),
        (b"error:20", Reply.ERROR, (b"20",)),
        (b"ALARM:1", Reply.ALARM, (b"1",)),
        (b"Grbl 1.1h ['$' for help]", Reply.WELCOME, (b"1", b"1")),
        (b"GrblHAL 1.1f ['$' or '$HELP' for help]", Reply.WELCOME, (b"1", b"1")),
        (b"[GC:G0 G54 M5 M9 T0 F0 S0]", Reply.MODES, (b"G0 G54 M5 M9 T0 F0 S0",)),
        (b"$130=300.000", Reply.SETTING, (b"130", b"300.000")),
        (b"$20=1 (soft limits, bool)", Reply.SETTING, (b"20", b"1")),
        (b"[OPT:V,15,128]", Reply.OPTIONS, (b"V", b"15", b"128")),
        (b"[OPT:VNML+,100,1024,3,0]", Reply.OPTIONS, (b"VNML+", b"100", b"1024")),
        (b"[OPT:V]", Reply.OPTIONS, (b"V", b"", b"")),
        (b"[G54:-1.000,2.000,3.000]", Reply.OFFSET, (b"G54", b"-1.000,2.000,3.000")),
        (b"[TLO:0.000]", Reply.OFFSET, (b"TLO", b"0.000")),
        (b">G21:ok", Reply.OTHER, ()),
        (b"okok", Reply.OTHER, ()),
        (b"[MSG:Pgm End]", Reply.OTHER, ()),
        (b"<Idle|MPos:0.000,0.0", Reply.OTHER, ()),
        (b"erro:20", Reply.OTHER, ()),
    ],
)
def test_lines_are_read(line, reply, words):
    assert read_reply(line) == (reply, words)


def test_a_report_is_read():
    reply, words = read_reply(
        b"<Hold:1|MPos:-1.000,2.000,3.000|Bf:14,40|FS:3000,1000|Pn:XYZ|WCO:0.000,0.000,5.000|H:1>"
    )
    assert reply is Reply.STATUS
    assert read_status(words) == Status(
        state="Hold",
        sub=1,
        free_bytes=40,
        homed=True,
    )


def test_a_report_without_more_is_read():
    assert read_status(read_reply(b"<Idle>")[1]) == Status("Idle")


def test_a_garbled_field_is_left_out():
    status = read_status(read_reply(b"<Run|Bf:1x,40|MPos:0.0x0,1.000,2.000|H:1>")[1])
    assert status == Status("Run", homed=True)


def test_numbers_come_with_their_meaning():
    assert error_text(20) == "error:20 (it does not know this G-code)"
    assert alarm_text(3) == "ALARM:3 (it was reset while moving; its position is lost)"
    assert "does not know" in error_text(250)
    assert "does not know" in alarm_text(250)
