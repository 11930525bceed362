"""The virtual printer says and does what a real Marlin 2.1 was seen to."""

import pytest

from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE, frame
from firmware_bridge.virtual.faults import Faults
from firmware_bridge.virtual.marlin import GREETING, Settings, VirtualMarlin
from tests.unit.firmware_bridge.virtual.host import Host


def framed(number, command):
    """By the firmware's own count."""
    return frame(number - COUNT_BEFORE, command)


class Printer(Host):
    def __init__(self, **settings) -> None:
        super().__init__(lambda note: VirtualMarlin(Settings(**settings), note))
        assert self.greeting.encode() == GREETING


@pytest.fixture
def host():
    return Printer()


@pytest.fixture
def numbered(host):
    assert host.say(b"N0 M110 N0*125\n") == "ok\n"
    assert host.say(framed(1, b"G90")) == "ok\n"
    assert host.say(framed(2, b"G1 X1 F6000")) == "ok\n"
    return host


def test_a_wrong_checksum_is_an_error_a_resend_and_an_ok(numbered):
    said = numbered.say(b"N3 G1 X2*1\n")
    assert said == "Error:checksum mismatch, Last Line: 2\nResend: 3\nok\n"


def test_a_gap_is_refused(numbered):
    said = numbered.say(framed(4, b"G1 X2"))
    assert said == "Error:Line Number is not Last Line Number+1, Last Line: 2\nResend: 3\nok\n"


def test_a_missing_checksum_is_refused(numbered):
    assert numbered.say(b"N3 G1 X2\n") == "Error:No Checksum with line number, Last Line: 2\nResend: 3\nok\n"


@pytest.mark.parametrize("number", [1, 2])
def test_a_repeated_line_is_dropped_without_a_word(numbered, number):
    assert numbered.say(framed(number, b"G1 X9")) == ""
    assert numbered.executed == [(1, "G90"), (2, "G1 X1 F6000")]


def test_an_error_empties_the_receive_buffer_and_a_late_tail_runs_unnumbered(numbered):
    assert "Resend: 3" in numbered.say(b"N3 G1 X2*1\n" + framed(3, b"G1 X2") + b"N4 ")
    assert numbered.say(b"M114\n").endswith("ok\n")
    assert numbered.executed[2:] == [(None, "M114")]


def test_a_line_of_more_than_95_characters_loses_its_checksum(numbered):
    body = b"N3 M117 " + b"x" * 90
    assert "No Checksum" in numbered.say(body + b"*1\n")


def test_unnumbered_lines_do_not_count(numbered):
    assert numbered.say(b"M114\n").startswith("X:")
    assert numbered.say(framed(3, b"G1 X2")) == "ok\n"


def test_an_unknown_command_is_named_and_acknowledged(host):
    assert host.say(b"FOO\n") == 'echo:Unknown command: "FOO"\nok\n'


def test_empty_lines_and_comments_are_not_acknowledged(host):
    assert host.say(b"\n  \n; a comment\n") == ""


def test_m105_answers_in_its_ok(host):
    assert host.say(b"M105\n") == "ok T:21.00 /0.00 B:21.00 /0.00 @:0 B@:0\n"


def test_advanced_ok_names_the_line(numbered):
    host = Printer(advanced_ok=True)
    host.say(b"N0 M110 N0*125\n")
    assert host.say(framed(1, b"G90")) == "ok N1 P15 B3\n"


def test_position_follows_absolute_and_relative_moves(host):
    for line in (b"G90", b"M83", b"G1 X10 Y5 Z1 F6000", b"G91", b"G1 X-2 Y1", b"G90", b"G92 E7", b"G1 X20"):
        assert host.say(line + b"\n").endswith("ok\n")
    assert host.say(b"M114\n").startswith("X:20.00 Y:6.00 Z:1.00 E:7.00 ")


def test_the_planner_holds_sixteen_moves_and_then_the_ok_waits(host):
    host.say(b"G91\n")
    for _ in range(15):
        assert host.say(b"G1 X10 F600\n") == "ok\n"  # 1 s each
    assert host.say(b"G1 X10 F600\n") == ""
    assert host.wait(0.9) == ""
    assert host.wait(0.2) == "ok\n"


def test_m400_answers_when_the_last_motion_is_over_and_says_busy_meanwhile(host):
    host.say(b"G1 X100 F1200\n")  # 5 s
    assert host.say(b"M400\n") == ""
    said = host.wait(4.9)
    assert said == "echo:busy: processing\n" * 2
    assert host.wait(0.2) == "ok\n"


def test_heating_takes_its_time_and_reports_with_a_w(host):
    assert "W:?" in host.say(b"M109 S60\n")
    said = host.wait(30)
    assert said.count(" W:?") >= 10
    assert said.endswith("ok\n")
    assert "busy" not in said
    assert host.machine.printer.hotend.at(host.now) == 60


def test_m108_ends_the_wait_and_leaves_the_target(host):
    host.say(b"M109 S200\n")
    host.wait(3)
    said = host.say(b"M108\n") + host.wait(0.1)
    assert said.count("ok\n") == 2
    assert host.machine.printer.hotend.target_c == 200


