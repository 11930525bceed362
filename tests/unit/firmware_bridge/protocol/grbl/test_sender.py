"""The sender against a scripted firmware: what it says is written out, so that each rule is seen alone."""

import pytest

from firmware_bridge.protocol.conversation import Ending, Whereabouts
from firmware_bridge.protocol.grbl.about import WHY_NOT_BEGIN, Expected
from firmware_bridge.protocol.grbl.lines import Override
from firmware_bridge.protocol.grbl.sender import DEAF_S, HOLD_WITHIN_S, STATUS_S, Grbl
from firmware_bridge.protocol.grbl.states import LIVE, TRANSITIONS, Signal, State
from firmware_bridge.protocol.silence import Timings

WELCOME = "Grbl 1.1h ['$' for help]"
SETTINGS = {10: 3, 13: 0, 20: 1, 22: 1, 30: 12000, 32: 0, 130: 300, 131: 180, 132: 45}
OFFSETS = [
    "[G54:-300.000,-180.000,-45.000]",
    "[G92:0.000,0.000,0.000]",
    "[TLO:0.000]",
    "[PRB:0.000,0.000,0.000:0]",
    "ok",
]
MODES = "[GC:G1 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]"


def status(state: str, **fields: str) -> str:
    return (
        f"<{state}|MPos:0.000,0.000,0.000|FS:0,0" + "".join(f"|{name}:{value}" for name, value in fields.items()) + ">"
    )


class Commands:
    """A program in memory."""

    def __init__(self, commands: list[bytes]) -> None:
        self.commands, self.total = commands, len(commands)
        self.given = 0

    def lines(self, first: int):
        for command in self.commands[first - 1 :]:
            self.given += 1
            yield command

    def rehearsal(self):
        return iter(self.commands)


class Talk:
    """A conversation in virtual time. What is asked by `?` and 0x87 is left out of what the sender says, and counted."""

    def __init__(self, commands=(b"G21", b"G1 X1 F600", b"M5"), expected=None, found=None, begin=True) -> None:
        self.program = Commands(list(commands))
        self.grbl = Grbl(self.program, None, found, expected=expected)
        self.now = 100.0
        self.asked: list[float] = []
        self.asked_all = 0
        if begin:
            self.grbl.begin(self.now)

    def say(self) -> bytes:
        out = self.grbl.send(self.now)
        self.asked += [self.now] * out.count(b"?")
        self.asked_all += out.count(b"\x87")
        return out.replace(b"?", b"").replace(b"\x87", b"")

    def hear(self, *lines: str, after: float = 0.001) -> bytes:
        self.now += after
        self.grbl.feed("".join(f"{line}\r\n" for line in lines).encode(), self.now)
        return self.say()

    def wait(self, seconds: float) -> bytes:
        """As its shell does it: whenever it wants to be woken."""
        out, until = b"", self.now + seconds
        while not self.grbl.over:
            out += self.say()
            if self.grbl.wake_at > until:
                break
            self.now = max(self.now, self.grbl.wake_at)
        self.now = max(until, self.now)
        return out

    def until_check(self, settings=None, **fields: str) -> bytes:
        """Up to the first bytes of the rehearsal."""
        assert self.say() == b""
        assert self.asked == [100.0]
        assert self.hear(status("Idle", **fields)) == b"$I\n"
        assert self.hear("[VER:1.1h.20190830:]", "[OPT:V,15,128]", "ok") == b"$$\n"
        numbers = {**SETTINGS, **(settings or {})}
        assert self.hear(*(f"${number}={value}" for number, value in numbers.items()), "ok") == b"$#\n"
        said = self.hear(*OFFSETS)
        return said if said != b"$C\n" else self.hear("[MSG:Enabled]", "ok", status("Check", **fields))

    def answer_all(self, said: bytes) -> bytes:
        """An `ok` for each line, and its modes for each `$G`, until it says nothing more."""
        everything = b""
        while said and self.grbl.state in (State.REHEARSING, State.CUTTING, State.SETTLING):
            everything += said
            said = self.hear(*(x for line in said.splitlines() for x in ([MODES, "ok"] if line == b"$G" else ["ok"])))
            said = said or self.wait(0.3)
        return everything + said


