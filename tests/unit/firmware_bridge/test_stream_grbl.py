"""The streamer and the virtual router in one thread and virtual time: nothing here waits."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import (
    FirmwareHalted,
    LinkLost,
    MachineError,
    NotResumable,
    ProgramNotTaken,
    ProtocolError,
    Stopped,
)
from firmware_bridge.protocol.conversation import Firmware, Whereabouts
from firmware_bridge.protocol.firmwares import GRBL, MARLIN
from firmware_bridge.sending.detect import detect
from firmware_bridge.stream import make_safe
from firmware_bridge.transport.memory import MemoryPort
from firmware_bridge.virtual import marlin
from firmware_bridge.virtual.faults import Faults
from firmware_bridge.virtual.grbl import Settings, VirtualGrbl
from tests.unit.firmware_bridge.bench import StreamBench

START = ["G21", "G90", "G17", "G0 Z15", "M3 S1000", "G4 P0.2"]
CUTS = [f"G1 X{i % 50 + 0.5:g} Y{i % 30 + 1} F3000" for i in range(100)]
ARCS = ["G1 X0 Y10", "G2 X10 Y10 I5 J0", "G3 X20 Y10 I5 J0 F1200"]
PROGRAM = [*START, *CUTS, *ARCS, "M5", "G0 Z19", "M30"]


@dataclass
class Bench(StreamBench):
    """A router that keeps what it executed."""

    program: list[str] = field(default_factory=lambda: PROGRAM)
    settings: Settings = field(default_factory=Settings)
    firmware: Firmware = GRBL

    def made(self):
        return VirtualGrbl(self.settings, self.note)


@pytest.mark.parametrize("hal", [False, True])
def test_a_program_is_executed_once_and_in_order(tmp_path, hal):
    bench = Bench(tmp_path, settings=Settings(hal=hal))
    report = bench.run()
    assert bench.executed == PROGRAM
    assert (report.lines, report.lines_sent, report.resends) == (len(PROGRAM), len(PROGRAM), 0)
    assert bench.machine.received.lost_bytes == 0
    assert bench.journal.run().outcome == "finished"
    assert bench.journal.run().acknowledged == len(PROGRAM)
    assert report.window == ("1023 bytes" if hal else "128 bytes")


def test_it_returns_when_the_last_motion_is_over(tmp_path):
    bench = Bench(tmp_path, program=["G90", "G1 X100 Y1 Z1 F600"])
    report = bench.run()
    assert report.seconds > 20
    assert bench.machine.planner.at_rest
    assert bench.machine.planner.position == (-200, -179, -19)


def test_progress_goes_forward(tmp_path):
    bench = Bench(tmp_path)
    bench.run()
    assert [p.line for p in bench.progress] == sorted(p.line for p in bench.progress)
    assert bench.progress[-1].line == len(PROGRAM)
    assert {p.hotend_c for p in bench.progress} == {None}


def test_the_buffer_is_used_to_its_size(tmp_path):
    """As far as whole lines go, with the questions' room and that of one line kept."""
    bench = Bench(tmp_path)
    bench.run()
    assert bench.machine.received.most_bytes > 100


# What a cable may do to answers, in whatever pieces the bytes arrive.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lose=st.sampled_from([0, 2, 3, 7, 20, 60]),
    double=st.sampled_from([0, 2, 3, 7, 40, 60, 150]),
    pieces=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    instant=st.booleans(),
    hal=st.booleans(),
    told=st.booleans(),
)
def test_lost_and_doubled_answers_in_any_pieces_change_nothing(tmp_path, lose, double, pieces, instant, hal, told):
    faults = Faults(lose_ok_every=lose, double_ok_every=double)
    options = Settings(instant=instant, hal=hal, faults=faults, changed={} if told else {10: 1})
    turn = iter(range(10**9))
    bench = Bench(tmp_path, settings=options, cut=lambda waiting: min(waiting, pieces[next(turn) % len(pieces)]))
    bench.run()
    assert bench.executed == PROGRAM
    assert bench.machine.received.lost_bytes == 0
    assert bench.machine.received.most_bytes <= options.receive_bytes


