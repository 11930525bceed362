"""The one shell above each host: once started, watched to its end, whatever is answered."""

import hashlib
import time

import pytest

from firmware_bridge import hosts
from firmware_bridge.errors import FirmwareHalted, HostRefused, LinkLost, MachineError, ProgramNotTaken, Stopped
from firmware_bridge.hosts.watch import HostedJob, Left, Pace, Watch, name_of
from firmware_bridge.journal import Journal
from firmware_bridge.machine import Link
from tests.integration.firmware_bridge.hosts.fake_hosts import KEY, hangs_up, says

PROGRAM = b"".join(b"G1 X%d\n" % n for n in range(200))
SHA = hashlib.sha256(PROGRAM).hexdigest()
QUICK = Pace(poll_s=0.02, settle_s=0.5, gone_after_s=1.0, wait=lambda s: time.sleep(min(s, 0.02)))


class Bench:
    """A job at a host; `act` is called with each progress, and `stop` and `gone` are what the bridge says."""

    def __init__(self, fake, folder):
        self.fake, self.told, self.stop, self.gone = fake, [], None, False
        self.act = lambda progress: None
        self.program = folder / "program"
        self.program.write_bytes(PROGRAM)
        self.link = Link(host=fake.kind, url=fake.url, key=KEY)
        self.journal = Journal.open(folder / "journal", self.link.address, SHA)

    def watch(self, pace=QUICK, key=KEY):
        def on_progress(progress):
            self.told.append(progress)
            self.act(progress)

        return Watch(
            hosts.open_host(Link(host=self.fake.kind, url=self.fake.url, key=key)),
            HostedJob("a1", self.program, 60.0),
            self.journal,
            on_progress=on_progress,
            stop_requested=lambda: "the bridge went away" if self.gone else self.stop,
            left=lambda: self.gone,
            pace=pace,
        )

    def ends(self, error, match="", **how):
        with pytest.raises(error, match=match) as caught:
            self.watch(**how).begin()
        return caught.value

    @property
    def printer(self):
        return self.fake.printer

    @property
    def outcome(self):
        return self.journal.run().outcome

    @property
    def name(self):
        return name_of("a1", self.journal.run())


@pytest.fixture
def bench(fake, tmp_path):
    return Bench(fake, tmp_path)


def test_the_very_bytes_are_printed_once_and_to_the_end(bench):
    bench.watch().begin()
    assert bench.printer.starts == [bench.name]
    assert bench.printer.files == {bench.name: PROGRAM}
    assert bench.outcome == "finished"
    lines = [progress.line for progress in bench.told]
    assert lines == sorted(lines)
    assert 0 < lines[-1] <= 200
    assert {progress.hotend_target_c for progress in bench.told} == {205.0}


def test_a_pause_at_the_host_is_told(bench):
    def act(progress):
        bench.printer.paused = not progress.paused

    bench.act = act
    bench.watch().begin()
    assert {progress.paused for progress in bench.told} == {True, False}
    assert bench.outcome == "finished"


def test_a_stop_cancels_and_turns_off(bench):
    bench.act = lambda progress: setattr(bench, "stop", "enough")
    error = bench.ends(Stopped, "enough")
    assert bench.printer.ended == {bench.name: "cancelled"}
    assert bench.printer.target == 0
    assert not error.left_hot
    assert bench.outcome == "failed"
    assert bench.journal.run().stopped


def test_a_heater_that_stays_on_is_said(bench):
    bench.printer.heater_stuck = True
    bench.act = lambda progress: setattr(bench, "stop", "enough")
    pace = Pace(poll_s=0.02, settle_s=0.5, wait=lambda s: None, clock=Steps(0.3))
    error = bench.ends(Stopped, "did not confirm that its heaters", pace=pace)
    assert error.left_hot


class Steps:
    """A clock that moves by so much at each look."""

    def __init__(self, step_s):
        self.now, self.step_s = 0.0, step_s

    def __call__(self):
        self.now += self.step_s
        return self.now