@pytest.fixture
def cutting():
    """Three lines, all of them in flight."""
    talk = Talk()
    assert talk.answer_all(talk.until_check()).endswith(b"\x18")
    assert talk.hear("", WELCOME) == b""
    assert talk.hear(status("Idle")) == b"G21\nG1 X1 F600\nM5\n$G\n"
    return talk


def test_a_whole_job(cutting):
    assert cutting.hear("ok", "ok", "ok", MODES, "ok") == b"G4P0.01\n$G\n"
    assert cutting.grbl.acknowledged == cutting.grbl.lines_sent == 3
    assert cutting.hear("ok", MODES, "ok") == b""
    assert cutting.hear(status("Run")) == b""
    assert cutting.grbl.state is State.CLOSING
    cutting.hear(status("Idle"))
    assert cutting.grbl.ending is Ending.FINISHED
    assert cutting.grbl.rehearsed == 3


def test_the_program_is_rehearsed_whole_before_the_journal_hears_of_a_line():
    talk = Talk()
    talk.until_check()
    assert talk.program.given == 0
    assert talk.grbl.lines_sent == 0


@pytest.mark.parametrize("greeting", [WELCOME, "GrblHAL 1.1f ['$' or '$HELP' for help]", "GRBL 1.1g [x]"])
def test_it_may_greet_while_it_is_asked(greeting):
    talk = Talk()
    talk.say()
    assert talk.hear("", greeting) == b""
    assert talk.hear(status("Idle")) == b"$I\n"


def test_an_old_grbl_is_refused():
    talk = Talk()
    talk.say()
    talk.hear("Grbl 0.9j ['$' for help]")
    assert talk.grbl.ending is Ending.REFUSED
    assert "1.1 is needed" in talk.grbl.reason


@pytest.mark.parametrize("state", WHY_NOT_BEGIN)
def test_a_machine_that_is_at_something_is_left_alone(state):
    talk = Talk()
    talk.say()
    assert talk.hear(status(state)) == b""
    assert talk.grbl.ending is Ending.REFUSED
    assert talk.grbl.reason == WHY_NOT_BEGIN[state]


def test_a_check_mode_left_behind_is_reset_since_nothing_moves_in_it():
    talk = Talk()
    talk.say()
    assert talk.hear(status("Check")) == b"\x18"
    assert talk.hear("", WELCOME) == b""
    assert talk.hear(status("Idle")) == b"$I\n"


def test_a_grblhal_that_says_it_is_not_homed_is_refused():
    talk = Talk()
    talk.say()
    assert talk.hear(status("Idle")) == b"$I\n"
    assert talk.asked_all == 1
    talk.hear(status("Idle", H="0"))
    assert talk.grbl.ending is Ending.REFUSED


def test_one_homed_by_hand_that_forgets_it_after_the_check_is_gone_on_with():
    talk = Talk()
    assert talk.answer_all(talk.until_check()).endswith(b"\x18")
    talk.hear("", "GrblHAL 1.1f ['$' or '$HELP' for help]")
    assert talk.hear(status("Idle", H="0")).startswith(b"G21\n")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({20: 0}, "soft limits are off"),
        ({22: 0}, "homing is off"),
        ({32: 1}, "laser mode is on"),
        ({131: 150}, "its Y travels 150 mm"),
        ({30: 1000}, "turns at 1000 rpm"),
    ],
)
def test_settings_that_do_not_fit_are_refused_and_nothing_moved(settings, words):
    talk = Talk(expected=Expected(travel_mm=(300, 180, 45), spindle_max_rpm=12_000))
    assert talk.until_check(settings) == b""
    assert talk.grbl.ending is Ending.REFUSED
    assert words in talk.grbl.reason


def test_all_that_does_not_fit_is_said_at_once_in_the_order_in_which_it_can_be_mended():
    talk = Talk(expected=Expected(travel_mm=(300, 180, 45), spindle_max_rpm=12_000))
    talk.until_check({20: 0, 22: 0, 131: 150})
    assert [
        words
        for each in talk.grbl.reason.split("; ")
        for words in ("homing is off", "soft limits are off", "its Y travels 150 mm")
        if words in each
    ] == ["homing is off", "soft limits are off", "its Y travels 150 mm"]


