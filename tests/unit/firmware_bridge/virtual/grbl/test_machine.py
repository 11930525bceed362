"""The virtual router says and does what Grbl 1.1h was seen to, and what its source says."""

import pytest

from firmware_bridge.virtual.faults import Faults
from firmware_bridge.virtual.grbl import Settings, VirtualGrbl
from tests.unit.firmware_bridge.virtual.host import Host

WELCOME = "\r\nGrbl 1.1h ['$' for help]\r\n"


class Router(Host):
    def __init__(self, **settings) -> None:
        super().__init__(lambda note: VirtualGrbl(Settings(**settings), note))

    def state(self) -> str:
        return self.say(b"?").split("|")[0].removeprefix("<")


@pytest.fixture
def host():
    """At rest in the middle of its travel."""
    host = Router()
    assert host.greeting == WELCOME
    host.say(b"G21 G90 G0 X150 Y90 Z20\n")
    host.wait(60)
    assert host.state() == "Idle"
    return host


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", 0),
        ("(a comment)", 0),
        ("g1 x151 f600 ; a comment", 0),
        ("1X", 1),
        ("GX", 2),
        ("$FOO", 3),
        ("G1 X1 F-1", 4),
        ("G81 X1", 20),
        ("M6", 20),
        ("G64", 20),
        ("A1", 20),
        ("G0 G1 X1", 21),
        ("G1 X1", 22),
        ("G1.5 X1", 23),
        ("G92 G1 X1", 24),
        ("G1 X1 X2 F100", 25),
        ("G2 I1 F100", 26),
        ("G4", 28),
        ("G10 L2 P9 X1", 29),
        ("G53 G2 X1 I1 F100", 30),
        ("G80 X1", 31),
        ("G2 Z1 I1 F100", 32),
        ("G2 X160 I1 F100", 33),
        ("G2 X160 F100", 35),
        ("G1 X151 I5 F100", 36),
        ("G1 X" + "1" * 80, 11),
    ],
)
def test_each_line_is_answered_by_one_ok_or_one_error(host, line, error):
    said = host.say(line.encode() + b"\n")
    assert said == (f"error:{error}\r\n" if error else "ok\r\n")


def test_the_buffer_holds_128_bytes_and_loses_the_rest(host):
    host.say(b"G4 P1\n")
    host.say(b"(" + b"x" * 126 + b")")
    assert host.machine.received.lost_bytes == 0
    host.say(b"!" + b"lost?")
    assert host.machine.received.lost_bytes == 4
    assert host.machine.received.most_bytes == 128


def test_real_time_bytes_act_inside_a_line(host):
    assert host.say(b"G1 X1?51 F600\n").startswith("<Idle|MPos:-150.000,-90.000,0.000|Bf:15,123|FS:0,0|")
    assert host.executed[-1] == (2, "G1 X151 F600")


def test_a_move_takes_its_time_and_its_ok_does_not(host):
    assert host.say(b"G1 X160 F600\n") == "ok\r\n"
    assert host.state() == "Run"
    host.wait(0.5)
    assert host.say(b"?").startswith("<Run|MPos:-145.000,-90.000,0.000|Bf:14,128|FS:600,0|")
    host.wait(0.6)
    assert host.state() == "Idle"


def test_the_planner_holds_15_moves_and_the_sixteenth_waits(host):
    said = "".join(host.say(b"G1 X%d F600\n" % (150 + i)) for i in range(1, 17))
    assert said == "ok\r\n" * 15
    assert host.wait(0.05) == ""
    assert host.wait(0.06) == "ok\r\n"


def test_an_arc_takes_the_time_of_its_length(host):
    host.say(b"G2 X150 Y90 I10 F600\n")
    host.wait(6.27)
    assert host.state() == "Run"
    host.wait(0.03)
    assert host.state() == "Idle"


def test_a_dwell_waits_for_motion_and_looks_idle(host):
    assert host.say(b"G1 X151 F600\nG4 P1\n") == "ok\r\n"
    host.wait(0.2)
    assert host.state() == "Idle"
    assert host.wait(0.8) == ""
    assert host.wait(0.2) == "ok\r\n"


