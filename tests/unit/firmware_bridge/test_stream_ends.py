"""How the streamer ends what cannot go on, in virtual time: everything off first, or said to be hot."""

import pytest

from firmware_bridge.errors import (
    JournalError,
    LinkLost,
    MachineError,
    ProtocolError,
    Stopped,
)
from firmware_bridge.machine import Limits
from firmware_bridge.protocol.conversation import Whereabouts
from firmware_bridge.protocol.firmwares import GRBL, MARLIN
from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE
from firmware_bridge.protocol.silence import Timings
from firmware_bridge.stream import make_safe
from firmware_bridge.virtual.faults import Faults
from firmware_bridge.virtual.marlin import GREETING, Settings
from tests.unit.firmware_bridge.printer import MOVES, PROGRAM, Bench


@pytest.mark.parametrize("emergency_parser", [True, False])
def test_a_stop_while_heating_is_prompt_and_turns_everything_off(tmp_path, emergency_parser):
    bench = Bench(tmp_path, program=["M106 S255", "M140 S60", "M109 S250", *MOVES])
    bench.settings = Settings(emergency_parser=emergency_parser)
    bench.__post_init__()
    bench.stop = lambda: "asked" if bench.port.now > 10 else None
    with pytest.raises(Stopped, match=r"^asked$"):
        bench.run()
    printer = bench.machine.printer
    assert bench.port.now < 15
    assert (printer.hotend.target_c, printer.bed.target_c, printer.fan) == (0, 0, 0)
    bench.machine.advance(bench.port.now + 10)
    assert bench.own[-1] == "M84"
    # Who would not hear a stop in an M109 is not sent it before it is nearly warm.
    assert bench.executed[-1] == ("M109 S250" if emergency_parser else "M140 S60")
    assert (bench.journal.run().outcome, bench.journal.run().stopped) == ("failed", True)


def test_a_stop_in_motion_does_not_wait_for_planned_moves(tmp_path):
    bench = Bench(tmp_path, program=["G91", *(["G1 X100 F600"] * 40)])
    bench.stop = lambda: "asked" if bench.port.now > 5 else None
    with pytest.raises(Stopped):
        bench.run()
    assert bench.port.now < 8


def test_a_stop_nobody_confirms_says_so(tmp_path):
    bench = Bench(tmp_path)
    bench.machine.receive = lambda _data, _now: None
    bench.stop = lambda: "asked"
    with pytest.raises(Stopped, match="asked; the machine did not confirm"):
        bench.run()


HOT = ["M104 S200", "M140 S60", "M106 S255", "G28", *MOVES]


def full_disk(_up_to):
    raise JournalError("cannot write the journal: No space left on device")


def test_a_full_disk_turns_the_machine_off_first(tmp_path):
    bench = Bench(tmp_path, program=HOT)
    acknowledge = bench.journal.acknowledge
    bench.journal.acknowledge = lambda up_to: (full_disk if up_to > 20 else acknowledge)(up_to)
    with pytest.raises(JournalError, match=r"No space left on device$") as caught:
        bench.run()
    assert bench.off
    assert not caught.value.left_hot
    assert (bench.journal.run().outcome, bench.journal.run().stopped) == ("failed", False)


def test_a_bug_turns_the_machine_off_first(tmp_path):
    bench = Bench(tmp_path, program=HOT)
    bench.stop = lambda: 1 / 0 if len(bench.executed) > 20 else None
    with pytest.raises(MachineError, match=r"unforeseen ZeroDivisionError: division by zero$") as caught:
        bench.run()
    assert bench.off
    assert not caught.value.left_hot


def test_a_line_that_never_gets_through_leaves_the_machine_off(tmp_path):
    bench = Bench(tmp_path, program=HOT)
    receive = bench.machine.receive
    bench.machine.receive = lambda data, now: receive(data.replace(b"N%d " % (30 + COUNT_BEFORE), b"N0 "), now)
    with pytest.raises(ProtocolError, match=r"line 30 does not get through \(\d+ attempts\)$") as caught:
        bench.run()
    assert bench.off
    assert not caught.value.left_hot


def test_a_machine_that_may_be_left_hot_is_said_to_be(tmp_path):
    bench = Bench(tmp_path, settings=Settings(faults=Faults(vanish_after=30)))
    with pytest.raises(LinkLost, match="vanished; the machine did not confirm") as caught:
        bench.run()
    assert caught.value.left_hot


@pytest.mark.parametrize("found", [None, Whereabouts(acknowledged=12, reserved=len(PROGRAM))])
def test_one_that_was_never_found_again_is_as_far_as_its_journal_says(tmp_path, found):
    bench = Bench(tmp_path)
    assert GREETING in bench.port.read(1)
    bench.machine.receive = lambda _data, _now: None
    bench.journal.begin(len(PROGRAM))
    with pytest.raises(LinkLost) as caught:
        bench.run(found)
    assert (caught.value.line, caught.value.lines) == (12 if found else 0, len(PROGRAM))


