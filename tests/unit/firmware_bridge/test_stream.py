"""The streamer and the virtual printer in one thread and virtual time: nothing here waits."""

import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.agent.runs.process import LINE_BYTES_MAX
from firmware_bridge.errors import (
    FirmwareHalted,
    JournalError,
    LinkLost,
    NotResumable,
    ProtocolError,
    Stopped,
)
from firmware_bridge.journal.resumption import whereabouts
from firmware_bridge.program import RANGE_LINES
from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE
from firmware_bridge.protocol.marlin.lines import SYNC
from firmware_bridge.stream import make_safe
from firmware_bridge.transport.memory import MemoryPort
from firmware_bridge.virtual.faults import Faults
from firmware_bridge.virtual.marlin import GREETING, Settings, VirtualMarlin
from firmware_bridge.wire import Progress
from tests.unit.firmware_bridge.printer import PROGRAM, Bench


def test_a_program_is_executed_once_and_in_order(tmp_path):
    bench = Bench(tmp_path)
    report = bench.run()
    assert bench.executed == PROGRAM
    assert (report.lines, report.lines_sent, report.resends) == (len(PROGRAM), len(PROGRAM), 0)
    assert bench.journal.run().outcome == "finished"
    assert bench.journal.run().acknowledged == len(PROGRAM)


def test_it_returns_when_the_last_motion_is_over(tmp_path):
    bench = Bench(tmp_path, program=["G90", "G1 X100 F600"])
    report = bench.run()
    assert report.seconds > 10
    assert bench.machine.printer.motion.over_at <= bench.port.now


def test_progress_tells_line_temperatures_and_remaining_time(tmp_path):
    bench = Bench(tmp_path)
    bench.run()
    assert [p.line for p in bench.progress] == sorted(p.line for p in bench.progress)
    assert max(p.hotend_target_c or 0 for p in bench.progress) == 60
    assert any(40 < (p.hotend_c or 0) < 55 for p in bench.progress)
    assert bench.progress[-1].line == bench.progress[-1].lines == len(PROGRAM)
    assert bench.progress[-1].remaining_s == 0
    halfway = next(p for p in bench.progress if p.line > len(PROGRAM) / 2)
    assert 0 < halfway.remaining_s < 200


# What a cable may do: each of these alone or together, in whatever pieces the bytes arrive.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flip=st.sampled_from([0, 5, 11, 20]),
    drop=st.sampled_from([0, 6, 13, 20]),
    lose=st.sampled_from([0, 4, 9, 20]),
    double=st.sampled_from([0, 20, 30]),
    seed=st.integers(0, 2**16),
    pieces=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    instant=st.booleans(),
    advanced_ok=st.booleans(),
    autoreport=st.booleans(),
)
def test_noise_of_any_kind_in_any_pieces_changes_nothing(
    tmp_path, flip, drop, lose, double, seed, pieces, instant, advanced_ok, autoreport
):
    faults = Faults(flip_every=flip, drop_every=drop, lose_ok_every=lose, double_ok_every=double, seed=seed)
    options = Settings(instant=instant, advanced_ok=advanced_ok, autoreport=autoreport, faults=faults)
    turn = iter(range(10**9))
    bench = Bench(tmp_path, settings=options, cut=lambda waiting: min(waiting, pieces[next(turn) % len(pieces)]))
    bench.run()
    assert bench.executed == PROGRAM


def test_a_lost_ok_costs_a_moment_not_half_a_minute(tmp_path):
    options = Settings(instant=True, faults=Faults(lose_ok_every=10))
    bench = Bench(tmp_path, settings=options)
    report = bench.run()
    assert report.probes >= 6
    assert report.seconds < 1 + 0.5 * report.probes


@pytest.mark.parametrize(
    ("faults", "error", "words"),
    [
        (Faults(reset_after=30), FirmwareHalted, "restarted"),
        (Faults(halt_after=30), FirmwareHalted, "Thermal Runaway"),
        (Faults(vanish_after=30), LinkLost, "vanished"),
    ],
    ids=["reset", "halt", "vanish"],
)
def test_a_machine_that_fails_ends_the_job_and_the_journal_says_where(tmp_path, faults, error, words):
    bench = Bench(tmp_path, settings=Settings(faults=faults))
    with pytest.raises(error, match=words) as caught:
        bench.run()
    assert bench.executed == PROGRAM[:30]
    run = bench.journal.run()
    assert (run.outcome, run.acknowledged) == ("failed", 30)
    assert (caught.value.line, caught.value.lines) == (30, len(bench.program))
    assert words in run.reason


def test_a_range_is_in_the_journal_before_any_line_of_it_is_sent(tmp_path):
    bench = Bench(tmp_path, program=[f"G1 X{i % 100} F6000" for i in range(2 * RANGE_LINES + 10)])
    seen = []
    listen = bench.machine._executed
    bench.machine._executed = lambda n, line: (listen(n, line), seen.append((n, bench.journal.run().reserved)))
    bench.run()
    assert all(reserved >= number - COUNT_BEFORE for number, reserved in seen if number)
    assert {reserved for number, reserved in seen if number} == {
        RANGE_LINES,
        2 * RANGE_LINES,
        2 * RANGE_LINES + 10,
    }


