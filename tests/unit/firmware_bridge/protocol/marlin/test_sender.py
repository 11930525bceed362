"""The sender against a scripted firmware: what it says is written out, so that each rule is seen alone."""

import math

import pytest

from firmware_bridge.protocol.conversation import Ending, Whereabouts
from firmware_bridge.protocol.marlin.framing import frame
from firmware_bridge.protocol.marlin.lines import PROBE, SYNC, TURN_OFF
from firmware_bridge.protocol.marlin.sender import BARRIER_LINES, Marlin
from firmware_bridge.protocol.marlin.states import LIVE, TRANSITIONS, Signal, State
from firmware_bridge.protocol.marlin.warmup import TRIES_MAX
from firmware_bridge.protocol.marlin.window import CLEAN_LINES, CLEAN_LINES_MORE
from firmware_bridge.protocol.silence import Timings

QUIET = Timings().quiet_s + 0.001


class Commands:
    """A program in memory."""

    def __init__(self, commands: list[bytes]) -> None:
        self.commands, self.total = commands, len(commands)

    def lines(self, first: int):
        return iter(self.commands[first - 1 :])

    def rehearsal(self):
        return iter(self.commands)


class Talk:
    """A conversation in virtual time."""

    def __init__(self, commands: list[bytes], **options) -> None:
        self.marlin = Marlin(Commands(commands), **options)
        self.now = 100.0
        self.marlin.begin(self.now)

    def hear(self, *lines: str, after: float = 0.001) -> bytes:
        self.now += after
        self.marlin.feed("".join(f"{line}\n" for line in lines).encode(), self.now)
        return self.marlin.send(self.now)

    def wait(self, seconds: float) -> bytes:
        self.now += seconds
        return self.marlin.send(self.now)

    def error(self, last: int) -> bytes:
        """An error with all that follows it, and the quiet after it."""
        said = self.hear(f"Error:checksum mismatch, Last Line: {last}", f"Resend: {last + 1}", "ok")
        assert said == b""
        return self.wait(QUIET)

    def greet(self, *capabilities: str) -> bytes:
        """Up to the first bytes of the program's part."""
        assert self.marlin.send(self.now) == SYNC
        assert b"M105*" in self.hear("ok")
        assert self.error(0) == b"M115\n"
        return self.hear("FIRMWARE_NAME:Marlin", *(f"Cap:{name}:1" for name in capabilities), "ok")


@pytest.fixture
def printing():
    """Three lines, the first one in flight; temperatures come by themselves, so that no M105 is polled."""
    talk = Talk([b"G28", b"G1 X1", b"G1 X2"])
    assert talk.greet("AUTOREPORT_TEMP") == b"M155 S2\n"
    assert talk.hear("ok") == frame(1, b"G28")
    return talk


@pytest.mark.parametrize("said", ["error:20", "Grbl 1.1h ['$' for help]", "GrblHAL 1.1f ['$' or '$HELP' for help]"])
def test_a_grbl_that_answers_instead_is_given_nothing(said):
    talk = Talk([b"G28"])
    assert talk.marlin.send(talk.now) == SYNC
    talk.hear("ok", said)
    assert talk.marlin.ending is Ending.REFUSED
    assert "a machine with Grbl answers" in talk.marlin.reason
    assert talk.marlin.lines_sent == 0


def test_what_looks_like_a_grbls_error_in_mid_print_is_noise():
    talk = Talk([b"G28", b"G90"])
    talk.greet()
    talk.hear("error:20")
    assert not talk.marlin.over


def test_a_whole_job_asks_where_it_stands_at_both_ends(printing):
    assert printing.hear("ok") == frame(2, b"G1 X1")
    assert printing.hear("ok") == frame(3, b"G1 X2")
    assert b"M105*" in printing.hear("ok")
    assert printing.marlin.state is State.CLOSING
    assert printing.error(3) == b"M400\n"
    assert printing.hear("ok") == b"M155 S0\n"
    assert printing.hear("ok") == b""
    assert printing.marlin.state is State.FINISHED
    assert printing.marlin.acknowledged == printing.marlin.lines_sent == 3