def test_a_hold_comes_to_rest_and_loses_nothing(host):
    host.say(b"G1 X160 F600\n")
    host.wait(0.5)
    host.say(b"!")
    assert host.state() == "Hold:1"
    host.wait(0.2)
    assert host.state() == "Hold:0"
    place = host.say(b"?").split("|")[1]
    host.wait(60)
    assert host.say(b"?").split("|")[1] == place
    assert host.say(b"G4 P0\n") == ""
    assert host.say(b"~") == ""
    host.wait(1.0)
    assert host.say(b"?").startswith("<Idle|MPos:-140.000,")


def test_a_reset_at_rest_keeps_the_position_and_kills_the_spindle(host):
    host.say(b"M3 S1000\nG92 X5\n")
    assert host.machine.router.spindle_rpm == 1000
    assert host.say(b"G1 X1\x18") == WELCOME
    assert host.machine.router.spindle_rpm == 0
    assert "[G92:0.000,0.000,0.000]" in host.say(b"$#\n")
    assert host.say(b"?").startswith("<Idle|MPos:-150.000,")
    assert host.executed[-1] == (None, "$#")


def test_a_reset_in_motion_is_an_alarm_and_locks(host):
    host.say(b"G1 X160 F600\n")
    host.wait(0.5)
    assert host.say(b"\x18") == f"ALARM:3\r\n{WELCOME}[MSG:'$H'|'$X' to unlock]\r\n"
    assert host.say(b"G1 X1\n") == "error:9\r\n"
    assert host.say(b"$C\n") == "error:8\r\n"
    assert host.say(b"$X\n") == "[MSG:Caution: Unlocked]\r\nok\r\n"
    assert host.state() == "Idle"


def test_after_power_up_with_homing_it_is_locked_until_it_is_homed():
    host = Router(homed=False)
    assert "unlock" in host.greeting
    assert host.state() == "Alarm"
    assert host.say(b"$H\n") == ""
    assert host.say(b"?") == ""  # a Grbl says nothing while it homes
    assert host.wait(41.0) == ""
    assert host.wait(0.5) == "ok\r\n"
    assert host.say(b"?").startswith("<Idle|MPos:-1.000,-1.000,-1.000|")


def test_a_reset_breaks_its_homing_off():
    host = Router(homed=False)
    host.say(b"$H\n")
    host.wait(5.0)
    assert host.say(b"\x18") == f"ALARM:6\r\n{WELCOME}[MSG:'$H'|'$X' to unlock]\r\n"
    assert host.state() == "Alarm"


def test_a_grblhal_says_while_it_homes_that_it_does():
    host = Router(hal=True, homed=False)
    host.say(b"$H\n")
    assert host.say(b"?").startswith("<Home|")
    host.wait(42.0)
    assert "|H:1>" in host.say(b"\x87")


@pytest.mark.parametrize(("homing", "homed"), [(1, 1), (33, 0)])
def test_a_grblhal_without_switches_forgets_at_a_reset_that_it_was_homed(homing, homed):
    host = Router(hal=True, changed={22: homing})
    assert "|H:1>" in host.say(b"\x87")
    host.say(b"$C\n")
    host.say(b"\x18")
    assert f"|H:{homed}>" in host.say(b"\x87")


def test_soft_limits_are_an_alarm_after_which_only_a_reset_is_heard(host):
    assert host.say(b"G1 X301 F600\n") == "ALARM:2\r\n[MSG:Reset to continue]\r\n"
    assert host.say(b"?G1 X1\n") == ""
    assert host.say(b"\x18") == f"{WELCOME}[MSG:'$H'|'$X' to unlock]\r\n"


def test_check_mode_follows_everything_and_moves_nothing(host):
    before = len(host.executed)
    assert host.say(b"$C\n") == "[MSG:Enabled]\r\nok\r\n"
    assert host.state() == "Check"
    assert host.say(b"M3 S1000\nG1 X160 F600\nG91 G1 X10\nM0\nM30\n") == "ok\r\n" * 5
    assert host.say(b"G81\n") == "error:20\r\n"
    assert host.say(b"?").startswith("<Check|MPos:-150.000,")
    assert host.machine.router.spindle_rpm == 0
    assert [entry for entry in host.executed[before:] if entry[0] is not None] == []
    assert host.say(b"$C\n") == f"[MSG:Disabled]\r\nok\r\n{WELCOME}"
    assert host.state() == "Idle"