def test_what_is_not_expected_of_it_is_only_reported():
    talk = Talk()
    talk.until_check({131: 150, 30: 1000})
    assert talk.grbl.state is State.REHEARSING
    assert talk.grbl.about.settings[131] == 150
    assert talk.grbl.about.offsets["G54"] == (-300, -180, -45)
    assert talk.grbl.about.version == "1.1h.20190830:"


@pytest.mark.parametrize(("line", "words"), [("[G92:1.000,0.000,0.000]", "G92"), ("[TLO:2.000]", "G43.1")])
def test_an_offset_that_the_check_would_clear_is_refused(line, words):
    talk = Talk()
    talk.say()
    talk.hear(status("Idle"))
    talk.hear("[OPT:V,15,128]", "ok")
    talk.hear(*(f"${number}={value}" for number, value in SETTINGS.items()), "ok")
    talk.hear(line, *(other for other in OFFSETS if other[:4] != line[:4]))
    assert talk.grbl.ending is Ending.REFUSED
    assert words in talk.grbl.reason


def test_an_answer_that_was_cut_short_is_asked_for_again():
    talk = Talk()
    talk.say()
    talk.hear(status("Idle"))
    talk.hear("[OPT:V,15,128]", "ok")
    assert talk.hear("$20=1", "ok") == b""
    assert talk.wait(2.5) == b"$$\n"


def test_who_never_tells_its_settings_is_given_up():
    talk = Talk()
    talk.say()
    talk.hear(status("Idle"))
    for _ in range(40):
        talk.wait(1.0)
        talk.hear(status("Idle"), "error:3")
    assert talk.grbl.ending is Ending.STUCK


def test_nothing_is_checked_before_it_says_that_it_is_in_check_mode():
    talk = Talk()
    talk.say()
    talk.hear(status("Idle"))
    talk.hear("[OPT:V,15,128]", "ok")
    talk.hear(*(f"${number}={value}" for number, value in SETTINGS.items()), "ok")
    assert talk.hear(*OFFSETS) == b"$C\n"
    assert talk.hear("[MSG:Enabled]", "ok", status("Idle")) == b""
    # It toggles: never twice without a reset in between.
    assert talk.wait(2.5).startswith(b"\x18")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (["ok", "error:20"], "line 2 (G81 X1): error:20 (it does not know this G-code)"),
        (["ok", "ALARM:2"], "line 2 (G81 X1): ALARM:2 (a move would leave the machine's travel"),
    ],
)
def test_a_program_that_fails_its_check_is_refused_by_line_and_the_check_mode_left(answers, words):
    talk = Talk([b"G21", b"G81 X1", b"M5"])
    assert talk.until_check() == b"G21\nG81 X1\nM5\n$G\n"
    assert talk.hear(*answers) == b"\x18"
    assert talk.hear("", WELCOME) == b"M5M9\n$G\n"
    talk.hear("error:9", MODES, "ok")
    assert talk.grbl.ending is Ending.REFUSED
    assert words in talk.grbl.reason
    assert talk.grbl.lines_sent == 0
    assert talk.program.given == 0


def test_a_reset_that_is_not_heard_is_said_again():
    talk = Talk([b"G1 X999"])
    talk.until_check()
    assert talk.hear("ALARM:2") == b"\x18"
    assert talk.hear("[MSG:Reset to continue]") == b""
    assert talk.wait(1.1) == b"\x18"


def test_a_reset_in_the_check_stops_at_once_since_what_follows_would_be_executed():
    talk = Talk()
    talk.until_check()
    assert talk.hear("ok", "", WELCOME) == b"!"
    assert talk.hear(status("Hold:0")) == b"\x18"
    assert talk.hear("", WELCOME) == b"M5M9\n$G\n"
    talk.hear("ok", MODES)
    assert talk.grbl.ending is Ending.RESTARTED


def test_check_mode_that_ends_by_itself_stops_too():
    talk = Talk()
    talk.until_check()
    assert talk.hear(status("Idle")) == b"!"


def test_an_error_in_the_real_run_holds_comes_to_rest_resets_and_ends_halted(cutting):
    assert cutting.hear("ok", "error:33") == b"!"
    assert cutting.hear(status("Hold:1"), after=0.3) == b""
    assert cutting.hear(status("Hold:0"), after=0.3) == b"\x18"
    assert cutting.hear("", WELCOME) == b"M5M9\n$G\n"
    cutting.hear("ok", MODES)
    assert cutting.grbl.ending is Ending.HALTED
    assert cutting.grbl.reason == "line 2 (G1 X1 F600): error:33 (the target of the move is impossible)"