def test_a_last_line_that_never_ran_is_sent_again_though_it_was_acknowledged(printing):
    printing.hear("ok")
    printing.hear("ok")
    printing.hear("ok")
    assert printing.error(2) == frame(3, b"G1 X2")
    assert printing.marlin.state is State.PRINTING


def test_a_firmware_that_counts_nothing_is_believed_by_its_answers():
    talk = Talk([b"G28"])
    talk.marlin.send(talk.now)
    talk.hear("ok")
    assert talk.hear("ok T:21.0 /0.0") == b"M115\n"


def test_a_stale_count_is_reset_before_the_first_line():
    talk = Talk([b"G28"])
    talk.marlin.send(talk.now)
    talk.hear("ok")
    assert talk.error(2) == SYNC


def test_temperatures_are_polled_where_they_do_not_come_by_themselves():
    talk = Talk([b"G28", b"G1 X1"])
    assert talk.greet() == PROBE
    assert talk.hear("ok T:21.5 /0.0 B:20.0 /0.0") == frame(1, b"G28")
    assert talk.marlin.temperatures.hotend_c == 21.5
    assert talk.hear("ok", after=Timings().poll_s) == PROBE
    assert talk.hear("ok T:21.5 /0.0 B:20.0 /0.0") == frame(2, b"G1 X1")


def test_the_ok_of_an_error_acknowledges_nothing(printing):
    assert printing.error(0) == frame(1, b"G28")
    assert printing.marlin.acknowledged == 0
    assert printing.marlin.resends == 1


def test_nothing_is_sent_until_it_has_been_quiet(printing):
    printing.hear("Resend: 1", "ok")
    assert printing.wait(0.04) == b""
    assert printing.hear("ok") == b""
    assert printing.wait(0.04) == b""
    assert printing.wait(0.03) == frame(1, b"G28")


def test_a_resend_reaches_back_to_a_line_a_doubled_ok_had_acknowledged(printing):
    assert printing.hear("ok", "ok") == frame(2, b"G1 X1")
    assert printing.hear("ok") == frame(3, b"G1 X2")
    assert printing.error(1) == frame(2, b"G1 X1")
    assert printing.hear("ok") == frame(3, b"G1 X2")


def test_a_garbled_resend_falls_back_to_what_is_unacknowledged(printing):
    printing.hear("ok")
    printing.hear("Resend: 34497", "ok")
    assert printing.wait(QUIET) == frame(2, b"G1 X1")


def test_a_lost_ok_is_found_by_a_probe(printing):
    assert printing.wait(0.0) == b""
    assert printing.wait(Timings().silence_most_s) == PROBE
    assert printing.hear("ok T:21.0 /0.0") == frame(2, b"G1 X1")
    assert printing.marlin.probes == 1


def test_a_late_ok_after_a_probe_counts_once(printing):
    printing.wait(Timings().silence_most_s)
    assert printing.hear("ok") == b""
    assert printing.marlin.acknowledged == 1
    assert printing.hear("ok T:21.0 /0.0") == frame(2, b"G1 X1")


@pytest.mark.parametrize("sign", ["echo:busy: processing", " T:100.0 /200.0 W:?"])
def test_nobody_probes_a_busy_firmware(printing, sign):
    for _ in range(100):
        assert printing.hear(sign, after=2.0) == b""
    assert printing.marlin.state is State.PRINTING


REPORT = " T:200.0 /200.0 B:60.0 /60.0 @:64"


def test_reported_temperatures_do_not_hide_a_lost_ok(printing):
    printing.hear(REPORT, after=0.5)
    said = [printing.hear(REPORT, after=2.0) for _ in range(5)]
    assert PROBE in said
    assert said.index(PROBE) >= 3  # not while they say that it lives and it may just be slow
    assert printing.hear("ok T:200.0 /200.0 B:60.0 /60.0") == frame(2, b"G1 X1")