def test_cancelled_at_the_host(bench):
    bench.act = lambda progress: bench.printer.cancel()
    error = bench.ends(MachineError, "cancelled")
    assert isinstance(error, Stopped | FirmwareHalted)
    assert bench.printer.target == 0
    assert not error.left_hot


def test_a_print_that_fails_there_has_failed(bench):
    bench.act = lambda progress: bench.printer.end("failed" if bench.fake.kind != "moonraker" else "error")
    if bench.fake.kind == "prusalink":  # a printer in this state confirms nothing
        pace = Pace(poll_s=0.02, wait=lambda s: None, clock=Steps(0.3))
        assert bench.ends(FirmwareHalted, "did not succeed", pace=pace).left_hot
    else:
        assert not bench.ends(FirmwareHalted, "did not succeed").left_hot


def test_a_host_that_was_restarted_and_forgot_the_job_leaves_it_lost_and_cold(bench):
    bench.act = lambda progress: bench.printer.forget()
    pace = Pace(poll_s=0.02, settle_s=0.5, wait=lambda s: None, clock=Steps(0.05))
    error = bench.ends(LinkLost, "does not know how it ended: it is idle", pace=pace)
    assert error.left_hot is (bench.fake.kind == "prusalink")  # which has no way to turn a heater off
    assert bench.printer.starts == [bench.name]


def test_what_its_owner_prints_meanwhile_is_not_touched(bench):
    def act(progress):
        bench.printer.forget()
        bench.printer.files["vase.gcode"] = b"G28\n"
        bench.printer.print_s = 100.0
        bench.printer.start("vase.gcode")

    bench.act = act
    error = bench.ends(LinkLost, r"is busy with vase\.gcode")
    assert bench.printer.printing
    assert bench.printer.target == 205
    assert not error.left_hot


@pytest.mark.parametrize("trouble", ["down", "500", "redirect", "long", "rubbish", "key"])
def test_a_host_in_trouble_is_waited_for_and_then_known_to_have_finished(bench, trouble):
    faults = {
        "500": says(500, b"sorry"),
        "redirect": says(302, b"", Location="http://elsewhere.example/"),
        "long": says(200, b" " * 10_000_000),
        "rubbish": says(200, b'{"printer": [[[['),
        "key": says(403, b'{"error": "who are you?"}'),
        "down": hangs_up,
    }
    path = bench.fake.look_path
    attention = []

    def act(progress):
        bench.fake.faults[path] = faults[trouble]
        if progress.attention:
            attention.append(progress.attention)
            del bench.fake.faults[path]
            bench.act = lambda progress: None

    bench.act = act
    bench.watch().begin()
    assert len(attention) == 1
    assert "it may go on printing" in attention[0]
    assert bench.outcome == "finished"
    assert bench.printer.starts == [bench.name]


def test_a_host_that_never_answers_again_is_lost(bench):
    bench.act = lambda progress: bench.fake.down()
    pace = Pace(poll_s=0.02, gone_after_s=1.0, wait=lambda s: None, clock=Steps(0.3))
    error = bench.ends(LinkLost, "nothing was heard of it", pace=pace)
    assert error.left_hot


def start_path(bench):
    return bench.fake.start_path if bench.fake.kind == "moonraker" else f"{bench.fake.start_path}/{bench.name}"


def test_a_start_whose_answer_is_lost_is_not_asked_again(bench):
    """It had begun all the same."""

    def swallow(handler):
        bench.printer.start(bench.name)
        handler.close_connection = True

    watch = bench.watch()
    bench.fake.faults = Late(bench, swallow)
    watch.begin()
    assert bench.printer.starts == [bench.name]
    assert bench.outcome == "finished"


class Late(dict):
    """A fault at the start call, whose path is known only once the program has its name."""

    def __init__(self, bench, fault):
        super().__init__()
        self.bench, self.fault = bench, fault

    def __contains__(self, asked):
        return asked.startswith(self.bench.fake.start_path) and asked == start_path(self.bench)

    def __getitem__(self, asked):
        return self.fault


