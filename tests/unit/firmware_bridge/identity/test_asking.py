"""Finding the rate and asking, over a port whose machine is noise at any other rate; no waiting is real."""

import pytest

from firmware_bridge.errors import LinkLost, MachineError
from firmware_bridge.identity.asking import QUESTIONS, Rate, ask_all, find_rate, which_firmware
from firmware_bridge.identity.intelligible import RATES
from firmware_bridge.identity.marlin import read_marlin
from firmware_bridge.transport.memory import MemoryPort
from firmware_bridge.virtual.marlin import Settings, VirtualMarlin
from firmware_bridge.virtual.rates import AtRate
from tests.unit.firmware_bridge.identity.answers import GRBL
from tests.unit.firmware_bridge.identity.scripted import ScriptedGrbl, ScriptedKlipper, ScriptedRepetier

HARMLESS = {"_", "M105", "M115", "M503", "M211"}


class Silent:
    gone, wake_at = False, None

    def receive(self, data, now):
        pass

    def advance(self, now):
        return b""


class Chatter(Silent):
    """A GPS: it talks by itself, and is no firmware."""

    @property
    def wake_at(self):
        return self._next

    def __init__(self) -> None:
        self._next = 0.0

    def advance(self, now):
        if now < self._next:
            return b""
        self._next = now + 0.5
        return b"$GPGGA,123519,4807.038,N,01131.000,E*47\r\n"


def over(machine, baud=None):
    """A port to the machine; with `baud` it is noise at any other rate."""
    port = MemoryPort(AtRate(machine, baud, lambda: port.baud) if baud else machine)
    return port


def printer(**settings):
    executed = []
    return VirtualMarlin(Settings(**settings), lambda number, line: executed.append((number, line))), executed


@pytest.mark.parametrize("baud", RATES)
def test_a_printers_rate_is_found_and_nothing_but_questions_reaches_it(baud):
    machine, executed = printer()
    port = over(machine, baud)
    assert find_rate(port, clock=port.clock) == Rate(baud, "marlin")
    assert port.baud == baud
    assert port.now < 12
    assert all(number is None for number, _line in executed)
    words = {line for _number, line in executed if line.isascii() and line.isprintable()}
    assert words <= HARMLESS
    assert machine.printer.motion.moves == 0
    assert machine.printer.hotend.target_c == machine.printer.bed.target_c == 0


@pytest.mark.parametrize("baud", RATES)
def test_a_grbls_rate_is_found_without_a_real_time_command(baud):
    machine = ScriptedGrbl(greets=False)
    port = over(machine, baud)
    assert find_rate(port, clock=port.clock) == Rate(baud, "grbl")
    assert set(machine.realtime) <= {0x80, 0x98, 0x8A, 0xE6, *range(0xA2, 0x100)}  # Grbl 1.1 has none there
    assert not {line for line in machine.lines if line.startswith("$")} & set(GRBL)


@pytest.mark.parametrize(
    ("machine", "version"),
    [(ScriptedKlipper, "Klipper v0.13.0-1"), (ScriptedRepetier, "Repetier_1.0.4")],
)
def test_a_printer_that_answers_on_its_ok_or_behind_it_is_understood(machine, version):
    port = over(machine(), 115_200)
    assert find_rate(port, clock=port.clock) == Rate(115_200, "marlin")
    asked_at = port.now
    found = read_marlin(ask_all(port, "marlin", QUESTIONS["marlin"], port.clock))
    assert (found.version, found.has_bed) == (version, True)
    assert port.now - asked_at < 3


def test_the_rate_that_was_right_the_last_time_is_tried_first():
    machine, _executed = printer()
    port = over(machine, 9_600)
    assert find_rate(port, 9_600, clock=port.clock).baud == 9_600
    assert port.now < 1


def test_a_rate_that_is_on_no_list_is_found_where_it_is_known():
    machine, _executed = printer()
    port = over(machine, 76_800)
    assert find_rate(port, 76_800, clock=port.clock).baud == 76_800


class Adapter(MemoryPort):
    """It cannot do every rate."""

    cannot = frozenset({115_200, 1_000_000})

    def set_baud(self, baud):
        if baud in self.cannot:
            raise LinkLost(f"the port vanished: it cannot be set to {baud} baud")
        super().set_baud(baud)


def test_a_rate_that_the_adapter_cannot_do_is_passed_over():
    machine, _executed = printer()
    port = Adapter(AtRate(machine, 38_400, lambda: port.baud))
    assert find_rate(port, clock=port.clock).baud == 38_400
    port = Adapter(Silent())
    with pytest.raises(
        LinkLost, match="nothing answers at any of 9600, 19200, 38400, 57600, 230400, 250000, 500000 baud"
    ):
        find_rate(port, clock=port.clock)
    port.cannot = RATES
    with pytest.raises(LinkLost, match="cannot be set to"):
        find_rate(port, clock=port.clock)


