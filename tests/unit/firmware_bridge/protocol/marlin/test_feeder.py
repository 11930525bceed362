"""How many lines a scripted firmware is let have on their way, and which."""

import pytest

from firmware_bridge.protocol.marlin.feeder import BARRIER_LINES
from firmware_bridge.protocol.marlin.framing import frame
from firmware_bridge.protocol.marlin.lines import PROBE
from firmware_bridge.protocol.marlin.states import State
from firmware_bridge.protocol.marlin.window import CLEAN_LINES, CLEAN_LINES_MORE
from firmware_bridge.protocol.silence import Timings
from tests.unit.firmware_bridge.protocol.marlin.talk import Talk


def test_a_barrier_ends_the_lead_of_doubled_oks():
    talk = Talk([b"G1 X%d" % i for i in range(2 * BARRIER_LINES + 2)])
    talk.marlin.feed(b"FIRMWARE_NAME:Repetier\n", talk.now)  # one line at a time, to the end
    talk.greet("AUTOREPORT_TEMP")
    talk.hear("ok")
    assert [talk.hear("ok") for _ in range(BARRIER_LINES)][-1] == PROBE
    assert talk.hear("ok T:21.0 /0.0") == frame(BARRIER_LINES + 1, b"G1 X%d" % BARRIER_LINES)
    assert [talk.hear("ok") for _ in range(BARRIER_LINES)][-1] == PROBE
    # This firmware has shown how it answers an M105: a bare `ok` now belongs to an earlier line.
    assert talk.hear("ok") == b""
    assert talk.hear("ok T:21.0 /0.0").startswith(b"N")


def test_a_clean_cable_is_given_more_lines_and_one_again_after_a_damaged_one():
    talk = Talk([b"G1 X%d" % i for i in range(1, 1_000)])
    talk.greet("AUTOREPORT_TEMP")
    talk.hear("ok")
    most = []
    while talk.marlin.window != "4 lines (the firmware's queue holds 4)":
        said = talk.hear("ok", "ok T:21.0 /0.0")
        most.append(said.count(b"N"))
    assert set(most[: CLEAN_LINES - 8]) <= {0, 1}  # the bridge's own lines count too
    assert len(most) < CLEAN_LINES + 4 * CLEAN_LINES_MORE
    first = talk.marlin.acknowledged + 1
    assert talk.error(first - 1) == frame(first, b"G1 X%d" % first)
    assert talk.hear("ok") == frame(first + 1, b"G1 X%d" % (first + 1))
    assert talk.marlin.window == "1 line, 4 at its widest (lines were damaged on their way)"


@pytest.mark.parametrize(
    ("identity", "why"),
    [
        ("Klipper", "never asks"),
        ("RepRapFirmware for Duet 2 WiFi/Ethernet FIRMWARE_VERSION: 3.4.1", "RepRapFirmware"),
        ("Repetier_1.0.4 FIRMWARE_URL:https://github.com/repetier/Repetier-Firmware/", "Repetier"),
        ("Smoothieware, FIRMWARE_URL:http%3A//smoothieware.org, X-SOURCE_CODE_URL:x", "Smoothie"),
        ("Teacup", "no firmware whose buffers are known"),
        ("Prusa-Firmware 3.13.2 based on Marlin", ""),
        ("Marlin 2.1.2 (Apr  1 2024)", ""),
    ],
)
def test_only_who_is_known_to_hold_lines_is_sent_more_than_one(identity, why):
    talk = Talk([b"G1 X%d" % i for i in range(1, 2_000)])
    talk.marlin.feed(b"FIRMWARE_NAME:%b\n" % identity.encode(), talk.now)
    talk.greet("AUTOREPORT_TEMP")
    for _ in range(600):
        talk.hear(*["ok"] * 4, "ok T:21.0 /0.0")
    assert talk.marlin.window.startswith("1 line " if why else "4 lines ")
    assert why in talk.marlin.window


def test_advanced_ok_says_how_much_the_queue_holds():
    talk = Talk([b"G1 X%d" % i for i in range(1, 2_000)])
    talk.greet("AUTOREPORT_TEMP")
    said = talk.hear("ok")
    while said.count(b"N") < 8:
        numbers = [line[1 : line.index(b" ")].decode() for line in said.splitlines() if line[:1] == b"N"]
        said = talk.hear(*(f"ok N{number} P15 B7" for number in numbers), "ok T:21.0 /0.0")
    assert talk.marlin.window == "8 lines (the firmware says that its queue holds 8)"


def test_advanced_ok_acknowledges_by_number_alone(printing):
    assert printing.hear("ok N2 P15 B3") == frame(2, b"G1 X1")
    assert printing.hear("ok N2 P15 B3") == b""
    assert printing.hear("ok N3 P15 B3") == frame(3, b"G1 X2")


def test_probes_never_overflow_a_busy_board_and_silence_ends_in_giving_up(printing):
    said = b""
    while not printing.marlin.over:
        said += printing.wait(1.0)
    assert 3 < said.count(PROBE) < 128 // len(PROBE)
    assert printing.marlin.state is State.SILENT
    assert printing.now < 100 + Timings().give_up_s + 40


def test_the_firmwares_watchdog_runs_for_as_long_as_the_program():
    talk = Talk([b"G28"], timings=Timings(watchdog_s=300))
    assert talk.greet("AUTOREPORT_TEMP") == b"M155 S2\n"
    assert talk.hear("ok") == b"M85 S300\n"
    assert talk.hear("ok") == frame(1, b"G28")
    assert b"M105*" in talk.hear("ok")
    assert talk.named(1) == b"M400\n"
    assert talk.hear("ok") == b"M155 S0\n"
    assert talk.hear("ok") == b"M85 S0\n"


def test_the_watchdog_is_set_anew_while_heat_is_awaited_here_where_no_move_does_it():
    talk = Talk([b"M109 S200"], timings=Timings(watchdog_s=300))
    talk.greet("AUTOREPORT_TEMP")
    for own in (b"M85 S300\n", b"M104 S200\n", PROBE):
        assert talk.hear("ok") == own
    assert talk.hear("ok T:50.0 /200.0") == b""
    assert talk.wait(Timings().poll_s) == b"M85 S300\n"
    assert talk.hear("ok") == PROBE


def test_a_stop_ends_the_watchdog_too():
    talk = Talk([b"G28"], timings=Timings(watchdog_s=300))
    talk.marlin.stop("asked", talk.now)
    talk.wait(0)
    assert talk.hear("ok T:200.0 /0.0 B:60.0 /0.0") == b"M84\nM85 S0\n"