@pytest.mark.parametrize("fault", [hangs_up, says(500, b"sorry")])
def test_a_start_that_came_to_nothing_is_lost_not_repeated(bench, fault):
    bench.fake.faults = Late(bench, fault)
    bench.ends(LinkLost, "does not know how it ended: it is idle")
    assert bench.fake.asked.count(start_path(bench)) == 1
    assert bench.printer.starts == []


def test_a_start_that_is_refused_has_failed_and_is_safe(bench):
    bench.fake.faults = Late(bench, says(409, b'{"error": "not now"}'))
    error = bench.ends(HostRefused, "409|not now")
    assert not error.left_hot
    assert bench.outcome == "failed"


def test_a_busy_or_absent_machine_is_left_alone(bench):
    bench.printer.files["vase.gcode"] = b"G28\n"
    bench.printer.print_s = 100.0
    bench.printer.start("vase.gcode")
    bench.ends(ProgramNotTaken, r"is busy with vase\.gcode: nothing was started")
    assert bench.printer.printing
    bench.printer.cancel()
    bench.printer.connected = False
    bench.ends(ProgramNotTaken, "has no machine ready")
    assert bench.printer.starts == ["vase.gcode"]


def test_a_wrong_key_or_a_host_that_is_away_starts_nothing(bench):
    bench.ends(HostRefused, r"is the key of \[link\] right", key="wrong")
    bench.fake.down()
    bench.ends(ProgramNotTaken, "nothing was started")
    assert bench.printer.starts == []


def test_a_stop_during_the_upload_starts_nothing(bench):
    bench.stop = "enough"
    bench.ends(Stopped, "before .* was told to start")
    assert bench.printer.starts == []


def test_a_bridge_that_goes_leaves_the_print_and_the_next_sees_its_end(bench):
    bench.act = lambda progress: setattr(bench, "gone", True)
    with pytest.raises(Left):
        bench.watch().begin()
    assert bench.printer.printing
    assert bench.outcome is None
    bench.gone, bench.act = False, lambda progress: None
    bench.watch().rejoin()
    assert bench.printer.starts == [bench.name]
    assert bench.outcome == "finished"
    bench.watch().rejoin()  # and says so again


def test_a_print_that_ended_while_no_bridge_was_there(bench):
    bench.printer.print_s = 0.3
    bench.act = lambda progress: setattr(bench, "gone", True)
    with pytest.raises(Left):
        bench.watch().begin()
    deadline = time.monotonic() + 10
    while bench.printer.printing:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    bench.gone = False
    bench.watch().rejoin()
    assert bench.outcome == "finished"


def test_cut_off_before_the_start_nothing_was_printed_and_nothing_is(bench):
    bench.gone = True
    with pytest.raises(Left):
        bench.watch().begin()
    bench.gone = False
    with pytest.raises(ProgramNotTaken, match="nothing was printed"):
        bench.watch().rejoin()
    assert bench.printer.starts == []


def test_cut_off_between_intent_and_start_it_is_lost_and_never_started(bench):
    """On disk it may have been started: it was not, and nobody can know."""
    bench.journal.begin(200)
    bench.journal.reserve(200)
    bench.journal.close()
    with pytest.raises(LinkLost):
        bench.watch().rejoin()
    assert bench.printer.starts == []


def test_what_had_failed_is_told_again(bench):
    bench.act = lambda progress: setattr(bench, "stop", "enough")
    bench.ends(Stopped, "enough")
    with pytest.raises(MachineError, match="enough"):
        bench.watch().rejoin()


def test_a_host_that_rewrites_programs_prints_none(bench):
    store = bench.printer.store
    bench.printer.store = lambda name, data: store(name, b"; thumbnail\n" + data)
    bench.ends(HostRefused, "rewrites uploaded files")
    assert bench.printer.starts == []