def test_a_screen_that_went_away_ends_no_print(tmp_path, capsys):
    bench = Bench(tmp_path)

    def gone(_progress):
        raise BrokenPipeError("terminal gone")

    bench.progress = type("Screen", (), {"append": staticmethod(gone)})
    bench.run()
    assert bench.executed == PROGRAM
    assert capsys.readouterr().err.count("BrokenPipeError: terminal gone") == 1


def test_a_pause_at_the_machine_shows_in_the_progress(tmp_path):
    bench = Bench(tmp_path)
    bench.stop = lambda: "asked" if bench.progress and bench.progress[-1].paused else None
    advance = bench.machine.advance
    bench.machine.advance = lambda now: advance(now) + (b"//action:paused\n" if len(bench.executed) > 20 else b"")
    with pytest.raises(Stopped):
        bench.run()


def test_making_safe_after_a_restart_ends_what_the_machine_was_doing(tmp_path):
    machine = VirtualMarlin()
    port = MemoryPort(machine)
    port.write(b"M104 S200\nM140 S60\nM109 S200\n")
    port.read(5)
    make_safe(port, clock=port.clock)
    assert (machine.printer.hotend.target_c, machine.printer.bed.target_c) == (0, 0)


def test_making_safe_reports_a_machine_that_does_not_answer():
    machine = VirtualMarlin()
    machine.halted = True
    port = MemoryPort(machine)
    port.read(1)
    with pytest.raises(LinkLost, match="did not confirm"):
        make_safe(port, clock=port.clock)


def test_a_program_that_changed_since_it_was_armed_is_not_sent(tmp_path):
    bench = Bench(tmp_path)
    bench.path.write_bytes(bench.path.read_bytes() + b"M104 S250\n")
    with pytest.raises(JournalError, match="has changed"):
        bench.run()
    assert bench.executed == bench.own == []
    assert bench.journal.run() is None


def test_a_line_the_firmware_could_not_take_is_refused_before_the_first_byte(tmp_path):
    bench = Bench(tmp_path, program=["G28", "M117 " + "x" * 95])
    with pytest.raises(ProtocolError, match="line 2 has"):
        bench.run()
    assert bench.own == []


def test_an_empty_program_ends_well(tmp_path):
    bench = Bench(tmp_path, program=[])
    assert bench.run().lines == 0


def test_a_run_that_was_cut_off_before_its_first_line_goes_on_with_it(tmp_path):
    bench = Bench(tmp_path)
    assert GREETING in bench.port.read(1)
    bench.machine.receive(SYNC, bench.port.now)
    bench.journal.begin(len(PROGRAM))
    bench.journal.reserve(len(PROGRAM))
    bench.run(whereabouts(bench.journal.run(), now=time.time()))
    assert bench.executed == PROGRAM


def test_a_run_that_was_cut_off_goes_on_and_one_whose_machine_was_reset_does_not(tmp_path):
    bench = Bench(tmp_path, settings=Settings(faults=Faults(vanish_after=30)))
    with pytest.raises(LinkLost):
        bench.run()
    found = whereabouts(bench.journal.run(), now=time.time())
    bench.machine.gone = False
    bench.run(found)
    assert bench.executed == PROGRAM
    assert bench.journal.run().outcome == "finished"

    other = Bench(tmp_path / "other")
    assert GREETING in other.port.read(1)
    other.journal.begin(len(PROGRAM))
    other.journal.reserve(len(PROGRAM))
    other.journal.acknowledge(20)
    with pytest.raises(NotResumable, match="reset since: it counts from 0 again"):
        other.run(whereabouts(other.journal.run(), now=time.time()))
    assert other.executed == []
    assert other.off


def test_a_printer_that_boots_when_it_is_asked_where_it_stands_was_reset(tmp_path):
    bench = Bench(tmp_path)
    bench.journal.begin(len(PROGRAM))
    bench.journal.reserve(len(PROGRAM))
    bench.journal.acknowledge(20)
    receive = bench.machine.receive

    def boot(_data, _now):
        bench.machine._out.append(GREETING)
        bench.machine.receive = receive

    bench.machine.receive = boot
    with pytest.raises(NotResumable, match="the machine was reset since"):
        bench.run(whereabouts(bench.journal.run(), now=time.time()))


class Notifying(MemoryPort):
    """Its machine has words for a person, between any two of its answers."""

    words = b""

    def read(self, timeout_s):
        data = super().read(timeout_s)
        return data + b"//action:notification " + self.words + b"\n" if data.endswith(b"\n") else data


@pytest.mark.parametrize("words", [b"Ender\x003 ready", b"x" * 3000, b"\xff\x1b[2J" * 600])
def test_a_printers_words_are_made_fit_for_the_wire(tmp_path, words):
    """Unfit ones would end the telling, or the bridge that hears them."""
    bench = Bench(tmp_path)
    bench.port = Notifying(bench.machine)
    bench.port.words = words
    bench.run()
    told = [msgspec.json.encode(progress) for progress in bench.progress]
    assert any(msgspec.json.decode(one, type=Progress).attention for one in told)
    assert max(map(len, told)) < LINE_BYTES_MAX