@pytest.mark.parametrize("number", [1, 14, 99])
def test_an_alarm_ends_halted(cutting, number):
    cutting.hear(f"ALARM:{number}")
    assert cutting.grbl.ending is Ending.HALTED
    assert f"ALARM:{number}" in cutting.grbl.reason


def test_an_alarm_whose_line_was_lost_shows_in_the_next_report(cutting):
    cutting.hear(status("Alarm"))
    assert cutting.grbl.ending is Ending.HALTED


def test_a_restart_in_mid_job_is_a_stop_and_nothing_is_sent_again(cutting):
    assert cutting.hear("ok", "", WELCOME) == b"!"
    assert cutting.hear(status("Alarm"), after=0.3) == b"\x18"
    assert cutting.hear("", WELCOME, "[MSG:'$H'|'$X' to unlock]") == b"M5M9\n$G\n"
    cutting.hear("error:9", MODES, "ok")
    assert cutting.grbl.ending is Ending.RESTARTED
    assert "restarted in mid-job" in cutting.grbl.reason


def test_a_stop_comes_to_rest_before_the_reset_and_confirms_that_all_is_off(cutting):
    cutting.grbl.stop("asked", cutting.now)
    assert cutting.say() == b"!"
    assert cutting.hear("ok", status("Run")) == b""
    assert cutting.hear(status("Hold:1"), after=0.3) == b""
    assert cutting.hear(status("Hold:0"), after=0.3) == b"\x18"
    assert cutting.hear("", WELCOME) == b"M5M9\n$G\n"
    assert cutting.hear("ok", MODES.replace("M5", "M3")) == b""
    assert cutting.wait(1.1) == b"\x18"
    assert cutting.hear("", WELCOME) == b"M5M9\n$G\n"
    cutting.hear("ok", MODES)
    assert cutting.grbl.ending is Ending.STOPPED
    assert cutting.grbl.reason == "asked"


def test_a_hold_that_does_not_come_to_rest_is_cut_short_and_the_lost_position_told(cutting):
    cutting.grbl.stop("asked", cutting.now)
    began, said = cutting.now, cutting.say()
    while b"\x18" not in said:
        said += cutting.hear(status("Hold:1"), after=0.25)
    assert cutting.now - began < HOLD_WITHIN_S + 0.5
    cutting.hear("ALARM:3", "ALARM:3", "", WELCOME)
    cutting.hear("error:9", MODES)
    assert cutting.grbl.ending is Ending.STOPPED
    assert cutting.grbl.reason == "asked; ALARM:3 (it was reset while moving; its position is lost)"


def test_who_hears_nothing_but_a_reset_is_reset_soon(cutting):
    cutting.grbl.stop("asked", cutting.now)
    assert cutting.wait(DEAF_S + 0.1).startswith(b"!\x18")


def test_a_greeting_that_was_on_its_way_does_not_end_a_hold():
    talk = Talk()
    talk.grbl.stop("made safe", talk.now)
    assert talk.say() == b"!"
    assert talk.hear("", WELCOME) == b""
    assert talk.hear(status("Hold:0")) == b"\x18"


def test_a_stop_nobody_confirms_says_so(cutting):
    cutting.grbl.stop("asked", cutting.now)
    cutting.wait(60)
    assert cutting.grbl.ending is Ending.UNCONFIRMED
    assert cutting.now < 100 + Timings().stop_within_s + 70


def test_silence_ends_it(cutting):
    cutting.wait(Timings().greeting_s + 1)
    assert cutting.grbl.ending is Ending.SILENT


def test_who_never_says_what_grbl_says_is_no_grbl():
    talk = Talk()
    for _ in range(100):
        talk.hear("ok", "echo:Unknown command", after=0.5)
    assert talk.grbl.ending is Ending.SILENT


def test_a_run_that_was_cut_off_is_never_gone_on_with():
    talk = Talk(found=Whereabouts(5, 512))
    assert talk.grbl.ending is Ending.ELSEWHERE
    assert "does not number lines" in talk.grbl.reason
    assert talk.say() == b""


