"""Firmwares that speak like Marlin, each with what its source makes it say (`dialects.DIALECTS`)."""

import pytest

from firmware_bridge.protocol.conversation import Ending, Whereabouts
from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE, frame
from firmware_bridge.protocol.marlin.lines import PROBE, SYNC, TURN_OFF, WHY
from firmware_bridge.protocol.marlin.states import State
from firmware_bridge.protocol.marlin.stopping import AGAIN_S, RESORT_S
from firmware_bridge.protocol.silence import Timings
from tests.unit.firmware_bridge.protocol.marlin.talk import QUIET, Talk


def klipper(*commands: bytes) -> Talk:
    """Up to the first bytes of the program's part: it executes the question, and answers M115 on the line of its ok."""
    talk = Talk(list(commands))
    assert talk.marlin.send(talk.now) == SYNC
    talk.hear("ok", "ok")
    assert talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0") == b"M115\n"
    assert talk.hear("ok FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v0.13.0-1") == PROBE
    return talk


def test_klipper_is_known_by_the_line_of_its_ok():
    talk = klipper(*[b"G1 X%d" % i for i in range(600)])
    talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
    for _ in range(500):
        talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
    assert talk.marlin.window == "1 line (Klipper never asks for a line again)"


def test_klipper_says_nothing_through_a_long_homing_and_is_waited_for():
    talk = klipper(b"G28", b"G90")
    talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
    said = b"".join(talk.wait(1.0) for _ in range(int(3 * Timings().give_up_s)))
    assert talk.marlin.state is State.PRINTING
    answers = ["ok", "ok B:21.0 /0.0 T0:21.0 /0.0"] * said.count(PROBE)
    assert talk.hear("ok", *answers) == PROBE  # temperatures are due
    assert talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0") == frame(2, b"G90")


def test_a_klipper_that_restarts_in_mid_job_ends_it():
    talk = klipper(b"G28", b"G90")
    talk.hear("// Klipper state: Disconnect")
    assert talk.marlin.ending is Ending.RESTARTED


def test_a_klipper_that_shut_down_is_asked_why_even_while_nothing_else_is_to_be_sent():
    talk = klipper(b"M109 S200", b"G90")
    assert talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0") == b"M104 S200\n"
    assert talk.hear("ok") == PROBE
    assert talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /200.0") == b""
    assert talk.hear("// Klipper state: Shutdown") == WHY
    talk.hear("// Printer is shutdown", "!! MCU 'mcu' shutdown: Timer too close")
    assert talk.marlin.ending is Ending.HALTED
    assert talk.marlin.reason == "!! MCU 'mcu' shutdown: Timer too close"


def test_what_klipper_did_not_do_ends_the_job_and_not_the_stop_that_follows():
    talk = klipper(b"G1 X1", b"G90")
    talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
    assert talk.hear("!! Must home axis first: 1.000 0.000 0.000 [0.000]", "ok") == TURN_OFF
    assert talk.hear("ok", "!! Extrude below minimum temp", "ok", "ok B:60.0 /60.0 T0:210.0 /210.0") == b""
    assert talk.wait(AGAIN_S) == TURN_OFF
    assert talk.hear("ok", "ok B:60.0 /0.0 T0:210.0 /0.0") == b"M84\n"
    assert talk.marlin.ending is Ending.STOPPED
    assert talk.marlin.reason == "!! Must home axis first: 1.000 0.000 0.000 [0.000]"


def test_a_klipper_that_hears_a_stop_and_stays_hot_is_told_again_and_then_its_own_emergency_stop():
    talk = klipper(b"G1 X1", b"G90")
    talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
    talk.marlin.stop("asked", talk.now)
    began = talk.now
    said = [talk.wait(0)]
    while talk.now < began + 2 * RESORT_S:
        talk.hear("!! Heater extruder not heating", "ok B:60.0 /60.0 T0:210.0 /210.0")
        said.append(talk.wait(AGAIN_S))
    assert said.count(b"M112\n") == 1
    assert said.index(b"M112\n") == len(said) - 1 - said[::-1].index(b"M112\n")
    assert said.count(TURN_OFF) == len(said) - 1
    assert said.index(b"M112\n") >= RESORT_S / (AGAIN_S + 0.001) - 1


def test_the_emergency_stop_of_a_klipper_is_said_in_its_time_whenever_it_was_last_heard():
    for heard_after_s in (0.5, 1.5, 2.5):
        talk = klipper(b"G1 X200 F60", b"G90")
        talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
        talk.marlin.stop("asked", talk.now)
        began = talk.now
        talk.wait(0)
        talk.wait(heard_after_s)
        said = talk.hear("ok B:60.0 /60.0 T0:210.0 /210.0")
        while b"M112" not in said:
            assert talk.now <= began + RESORT_S + 0.1
            said += talk.wait(0.05)


