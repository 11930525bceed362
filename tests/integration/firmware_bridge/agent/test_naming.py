"""A machine that is named by its id and known by its fingerprint: noticed when it is there, and never mistaken."""

import hashlib

import pytest

from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState, MachineState


def mark(uuid):
    return f"marlin-uuid:{hashlib.sha256(uuid.encode()).hexdigest()[:16]}"


@pytest.fixture
def by_id(shed):
    """A link as udev makes it; it leads nowhere until the printer is there."""
    link = shed.folder / "serial/by-id/usb-1a86_USB_Serial-if00-port0"
    link.parent.mkdir(parents=True)
    link.symlink_to(shed.folder / "virtual")
    return link


def test_it_is_noticed_when_it_comes_found_at_its_rate_and_runs(shed, commons, by_id):
    profile = shed.machine(arm="policy", link=Link(port=str(by_id), baud=0, fingerprint=mark("5eed")))
    data = shed.program(profile)
    shed.offer(profile, data)
    shed.start()
    commons.reached("a1", AttemptState.ARMED)
    assert commons.started == []
    shed.printer("virtual", 0, "--uuid", "5eed", "--only-at", "250000")
    commons.reached("a1", AttemptState.FINISHED)
    assert "".join(f"{line}\n" for line in shed.numbered()).encode() == data


def test_another_machine_at_its_port_prints_nothing(shed, commons, by_id):
    profile = shed.machine(arm="policy", link=Link(port=str(by_id), fingerprint=mark("5eed")))
    shed.printer("virtual", 0, "--uuid", "another")
    shed.offer(profile, shed.program(profile))
    shed.start()
    commons.reached("a1", AttemptState.FAILED)
    assert "another machine" in commons.reports["a1"].reason
    assert shed.numbered() == []


def test_pulled_in_mid_print_and_back_it_is_made_safe_at_once(shed, commons, until, by_id):
    profile = shed.machine(arm="policy", link=Link(port=str(by_id), fingerprint=mark("5eed"), link_loss_s=0))
    shed.offer(profile, shed.slow_program(profile))
    printer = shed.printer("virtual", 20, "--uuid", "5eed", "--vanish-after", "15")
    shed.start()
    commons.reached("a1", AttemptState.LOST)
    assert "check" in commons.reports["a1"].reason
    printer.wait(30)
    until(lambda: commons.machines["virtual"].state is MachineState.OFFLINE, "offline")
    before = len(shed.executed())
    shed.printer("virtual", 0, "--uuid", "5eed")
    until(lambda: commons.machines["virtual"].state is MachineState.FREE, "free")
    said = [row.get("line") for row in shed.executed()[before:]]
    assert said[0] == "M108"  # heaters off first: it is asked nothing
    assert "M104 S0" in said
    assert "M115" not in said