def test_nothing_at_all_is_told_from_noise_and_both_end_in_time():
    quiet = over(Silent())
    with pytest.raises(LinkLost, match=r"nothing answers at any of 9600, .*switched on"):
        find_rate(quiet, clock=quiet.clock)
    assert quiet.now < 17
    noisy = over(Chatter())
    with pytest.raises(LinkLost, match="something answers, and not in words"):
        find_rate(noisy, clock=noisy.clock)
    assert noisy.now < 17


def test_a_board_that_is_still_starting_is_waited_for():
    class Slow(Silent):
        """Deaf until its loader is through."""

        def __init__(self) -> None:
            self._machine, _ = printer()

        def receive(self, data, now):
            if now > 6:
                self._machine.receive(data, now)

        def advance(self, now):
            return self._machine.advance(now) if now > 6 else b""

    port = over(Slow(), 250_000)
    assert find_rate(port, clock=port.clock) == Rate(250_000, "marlin")


def test_what_a_starting_board_answers_late_is_not_taken_for_the_next_answer():
    class Starting(Silent):
        """It greets at once, and reads its buffer when its SD card has answered."""

        def __init__(self) -> None:
            self._machine, _ = printer()
            self._read, self._held = 3.0, b""

        @property
        def wake_at(self):
            return self._read if self._held else None

        def receive(self, data, now):
            self._held += data

        def advance(self, now):
            if now >= self._read and self._held:
                self._machine.receive(self._held, now)
                self._held = b""
            return self._machine.advance(now)

    port = over(Starting())
    assert find_rate(port, clock=port.clock) == Rate(115_200, "marlin")
    answers = ask_all(port, "marlin", QUESTIONS["marlin"], port.clock)
    assert answers["M115"][0].startswith("FIRMWARE_NAME:")
    assert answers["M211"][0] == "  M211 S1 ; ON"


def test_at_a_given_rate_the_firmware_is_told_by_its_words():
    machine, _executed = printer()
    port = over(machine)
    assert which_firmware(port, port.clock) == "marlin"
    port = over(ScriptedGrbl(greets=False))
    assert which_firmware(port, port.clock) == "grbl"


@pytest.mark.parametrize(
    ("machine", "why"), [(Silent(), "it says nothing at this rate"), (Chatter(), "what it says cannot be understood")]
)
def test_at_a_wrong_rate_it_says_so(machine, why):
    port = over(machine)
    with pytest.raises(LinkLost, match=f"{why}.*--baud auto"):
        which_firmware(port, port.clock)


def test_a_printer_answers_every_question_in_its_own_words_while_it_reports_by_itself():
    machine, executed = printer()
    port = over(machine)
    assert which_firmware(port, port.clock) == "marlin"
    executed.clear()
    port.write(b"M155 S1\n")
    assert port.read(0.5) == b"ok\n"
    answers = ask_all(port, "marlin", QUESTIONS["marlin"], port.clock)
    assert answers["M115"][0].startswith("FIRMWARE_NAME:Marlin 2.1")
    assert answers["M211"] == ("  M211 S1 ; ON", "  Min:  X0.00 Y0.00 Z0.00   Max:  X220.00 Y220.00 Z250.00")
    assert any("M203 X500.00" in line for line in answers["M503"])
    assert answers["M105"][-1].startswith("ok T:")
    assert {line for _number, line in executed} == {"M155 S1", "M115", "M503", "M211", "M105"}


def test_a_grbl_answers_every_question():
    machine = ScriptedGrbl()
    port = over(machine)
    assert which_firmware(port, port.clock) == "grbl"
    assert ask_all(port, "grbl", QUESTIONS["grbl"], port.clock) == GRBL
    assert machine.realtime == [ord("?")]


@pytest.mark.parametrize("state", ["Run", "Hold:0", "Jog", "Home", "Door:1"])
def test_a_grbl_at_work_is_left_alone(state):
    machine = ScriptedGrbl(state=state)
    port = over(machine)
    port.read(1.0)
    with pytest.raises(MachineError, match=f"it says {state.partition(':')[0]}"):
        ask_all(port, "grbl", QUESTIONS["grbl"], port.clock)
    assert machine.lines == []


@pytest.mark.parametrize("state", ["Idle", "Alarm", "Check", "Sleep"])
def test_a_grbl_at_rest_is_asked(state):
    port = over(ScriptedGrbl(state=state))
    port.read(1.0)
    assert ask_all(port, "grbl", QUESTIONS["grbl"], port.clock) == GRBL


def test_a_printer_at_work_is_left_alone():
    machine, _executed = printer()
    port = over(machine)
    port.write(b"G4 S100\n")
    with pytest.raises(MachineError, match="the machine is at work"):
        ask_all(port, "marlin", QUESTIONS["marlin"], port.clock)


@pytest.mark.parametrize("firmware", ["marlin", "grbl"])
def test_a_machine_that_falls_silent_is_named_with_the_question(firmware):
    port = over(Silent())
    with pytest.raises(LinkLost, match=r"did not answer (M115|\?) within 5 s"):
        ask_all(port, firmware, QUESTIONS[firmware], port.clock)
    assert port.now < 6