def test_without_an_emergency_parser_m108_is_heard_only_while_the_queue_has_room():
    host = Printer(emergency_parser=False)
    host.say(b"M109 S200\n")
    host.say(b"M107\nM107\nM107\nM107\n")
    assert host.say(b"M108\n") + host.wait(2) and host.machine.printer.wait_for_heat
    roomy = Printer(emergency_parser=False)
    roomy.say(b"M109 S200\n")
    assert (roomy.say(b"M108\n") + roomy.wait(0.1)).count("ok\n") == 2


def test_what_neither_queue_nor_buffer_holds_is_lost(host):
    host.say(b"G4 S1\n")
    host.say(b"M106 S1\n" * 40)
    assert host.wait(2).count("ok\n") == 1 + 4 + 128 // len(b"M106 S1\n")


def test_m155_reports_by_itself(host):
    host.say(b"M155 S2\n")
    assert host.wait(6.1).count(" T:") == 3
    host.say(b"M155 S0\n")
    assert host.wait(6) == ""


def test_m115_lists_what_it_can(host):
    said = host.say(b"M115\n")
    assert said.startswith("FIRMWARE_NAME:Marlin")
    assert "Cap:AUTOREPORT_TEMP:1\n" in said
    assert "Cap:AUTOREPORT_TEMP:0\n" in Printer(autoreport=False).say(b"M115\n")


def test_m112_kills_and_it_is_deaf_afterwards(host):
    host.say(b"M104 S200\n")
    assert host.say(b"M112\n") == "Error:Printer halted. kill() called!\n"
    assert host.say(b"M105\n") == ""
    assert host.machine.printer.hotend.target_c == 0


def test_a_cold_extruder_does_not_turn(host):
    assert host.say(b"G1 X1 E1\n") == "echo: cold extrusion prevented\nok\n"


def test_a_full_circle_takes_as_long_as_its_circumference(host):
    host.say(b"G2 I10 J0 F600\n")  # 2π·10 mm at 10 mm/s
    assert host.machine.printer.motion.over_at == pytest.approx(6.283, abs=0.001)
    host.say(b"G3 X20 Y0 I10 J0\n")
    assert host.machine.printer.motion.over_at == pytest.approx(6.283 + 3.142, abs=0.001)


def test_instant_jumps_over_every_wait():
    host = Printer(instant=True)
    said = host.say(b"M109 S200\nG28\n")
    assert said.count("ok\n") == 2
    assert said.count("W:?") > 50


def test_a_reset_forgets_the_count_and_the_heat():
    host = Printer(faults=Faults(reset_after=1))
    host.say(b"M104 S200\n")
    assert host.say(framed(1, b"G90")) == "ok\n" + GREETING.decode()
    assert host.machine.printer.hotend.target_c == 0
    assert host.say(framed(1, b"G90")) == "ok\n"


@pytest.mark.parametrize(
    "faults", [Faults(flip_every=3, seed=3), Faults(drop_every=3, seed=3)], ids=["flipped", "dropped"]
)
def test_noise_hits_every_nth_line(faults):
    host = Printer(faults=faults)
    host.say(b"N0 M110 N0*125\n")
    said = [host.say(framed(number, b"G90")) for number in (1, 2, 2, 3, 4)]
    assert said[:4] == ["ok\n", "Error:checksum mismatch, Last Line: 1\nResend: 2\nok\n", "ok\n", "ok\n"]
    assert said[4] != "ok\n"


def test_acknowledgements_are_lost_and_doubled_on_demand():
    assert [Printer(faults=Faults(lose_ok_every=2)).say(b"G90\nG91\n")] == ["ok\n"]
    assert Printer(faults=Faults(double_ok_every=2)).say(b"G90\nG91\n") == "ok\n" * 3


def test_its_watchdog_halts_it_after_so_long_without_a_move(host):
    """M105 is no move (Marlin#7177)."""
    host.say(b"M104 S200\nM85 S120\nG1 X60 F600\n")
    assert "KILL" not in host.wait(100)
    assert "KILL" not in host.say(b"G1 X70 F600\n")
    said = "".join(host.say(b"M105\n", after=10) for _ in range(13))
    assert "Error:KILL caused by too much inactive time" in said
    assert said.endswith("Error:Printer halted. kill() called!\n")
    assert host.machine.printer.hotend.target_c == 0


def test_a_watchdog_that_is_cleared_or_waits_for_heat_halts_nothing(host):
    assert "KILL" not in host.say(b"M85 S120\nM190 S110\n") + host.wait(150)
    assert "KILL" not in host.say(b"M85 S0\n") + host.wait(1_000)


def test_a_count_may_begin_before_0():
    """Printrun sends `M110` as line -1, then its program from 0 on."""
    host = Printer()
    assert host.say(b"N-1 M110*15\n").endswith("ok\n")
    assert host.say(framed(0, b"G90")).endswith("ok\n")
    assert host.executed[-1] == (0, "G90")