# Without checksums damage on the way to the machine cannot be survived; it must not go on for ever, nor overflow.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flip=st.sampled_from([0, 11, 40, 150]),
    drop=st.sampled_from([0, 13, 50, 170]),
    seed=st.integers(0, 2**16),
    instant=st.booleans(),
)
def test_damaged_lines_end_it_with_a_reason_or_were_no_error_to_grbl(tmp_path, flip, drop, seed, instant):
    options = Settings(instant=instant, faults=Faults(flip_every=flip, drop_every=drop, seed=seed))
    bench = Bench(tmp_path, settings=options)
    try:
        bench.run()
    except MachineError as error:
        assert str(error)
        assert bench.journal.run().outcome == "failed"
        assert bench.journal.run().reason
    assert bench.port.now < 600


def test_a_lost_ok_costs_a_moment(tmp_path):
    clean = Bench(tmp_path / "a", settings=Settings(instant=True))
    lossy = Bench(tmp_path / "b", settings=Settings(instant=True, faults=Faults(lose_ok_every=10)))
    assert lossy.run().seconds < clean.run().seconds + 0.2 * len(PROGRAM) / 10


@pytest.fixture(autouse=True)
def _folders(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()


@pytest.mark.parametrize("instant", [True, False])
@pytest.mark.parametrize(
    ("faults", "error", "words"),
    [
        (Faults(reset_after=30), FirmwareHalted, "restarted"),
        (Faults(halt_after=30), FirmwareHalted, "ALARM:1"),
        (Faults(vanish_after=30), LinkLost, "vanished"),
    ],
    ids=["reset", "halt", "vanish"],
)
def test_a_machine_that_fails_ends_the_job_and_the_journal_says_where(tmp_path, faults, error, words, instant):
    bench = Bench(tmp_path, settings=Settings(instant=instant, faults=faults))
    with pytest.raises(error, match=words) as raised:
        bench.run()
    assert bench.executed == PROGRAM[:30]
    assert raised.value.left_hot == (error is LinkLost)
    run = bench.journal.run()
    assert run.outcome == "failed"
    assert run.acknowledged <= 30
    assert words in run.reason


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("G81 X1", r"line 11 \(G81 X1\): error:20"),
        ("G1 X301", r"line 11 \(G1 X301\): ALARM:2"),
        ("G1 Z-26", r"line 11 \(G1 Z-26\): ALARM:2"),
        ("G2 X50 Y50 I1 J1", r"line 11 \(G2 X50 Y50 I1 J1\): error:33"),
    ],
)
def test_a_program_grbl_does_not_take_moves_nothing(tmp_path, line, words):
    bench = Bench(tmp_path, program=[*PROGRAM[:10], line, *PROGRAM[10:]])
    with pytest.raises(ProgramNotTaken, match=words) as raised:
        bench.run()
    assert bench.executed == []
    assert bench.machine.planner.made == 0
    assert bench.machine.mode in ("", "Alarm")
    assert not raised.value.left_hot
    assert bench.journal.run().reserved == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"homed": False}, "home it"),
        ({"changed": {20: 0}}, "soft limits"),
        ({"changed": {20: 0, 22: 0}}, "soft limits"),
        ({"changed": {32: 1}}, "laser mode"),
    ],
)
def test_a_machine_that_is_not_ready_moves_nothing(tmp_path, options, words):
    bench = Bench(tmp_path, settings=Settings(**options))
    with pytest.raises(ProgramNotTaken, match=words):
        bench.run()
    assert bench.executed == []


def test_a_grblhal_that_was_only_unlocked_has_no_soft_limits_and_gets_no_program(tmp_path):
    bench = Bench(tmp_path, settings=Settings(hal=True, homed=False))
    bench.machine.receive(b"$X\n", 0.0)
    with pytest.raises(ProgramNotTaken, match="not homed"):
        bench.run()
    assert bench.executed == []