def test_check_mode_knows_the_soft_limits_too(host):
    host.say(b"$C\n")
    assert host.say(b"G91 G1 X100 F600\n") == "ok\r\n"
    assert host.say(b"G1 X100\n").startswith("ALARM:2\r\n")


def test_settings_are_told_and_kept(host):
    assert "$130=300.000\r\n$131=180.000\r\n$132=45.000\r\nok\r\n" in host.say(b"$$\n")
    assert host.say(b"$20=0\n") == "ok\r\n"
    assert "$20=0\r\n" in host.say(b"$$\n", after=1.0)
    assert host.say(b"$22=0\n") == "ok\r\n"
    assert host.say(b"$20=1\n", after=1.0) == "error:10\r\n"
    assert host.say(b"$9999=1\n", after=1.0) == "error:3\r\n"
    assert host.say(b"$110=-1\n", after=1.0) == "error:4\r\n"
    assert "$9999" not in host.say(b"$$\n", after=1.0)


def test_who_is_it(host):
    assert host.say(b"$I\n") == "[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n"
    hal = Router(hal=True)
    assert hal.greeting.startswith("\r\nGrblHAL 1.1f [")
    assert "[OPT:VNML+,100,1024,3,0]" in hal.say(b"$I\n")


def test_modes_are_told_even_in_motion(host):
    host.say(b"G1 X160 F600\nM8\n")
    assert host.say(b"$G\n") == ""
    assert host.wait(1.1) == "ok\r\n[GC:G1 G54 G17 G21 G90 G94 M5 M8 T0 F600 S0]\r\nok\r\n"


def test_writing_the_eeprom_drops_what_arrives_meanwhile(host):
    assert host.say(b"G10 L20 P1 X0\n") == ""
    host.say(b"G1 X1\n", after=0.01)
    assert host.machine.received.lost_bytes == 6
    assert host.wait(0.1) == "ok\r\n"
    assert "[G54:-150.000,-180.000,-20.000]" in host.say(b"$#\n", after=1.0)


def test_a_pause_of_the_program_waits_for_cycle_start(host):
    assert host.say(b"M0\n") == ""
    assert host.state() == "Hold:0"
    host.wait(100)
    assert host.say(b"~") == "ok\r\n"


def test_a_door_stops_and_waits(host):
    host.say(b"G1 X160 F600\n")
    assert host.say(b"\x84", after=0.5) == "[MSG:Check Door]\r\n"
    assert host.state() == "Door:2"
    host.wait(0.2)
    assert host.state() == "Door:0"
    host.say(b"~")
    assert host.state() == "Run"


def test_overrides_change_the_pace(host):
    host.say(b"\x91\x91\x93G1 X160 F600\n")
    assert "FS:726,0" in host.say(b"?")
    host.say(b"\x90\x97")
    report = host.say(b"?")
    assert "FS:600,0" in report
    assert "Ov:100,25,100" in report


def test_lines_count_from_the_first_after_a_reset_and_a_hosts_own_do_not(host):
    host.say(b"\x18")
    host.executed.clear()
    host.say(b"G21\nG1 X151 F600\nG4P0.01\nM5M9\nM5\n$G\n")
    host.wait(5)
    assert [number for number, _ in host.executed] == [1, 2, None, None, 3, None]


@pytest.mark.parametrize("instant", [True, False])
def test_faults_come_when_they_are_asked_for(instant):
    host = Router(instant=instant, faults=Faults(halt_after=2))
    assert host.say(b"G21\nG90\nG0 X1\n").endswith("ALARM:1\r\n[MSG:Reset to continue]\r\n")
    host = Router(instant=instant, faults=Faults(reset_after=2))
    assert host.say(b"G21\nG90\nG0 X1\n").endswith("unlock]\r\n")
    host = Router(instant=instant, faults=Faults(vanish_after=1))
    host.say(b"G21\n")
    assert host.machine.gone


def test_an_instant_machine_is_always_done():
    host = Router(instant=True)
    assert host.say(b"G1 X10 F1\nG1 X20\nG4 P1000\nM3 S1\nM5\n") == "ok\r\n" * 5
    assert host.state() == "Idle"
    assert host.machine.wake_at is None