def test_a_klipper_that_hears_the_stop_of_a_line_it_never_answered_is_spared_its_emergency_stop():
    talk = klipper(b"G1 X1", b"G90")
    talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
    talk.wait(Timings().silence_most_s)
    talk.hear("ok B:21.0 /0.0 T0:21.0 /0.0")
    assert talk.marlin.ending is Ending.STUCK
    heir, now = talk.marlin.successor(Timings()), talk.now
    heir.stop("made safe", now)
    said = b""
    while not heir.over:
        out = heir.send(now)
        heir.feed(b"ok\n" * 5 * out.count(TURN_OFF) + b"ok B:21.0 /0.0 T0:21.0 /0.0\n" * out.count(TURN_OFF), now)
        said, now = said + out, now + 0.01
    assert heir.ending is Ending.STOPPED
    assert now < talk.now + 1
    assert b"M112" not in said


def test_a_line_not_done_of_a_run_that_is_gone_on_with_stops_what_that_run_began():
    talk = Talk([b"G28"], found=Whereabouts(0, 1))
    assert b"M105*" in talk.marlin.send(talk.now)
    assert talk.hear("!! something") == TURN_OFF


def test_a_klipper_that_was_restarted_after_its_shutdown_runs_on_behind_what_it_does_not_do():
    talk = Talk([b"G1 X1", b"G90"])
    assert talk.marlin.send(talk.now) == SYNC
    talk.hear("// Klipper state: Shutdown", "// Klipper state: Disconnect")
    assert talk.wait(Timings().boot_s) == SYNC
    talk.hear("ok", "ok")
    talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
    talk.hear("ok FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v0.13.0-1")
    assert talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0") == frame(1, b"G1 X1")
    assert talk.hear("!! Must home axis first: 1.000 0.000 0.000 [0.000]") == TURN_OFF


def test_the_successor_of_a_conversation_with_a_klipper_knows_its_emergency_stop():
    talk = klipper(b"G1 X200 F60", b"G90")
    talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
    talk.hear("// Klipper state: Disconnect")
    assert talk.marlin.ending is Ending.RESTARTED
    heir = talk.marlin.successor(Timings())
    heir.stop("made safe", talk.now)
    assert heir.send(talk.now) == TURN_OFF
    assert heir.wake_at < talk.now + RESORT_S
    assert heir.send(talk.now + RESORT_S) == b"M112\n"


def test_a_stop_that_klipper_cannot_hear_in_a_long_move_is_its_own_emergency_stop():
    talk = klipper(b"G1 X200 F60", b"G90")
    talk.hear("ok", "ok B:21.0 /0.0 T0:21.0 /0.0")
    unread = b"".join(talk.wait(1.0) for _ in range(100))
    talk.marlin.stop("asked", talk.now)
    unread += talk.wait(0)
    assert unread.endswith(TURN_OFF)
    assert talk.wait(1.0) == b""
    unread += talk.wait(2.0)
    assert unread.endswith(b"M112\n")
    assert unread.count(b"\n") < 20  # klippy/gcode.py, `_process_data`: it hears no M112 behind more
    assert talk.hear("// Klipper state: Shutdown") == b"M84\n"
    assert (talk.marlin.ending, talk.marlin.reason) == (Ending.STOPPED, "asked")


def test_a_line_that_reprapfirmware_never_answered_is_not_taken_for_taken():
    """It throws away what arrives damaged (`StringParser::LineFinished`) and says nothing, as where an `ok` was lost."""
    talk = Talk([b"G28", b"G90"])
    assert talk.marlin.send(talk.now) == SYNC
    talk.hear("ok")
    assert talk.hear("ok T:21.0 /0.0 B:21.0 /0.0") == b"M115\n"
    assert talk.hear("FIRMWARE_NAME: RepRapFirmware for Duet 2 WiFi/Ethernet FIRMWARE_VERSION: 3.5.3", "ok") == PROBE
    assert talk.hear("ok T:21.0 /0.0 B:21.0 /0.0") == frame(1, b"G28")
    assert talk.wait(Timings().silence_most_s) == PROBE
    talk.hear("ok T:21.0 /0.0 B:21.0 /0.0")
    assert talk.marlin.ending is Ending.STUCK
    assert "line 1 was never answered" in talk.marlin.reason


class Repetier:
    """It says the number it read last with each ok, to lines without a number as well, before it executes them."""

    def __init__(self, *commands: bytes, found: Whereabouts | None = None) -> None:
        self.talk = Talk(list(commands), found=found)

    def greet(self) -> bytes:
        assert self.talk.marlin.send(self.talk.now) == SYNC
        assert b"M105*" in self.talk.hear("ok")
        return self.located(0)

    def located(self, last: int) -> bytes:
        count = last + COUNT_BEFORE
        assert self.talk.hear(f"Error:expected line {count + 1} got 1234", "", f"Resend:{count + 1}", "ok") == b""
        return self.talk.wait(QUIET)

    def introduce(self) -> bytes:
        assert self.talk.hear("ok 1234") == PROBE
        self.talk.hear("FIRMWARE_NAME:Repetier_1.0.4 PROTOCOL_VERSION:1.0", "Cap:AUTOREPORT_TEMP:1")
        assert self.talk.hear("ok 1234") == b""
        return self.talk.hear("T:21.0 /0 B:21.0 /0 @:0")


