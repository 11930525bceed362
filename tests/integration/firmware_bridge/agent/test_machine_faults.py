"""A machine that fails in mid-print: what the commons and the owner are told, and what is done about it."""

import pytest

from firmware_bridge.wire import AttemptState, MachineState


@pytest.fixture
def begin(shed, commons):
    """Prints a slow program on a printer that fails as told."""

    def begin(*fault):
        profile = shed.machine(arm="policy")
        shed.offer(profile, shed.slow_program(profile))
        printer = shed.printer("virtual", 20, *fault)
        shed.start()
        return printer

    return begin


def test_a_cable_pulled_in_mid_print_is_lost_and_the_machine_is_made_safe_when_it_is_back(shed, commons, until, begin):
    printer = begin("--vanish-after", "15")
    commons.reached("a1", AttemptState.LOST)
    printer.wait(30)
    until(lambda: commons.machines["virtual"].state is MachineState.OFFLINE, "offline")
    shed.offer(shed.machine(arm="policy"), b"G28\n", attempt="a2")
    commons.reached("a2", AttemptState.LAPSED)
    assert "made safe" in commons.reports["a2"].reason

    before = len(shed.executed())
    shed.printer()
    until(lambda: commons.machines["virtual"].state is MachineState.FREE, "free")
    said = [row.get("line") for row in shed.executed()[before:]]
    assert "M104 S0" in said
    assert "M140 S0" in said
    assert all(row.get("n") is None for row in shed.executed()[before:])


def test_a_printer_that_halts_has_failed_with_its_own_words(shed, commons, until, begin):
    begin("--halt-after", "15")
    commons.reached("a1", AttemptState.FAILED)
    assert "Thermal Runaway" in commons.reports["a1"].reason
    until(
        lambda: commons.machines["virtual"].state is MachineState.OFFLINE, "offline until it confirms its heaters off"
    )


def test_a_port_that_cannot_be_opened_fails_the_attempt_and_frees_the_machine(shed, commons):
    profile = shed.machine(arm="policy")
    (shed.folder / "virtual").write_text("no tty")
    shed.offer(profile, shed.program(profile))
    shed.start()
    commons.reached("a1", AttemptState.FAILED)
    assert "cannot open the port" in commons.reports["a1"].reason


def test_an_armed_program_waits_for_a_machine_that_is_not_there(shed, commons, until):
    profile = shed.machine()
    data = shed.program(profile)
    shed.offer(profile, data)
    shed.start()
    shed.arm()
    commons.reached("a1", AttemptState.ARMED)
    assert "to be there" in shed.status()["attempts"][0]["waits_for"]
    assert commons.started == []
    shed.printer()
    commons.reached("a1", AttemptState.FINISHED)
    assert "".join(f"{line}\n" for line in shed.numbered()).encode() == data