def test_it_is_asked_for_its_state_no_more_than_five_times_a_second(cutting):
    for _ in range(1_000):
        cutting.hear(status("Run"), after=0.01)
    gaps = [b - a for a, b in zip(cutting.asked, cutting.asked[1:], strict=False) if b - a < 0.2]
    assert STATUS_S > 0.2
    # Only entering a state asks out of turn.
    assert len(gaps) <= 4


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("Hold:0", "it is held"),
        ("Door:1", "the safety door is open"),
        ("Door:3", "waits for the spindle"),
        ("Tool", "tool change"),
    ],
)
def test_who_waits_for_a_person_says_so_and_is_waited_for(cutting, state, words):
    for _ in range(1_000):
        assert cutting.hear(status(state), after=1.0) == b""
    assert cutting.grbl.paused
    assert words in cutting.grbl.attention
    cutting.hear(status("Run"))
    assert not cutting.grbl.paused
    assert cutting.grbl.attention == ""


def test_a_pause_of_the_program_is_told_from_a_hold():
    talk = Talk([b"G21", b"M0", b"M5"])
    talk.answer_all(talk.until_check())
    talk.hear("", WELCOME)
    talk.hear(status("Idle"))
    talk.hear("ok", status("Hold:0"))
    assert talk.grbl.attention.startswith("the program waits for you (M0)")


def test_overrides_hold_and_resume_are_single_bytes_and_the_owners(cutting):
    cutting.grbl.override(Override.FEED_PLUS_10)
    cutting.grbl.hold()
    assert cutting.say() == b"\x91!"
    cutting.grbl.resume()
    cutting.grbl.override(Override.SPINDLE_STOP)
    assert cutting.say() == b"~\x9e"
    assert cutting.grbl.lines_sent == 3


def test_owners_bytes_mean_nothing_outside_a_run():
    talk = Talk()
    talk.until_check()
    talk.grbl.resume()
    assert talk.say() == b""


def test_a_lost_ok_is_made_good_by_the_barrier_behind_it(cutting):
    assert cutting.hear("ok", "ok", MODES, "ok") == b"G4P0.01\n$G\n"


def test_an_ok_alone_ends_nothing_since_it_may_be_a_doubled_one(cutting):
    assert cutting.hear("ok", "ok", "ok", "ok", "ok", "ok") == b""
    assert cutting.grbl.state is State.CUTTING
    assert cutting.grbl.acknowledged == 0


def test_a_lost_answer_to_a_barrier_is_asked_for_again_only_where_nothing_moves(cutting):
    assert cutting.hear("ok", "ok", "ok", "ok", status("Run")) == b""
    for _ in range(40):
        assert cutting.hear(status("Run"), after=0.25) == b""
    said = b"".join(cutting.hear(status("Idle"), after=0.25) for _ in range(40))
    assert said == b"$G\n$G\n"
    assert cutting.hear(MODES, "ok") == b""
    assert cutting.hear(MODES, "ok") == b""
    assert cutting.hear(MODES, "ok") == b"G4P0.01\n$G\n"


def test_who_stands_idle_and_never_answers_is_stopped(cutting):
    said = b""
    for _ in range(600):
        said += cutting.hear(status("Idle"), after=0.25)
        if said.endswith(b"!"):
            break
    assert said == b"$G\n$G\n$G\n!"
    assert "is never answered" in cutting.grbl.reason


def test_a_line_that_writes_the_eeprom_is_alone_on_the_wire():
    talk = Talk([b"G21", b"G10 L20 P1 X0", b"G1 X1"])
    assert talk.until_check() == b"G21\n$G\n"
    assert talk.hear("ok", MODES, "ok") == b"G10 L20 P1 X0\n"
    assert talk.wait(0.5) == b""
    assert talk.hear("ok") == b"$G\n"
    assert talk.hear(MODES, "ok") == b"G1 X1\n$G\n"


def test_the_buffer_is_what_it_says_and_no_more_than_is_free():
    talk = Talk([b"G1 X%d" % i for i in range(100)])
    talk.until_check(Bf="15,100")
    assert talk.grbl.window == "100 bytes"


def test_the_table_leaves_no_live_state_without_an_end():
    for state in LIVE:
        assert (state, Signal.GAVE_UP) in TRANSITIONS
    assert {state for state, _ in TRANSITIONS} == set(LIVE)
    assert set(State) == set(LIVE) | set(TRANSITIONS.values())