def test_a_bed_that_the_bridge_itself_began_to_heat_may_be_left_hot(tmp_path):
    bench = Bench(tmp_path, program=["M190 S60", *MOVES], settings=Settings(emergency_parser=False))

    def pulled():
        bench.machine.gone = "M140 S60" in bench.own

    bench.stop = pulled
    with pytest.raises(LinkLost, match="vanished; the machine did not confirm") as caught:
        bench.run()
    assert bench.executed == []
    assert caught.value.left_hot


def test_nothing_is_turned_off_before_the_first_line(tmp_path):
    bench = Bench(tmp_path)
    bench.journal.reserve = full_disk
    with pytest.raises(JournalError) as caught:
        bench.run()
    assert "M104 S0" not in bench.own
    assert not caught.value.left_hot


@pytest.mark.parametrize(
    ("faults", "words", "within_s"),
    [
        (Faults(heater_fails_after=2), "has not got 2 °C warmer in 120 s", 150),
        (Faults(sensor_sticks_after=2), "has not got 2 °C warmer in 120 s", 150),
        (Faults(sensor_drops_after=2), "the hot end reads -20 °C: look at its sensor", 20),
    ],
    ids=["heater", "sticks", "drops"],
)
@pytest.mark.parametrize("autoreport", [True, False])
def test_heat_that_cannot_be_true_stops_the_run_and_turns_everything_off(tmp_path, faults, words, within_s, autoreport):
    program = ["M140 S60", "M104 S200", "G28", "M109 S200", *MOVES]
    bench = Bench(tmp_path, program=program, settings=Settings(faults=faults, autoreport=autoreport))
    with pytest.raises(Stopped, match=words) as caught:
        bench.run()
    assert bench.port.now < within_s
    assert bench.off
    assert not caught.value.left_hot
    assert words in bench.journal.run().reason
    assert bench.journal.run().stopped


def test_a_heater_that_fails_in_mid_print_stops_the_run(tmp_path):
    program = ["M104 S200", "M109 S200", *["G4 P1000"] * 1_000]
    bench = Bench(tmp_path, program=program, settings=Settings(faults=Faults(heater_fails_after=30)))
    with pytest.raises(Stopped, match="had reached 200 °C and has been far below it for 120 s"):
        bench.run()
    assert bench.off


def test_heat_above_the_owners_limit_stops_the_run(tmp_path):
    bench = Bench(tmp_path, program=["M104 S200", "M109 S200", *MOVES])
    bench.limits = Limits(hotend_max_c=150)
    with pytest.raises(Stopped, match="its limit is 150 °C"):
        bench.run()
    assert bench.off


def test_a_machine_whose_port_vanished_heard_nothing_of_a_stop(tmp_path):
    bench = Bench(tmp_path, settings=Settings(faults=Faults(vanish_after=30)))
    with pytest.raises(LinkLost):
        bench.run()
    assert not bench.journal.run().switched_off


@pytest.mark.parametrize("ending", ["stopped", "silent", "vanished while stopping"])
def test_a_machine_that_was_told_to_turn_off_or_may_have_been_is_noted(tmp_path, ending):
    bench = Bench(tmp_path, program=HOT)
    receive = bench.machine.receive

    def listen(data, now):
        if ending == "silent" and len(bench.executed) > 20:
            return
        receive(data, now)
        bench.machine.gone = ending == "vanished while stopping" and b"M104 S0" in data

    bench.machine.receive = listen
    bench.stop = lambda: "asked" if ending != "silent" and len(bench.executed) > 20 else None
    with pytest.raises(MachineError):
        bench.run()
    assert bench.journal.run().outcome == "failed"
    assert bench.journal.run().switched_off


@pytest.mark.parametrize(("firmware", "what"), [(MARLIN, "its heaters are off"), (GRBL, "its spindle is off")])
def test_what_is_not_confirmed_is_what_such_a_machine_has(tmp_path, firmware, what):
    """Nothing answers, ever."""
    port = Unplugged()
    with pytest.raises(LinkLost) as caught:
        make_safe(port, firmware=firmware, timings=Timings(), clock=lambda: port.now)
    assert str(caught.value).endswith(f"; the machine did not confirm that {what}, look at it now")


class Unplugged:
    """A line with nobody at its end; each wait is over at once."""

    def __init__(self):
        self.now = 0.0

    def read(self, timeout_s):
        self.now += max(timeout_s, 0.001)
        return b""

    def write(self, data):
        pass

    def close(self):
        pass