def test_repetier_prints_to_the_end():
    machine = Repetier(b"G28", b"G1 X1")
    talk = machine.talk
    assert machine.greet() == b"M115\n"
    assert machine.introduce() == frame(1, b"G28")
    assert talk.hear("ok 2") == frame(2, b"G1 X1")
    assert b"M105*" in talk.hear("ok 3")
    assert machine.located(2) == b"M400\n"
    assert talk.hear("ok 1241") == PROBE
    assert talk.hear("ok 1241") == b""
    assert talk.marlin.state is State.SETTLING  # both were received; the last move may still be under way
    assert talk.hear("T:21.0 /0 B:21.0 /0 @:0") == b""
    assert talk.marlin.state is State.FINISHED


def test_temperatures_of_repetier_prove_what_was_sent_before_as_an_ok_with_them_does():
    machine = Repetier(b"G28", b"G1 X1")
    talk = machine.talk
    machine.greet()
    machine.introduce()
    assert talk.wait(Timings().silence_most_s) == PROBE
    assert talk.hear("ok 1") == b""  # to M105; G28 is still to come
    assert talk.hear("T:21.0 /0 B:21.0 /0 @:0") == PROBE  # they are due anew
    assert talk.hear("ok 1") == b""
    assert talk.hear("T:21.0 /0 B:21.0 /0 @:0") == frame(2, b"G1 X1")


def test_repetiers_stop_is_confirmed_by_temperatures_that_come_behind_its_oks():
    machine = Repetier(b"G28")
    talk = machine.talk
    machine.greet()
    machine.introduce()
    talk.marlin.stop("asked", talk.now)
    assert talk.wait(0) == TURN_OFF
    oks = ["ok 2"] * (TURN_OFF.count(b"\n") - 1)
    assert talk.hear("ok 2", *oks, "T:200.0 /0 B:21.0 /0 @:0") == b""  # it may be older than the stop
    assert talk.wait(AGAIN_S) == TURN_OFF
    talk.hear(*oks, "T:200.0 /200 B:21.0 /0 @:0")
    assert not talk.marlin.over
    assert talk.hear("T:200.0 /0 B:21.0 /0 @:0") == b"M84\n"
    assert talk.marlin.state is State.STOPPED


def test_repetier_that_names_its_line_once_to_each_question_is_gone_on_with():
    machine = Repetier(*[b"G1 X%d" % i for i in range(1, 100)], found=Whereabouts(40, 60))
    assert b"M105*" in machine.talk.marlin.send(machine.talk.now)
    assert machine.located(47) == b""
    assert b"M105*" in machine.talk.wait(Timings().silence_first_s)
    assert machine.located(47) == b"M115\n"
    assert machine.introduce() == frame(48, b"G1 X48")


def test_repetiers_fatal_error_ends_the_job():
    machine = Repetier(b"G28")
    machine.greet()
    machine.introduce()
    machine.talk.hear("fatal:Heater/sensor error - Printer stopped and heaters disabled due to this error.")
    assert machine.talk.marlin.ending is Ending.HALTED


@pytest.mark.parametrize(
    ("identity", "ends"),
    [("RepRapFirmware for Duet 2 WiFi/Ethernet FIRMWARE_VERSION: 3.5.3", True), ("Marlin 2.1.2", False)],
)
def test_by_an_error_reprapfirmware_says_that_a_line_was_not_done(identity, ends):
    talk = Talk([b"G1 X1", b"G90"])
    talk.greet("AUTOREPORT_TEMP")
    talk.hear(f"FIRMWARE_NAME: {identity}", "ok")
    while talk.marlin.state is not State.PRINTING or not talk.marlin.tally.lines_sent:
        talk.hear("ok T:21.0 /0.0")
    assert (TURN_OFF in talk.hear("Error: G0/G1: insufficient axes homed")) is ends
    assert (talk.marlin.state is State.STOPPING) is ends


@pytest.mark.parametrize(
    "identity",
    ["Klipper FIRMWARE_VERSION:v0.13.0-1", "RepRapFirmware for Duet 3 FIRMWARE_VERSION: 3.5", "Smoothieware"],
)
def test_one_that_is_mute_at_work_is_waited_for_through_the_longest_probing_and_not_much_longer(identity):
    """A USB chip may outlive its board, and nothing would ever be said of it."""
    talk = Talk([b"G29", b"G90"])
    talk.greet()
    talk.hear(f"FIRMWARE_NAME:{identity}", "ok")
    began, minutes = talk.now, 0
    while not talk.marlin.over:
        talk.wait(60.0)
        minutes += 1
        assert talk.marlin.state is State.PRINTING or minutes > 15
    assert talk.marlin.state is State.SILENT
    assert talk.now - began < 25 * 60
