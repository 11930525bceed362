"""A scripted firmware that heats."""

import pytest

from firmware_bridge.protocol.marlin.framing import frame
from firmware_bridge.protocol.marlin.heating import TRIES_MAX
from firmware_bridge.protocol.marlin.lines import PROBE, TURN_OFF
from firmware_bridge.protocol.silence import Timings
from tests.unit.firmware_bridge.protocol.marlin.talk import Talk


def test_temperatures_are_polled_where_they_do_not_come_by_themselves():
    talk = Talk([b"G28", b"G1 X1"])
    assert talk.greet() == PROBE
    assert talk.hear("ok T:21.5 /0.0 B:20.0 /0.0") == frame(1, b"G28")
    assert talk.marlin.temperatures.hotend_c == 21.5
    assert talk.hear("ok", after=Timings().poll_s) == PROBE
    assert talk.hear("ok T:21.5 /0.0 B:20.0 /0.0") == frame(2, b"G1 X1")


class TestWarmingUp:
    """A firmware without an emergency parser, about to be sent an M109."""

    @staticmethod
    def talk(line: bytes = b"M109 S200") -> Talk:
        talk = Talk([line, b"G28"])
        assert talk.greet("AUTOREPORT_TEMP") == b"M155 S2\n"
        return talk

    @pytest.mark.parametrize(
        ("line", "own", "report"),
        [
            (b"M109 S200", b"M104 S200\n", "T:{} /200.0 B:21.0 /0.0"),
            (b"M190 S200", b"M140 S200\n", "T:21.0 /0.0 B:{} /200.0"),
            (b"M109 R200 T0", b"M104 S200 T0\n", "T:{} /200.0 B:21.0 /0.0"),
        ],
    )
    def test_the_waiting_line_goes_out_near_the_target(self, line, own, report):
        talk = self.talk(line)
        assert talk.hear("ok") == own
        assert talk.hear("ok") == PROBE
        assert talk.hear("ok " + report.format("150.0")) == b""
        assert talk.wait(Timings().poll_s) == PROBE
        assert talk.hear("ok " + report.format("196.9")) == b""
        assert talk.wait(Timings().poll_s) == PROBE
        assert talk.hear("ok " + report.format("197.5")) == frame(1, line)

    def test_a_target_that_did_not_arrive_is_set_again(self):
        talk = self.talk()
        talk.hear("ok")
        talk.hear("ok")
        assert talk.hear("ok T:21.0 /208.0") == b"M104 S200\n"

    def test_a_stop_is_obeyed_at_once(self):
        talk = self.talk()
        talk.hear("ok")
        talk.marlin.stop("asked", talk.now)
        assert talk.wait(0) == TURN_OFF

    def test_a_stop_leaves_no_question_for_temperatures_due(self):
        talk = self.talk()
        talk.hear("ok")
        talk.marlin.stop("asked", talk.now)
        talk.wait(Timings().poll_s)
        assert talk.marlin.wake_at > talk.now

    def test_cooling_is_waited_for_too_where_the_line_asks_for_it(self):
        talk = self.talk(b"M109 R100")
        talk.hear("ok")
        talk.hear("ok")
        assert talk.hear("ok T:180.0 /100.0") == b""
        assert talk.wait(Timings().poll_s) == PROBE
        assert talk.hear("ok T:102.0 /100.0") == frame(1, b"M109 R100")

    def test_a_target_that_cannot_be_set_is_left_to_the_line_itself(self):
        talk = self.talk()
        said = talk.hear("ok")
        for _ in range(TRIES_MAX):
            assert (said, talk.hear("ok")) == (b"M104 S200\n", PROBE)
            said = talk.hear("ok T:21.0 /0.0")
        assert said == frame(1, b"M109 S200")

    def test_with_an_emergency_parser_the_line_itself_waits(self):
        talk = Talk([b"M109 S200"])
        talk.greet("AUTOREPORT_TEMP", "EMERGENCY_PARSER")
        assert talk.hear("ok") == frame(1, b"M109 S200")