def test_a_long_probing_that_only_reports_temperatures_is_waited_for(printing):
    said = b"".join(printing.hear(REPORT, after=2.0) for _ in range(900 // 2))
    assert printing.marlin.state is State.PRINTING
    assert 0 < len(said) < 128
    assert printing.hear("ok", *["ok T:200.0 /200.0"] * said.count(PROBE)) == frame(2, b"G1 X1")


@pytest.mark.parametrize("every_s", [2.0, 9.0, 60.0])
def test_questions_never_overflow_a_board_that_only_reports_temperatures(printing, every_s):
    said, until = b"", printing.now + 2_000
    while printing.now < until:
        said += printing.hear(REPORT)
        report_at = printing.now + every_s
        while printing.now < report_at:
            said += printing.wait(1.0)
    assert printing.marlin.state is State.PRINTING
    assert 0 < len(said) < 128


def test_who_only_ever_reports_temperatures_is_deaf(printing):
    while not printing.marlin.over:
        printing.hear(REPORT, after=2.0)
    assert printing.marlin.state is State.SILENT
    assert "reported temperatures and answered nothing" in printing.marlin.reason
    assert printing.now > 100 + Timings().deaf_s


def test_reported_temperatures_are_no_greeting():
    talk = Talk([b"G28"])
    while not talk.marlin.over:
        talk.hear(REPORT, after=2.0)
    assert talk.now < 100 + Timings().greeting_s + 20


def test_probes_never_overflow_a_busy_board_and_silence_ends_in_giving_up(printing):
    said = b""
    while not printing.marlin.over:
        said += printing.wait(1.0)
    assert 3 < said.count(PROBE) < 128 // len(PROBE)
    assert printing.marlin.state is State.SILENT
    assert printing.now < 100 + Timings().give_up_s + 40


def test_advanced_ok_acknowledges_by_number_alone(printing):
    assert printing.hear("ok N1 P15 B3") == frame(2, b"G1 X1")
    assert printing.hear("ok N1 P15 B3") == b""
    assert printing.hear("ok N2 P15 B3") == frame(3, b"G1 X2")


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


def test_a_restart_in_mid_job_ends_it(printing):
    printing.hear("start", "echo:Marlin 2.1")
    assert printing.marlin.state is State.RESTARTED
    assert "restarted" in printing.marlin.reason


def test_a_restart_while_greeting_begins_the_greeting_anew():
    talk = Talk([b"G28"])
    assert talk.marlin.send(talk.now) == SYNC
    assert talk.hear("start", "echo:Marlin 2.1") == b""
    assert talk.wait(Timings().boot_s) == SYNC


def test_a_restart_whose_greeting_was_lost_shows_in_its_count():
    talk = Talk([b"G1 X%d" % i for i in range(200)])
    talk.greet("AUTOREPORT_TEMP")
    for _ in range(150):
        talk.hear("ok")
    for _ in range(3):
        talk.hear("Error:Line Number is not Last Line Number+1, Last Line: 0", "Resend: 1", "ok")
        talk.wait(QUIET)
    assert talk.marlin.state is State.RESTARTED


def test_the_first_fault_named_is_the_reason(printing):
    printing.hear("Error:Thermal Runaway, system stopped! Heater_ID: 0", "Error:Printer halted. kill() called!")
    assert printing.marlin.state is State.HALTED
    assert printing.marlin.reason == "Thermal Runaway, system stopped! Heater_ID: 0"


def test_a_line_that_never_gets_through_ends_the_job(printing):
    for _ in range(40):
        printing.hear("Resend: 1", "ok")
        printing.wait(QUIET)
    assert printing.marlin.state is State.STUCK
    assert "line 1 " in printing.marlin.reason


def test_stopping_goes_on_until_the_heaters_targets_are_zero(printing):
    printing.marlin.stop("asked", printing.now)
    assert printing.wait(0) == TURN_OFF
    assert TURN_OFF.index(b"M104 S0") < TURN_OFF.index(b"M140 S0") < TURN_OFF.index(b"M107")
    assert printing.hear("ok", "ok", "ok T:200.0 /200.0 B:60.0 /0.0") == TURN_OFF
    assert printing.hear("ok T:200.0 /0.0 B:60.0 /0.0") == b"M84\n"
    assert printing.marlin.state is State.STOPPED
    assert printing.marlin.reason == "asked"


def test_a_stop_nobody_confirms_says_so(printing):
    printing.marlin.stop("asked", printing.now)
    while not printing.marlin.over:
        printing.wait(0.5)
    assert printing.marlin.state is State.UNCONFIRMED


def test_cancel_at_the_machine_is_a_stop(printing):
    assert printing.hear("//action:cancel") == TURN_OFF


def test_a_pause_at_the_machine_holds_the_next_line(printing):
    assert printing.hear("//action:paused", "ok") == b""
    assert printing.wait(600) == b""
    assert printing.marlin.wake_at == math.inf
    assert printing.hear("//action:resumed") == frame(2, b"G1 X1")


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


def test_the_table_leaves_no_live_state_without_an_end():
    for state in LIVE:
        assert (state, Signal.HALT) in TRANSITIONS
        assert (state, Signal.GAVE_UP) in TRANSITIONS
    assert {state for state, _ in TRANSITIONS} == set(LIVE)
    assert set(State) == set(LIVE) | set(TRANSITIONS.values())


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


@pytest.mark.parametrize("kind", ["busy: paused for user", "//action:prompt_begin Filament Runout T0"])
def test_who_is_wanted_at_the_machine_is_said_until_it_is_done(printing, kind):
    printing.hear(f"echo:{kind}" if kind.startswith("busy") else kind)
    assert "paused for user" in printing.marlin.attention or printing.marlin.attention == "Filament Runout T0"
    printing.hear("ok")
    assert printing.marlin.attention == ""


def test_power_panic_ends_the_job(printing):
    printing.hear("//action:uvlo_recovery_ready")
    assert printing.marlin.state is State.RESTARTED
    assert "power failed" in printing.marlin.reason


class TestGoingOn:
    """With a journal of lines 1 to 40 acknowledged, up to 60 possibly sent."""

    @staticmethod
    def talk() -> Talk:
        talk = Talk([b"G1 X%d" % i for i in range(1, 100)], found=Whereabouts(40, 60))
        assert b"M105*" in talk.marlin.send(talk.now)
        return talk

    @pytest.mark.parametrize("last", [40, 47, 60])
    def test_it_goes_on_after_the_firmwares_last_line(self, last):
        talk = self.talk()
        assert talk.error(last) == b"M115\n"
        assert talk.hear("Cap:AUTOREPORT_TEMP:1", "ok") == b"M155 S2\n"
        assert talk.hear("ok") == frame(last + 1, b"G1 X%d" % (last + 1))
        assert talk.marlin.acknowledged == last

    @pytest.mark.parametrize("last", [0, 39, 61])
    def test_a_line_that_was_not_possible_is_no_place_to_go_on(self, last):
        talk = self.talk()
        talk.error(last)
        assert talk.marlin.ending is Ending.ELSEWHERE
        assert f"line {last}, and lines 40 to 60" in talk.marlin.reason

    def test_a_garbled_number_is_asked_for_again(self):
        talk = self.talk()
        assert talk.hear("Error:Line Number is not Last Line Number+1, Last Line: 47", "Resend: 4", "ok") == b""
        asked = talk.wait(QUIET) + talk.wait(Timings().silence_first_s)
        assert b"M105*" in asked
        assert talk.error(47) == b"M115\n"

    def test_who_restarted_does_not_go_on(self):
        talk = self.talk()
        talk.hear("start")
        assert talk.marlin.ending is Ending.RESTARTED

    def test_who_does_not_number_lines_cannot_be_asked(self):
        talk = self.talk()
        talk.hear("ok T:200.0 /200.0")
        assert talk.marlin.ending is Ending.ELSEWHERE


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


def test_the_firmwares_watchdog_runs_for_as_long_as_the_program():
    talk = Talk([b"G28"], timings=Timings(watchdog_s=300))
    assert talk.greet("AUTOREPORT_TEMP") == b"M155 S2\n"
    assert talk.hear("ok") == b"M85 S300\n"
    assert talk.hear("ok") == frame(1, b"G28")
    assert b"M105*" in talk.hear("ok")
    assert talk.error(1) == b"M400\n"
    assert talk.hear("ok") == b"M155 S0\n"
    assert talk.hear("ok") == b"M85 S0\n"


def test_a_stop_ends_the_watchdog_too():
    talk = Talk([b"G28"], timings=Timings(watchdog_s=300))
    talk.marlin.stop("asked", talk.now)
    talk.wait(0)
    assert talk.hear("ok T:200.0 /0.0 B:60.0 /0.0") == b"M84\nM85 S0\n"