def test_a_stop_comes_to_rest_keeps_the_position_and_turns_the_spindle_off(tmp_path):
    bench = Bench(tmp_path, program=["G90", "M3 S1000", "G1 X200 Y1 Z1 F600", "G1 X1", "M5"])
    bench.stop = lambda: "asked" if bench.port.now > 10 else None
    with pytest.raises(Stopped, match=r"^asked$"):
        bench.run()
    assert bench.machine.mode == ""
    assert bench.machine.router.spindle_rpm == 0
    assert bench.machine.planner.at_rest
    assert bench.own[-2:] == ["M5M9", "$G"]
    place = bench.machine.planner.position
    assert -100 < place[0] < 0


def test_making_safe_stops_whatever_it_was_doing():
    machine = VirtualGrbl()
    machine.receive(b"M3 S1000\nG1 X-200 Y-100 Z-20 F600\n", 0.0)
    machine.receive(b"G53 G1 X-200 Y-100 Z-20 F600\n", 0.1)
    port = MemoryPort(machine)
    make_safe(port, firmware=GRBL, clock=port.clock)
    assert machine.router.spindle_rpm == 0
    assert not machine.planner.moves


def test_a_run_that_was_cut_off_is_made_safe_and_not_gone_on_with(tmp_path):
    bench = Bench(tmp_path)
    bench.journal.begin(len(PROGRAM))
    with pytest.raises(NotResumable, match="does not number lines"):
        bench.run(Whereabouts(5, 512))
    assert bench.executed == []
    assert bench.own[-2:] == ["M5M9", "$G"]


@pytest.mark.parametrize("instant", [True, False])
def test_a_pause_of_the_program_is_told_and_waited_for(tmp_path, instant):
    bench = Bench(tmp_path, program=["G21", "M0", "G90"], settings=Settings(instant=instant))
    told = []

    def owner():
        attention = bench.progress[-1].attention if bench.progress else ""
        if attention and not told:
            told.append((bench.port.now, attention, bench.progress[-1].paused))
        if told and bench.port.now > told[0][0] + 600:
            bench.machine.receive(b"~", bench.port.now)
        return

    bench.stop = owner
    bench.run()
    assert bench.executed == ["G21", "M0", "G90"]
    assert told[0][2]
    assert "M0" in told[0][1]
    assert bench.port.now > 600


def test_a_held_program_goes_on_when_somebody_here_says_so_once(tmp_path):
    """Asked at every look; it is heeded only where the program is held."""
    bench = Bench(tmp_path, program=["G21", "M0", "G90", "M0", "G17"])
    asked = []

    def ask():
        asked.append(bench.progress[-1].paused if bench.progress else False)
        return len(asked) % 50 == 0

    bench.resume = ask
    bench.run()
    assert bench.executed == ["G21", "M0", "G90", "M0", "G17"]
    assert asked.count(True) > 40


def test_no_pause_is_passed_before_it_was_told(tmp_path):
    """Somebody says it all the time: also between a pause and the first look at it."""
    bench = Bench(tmp_path, program=["G21", "M0", "M0", "G90"])
    bench.resume = lambda: True
    bench.run()
    assert bench.executed == ["G21", "M0", "M0", "G90"]
    held = [progress.paused for progress in bench.progress]
    assert [now for before, now in pairwise(held) if before != now] == [True, False, True, False]


@pytest.mark.parametrize(
    ("peer", "firmware"),
    [
        (VirtualGrbl(Settings()), GRBL),
        (VirtualGrbl(Settings(hal=True, homed=False)), GRBL),
        (marlin.VirtualMarlin(marlin.Settings()), MARLIN),
    ],
)
@pytest.mark.parametrize("greeted", [True, False])
def test_each_virtual_machine_is_known(peer, firmware, greeted):
    if not greeted:
        peer.advance(0.0)
    port = MemoryPort(peer)
    assert detect(port, clock=port.clock) is firmware
    assert port.now < 1.0


def test_a_line_nobody_is_at_is_no_machine():
    class Nobody:
        wake_at, gone = None, False

        def receive(self, data, now):
            pass

        def advance(self, now):
            return b""

    port = MemoryPort(Nobody())
    with pytest.raises(ProtocolError, match="--firmware"):
        detect(port, clock=port.clock)
    with pytest.raises(Stopped, match="enough"):
        detect(port, clock=port.clock, stop_requested=lambda: "enough")
