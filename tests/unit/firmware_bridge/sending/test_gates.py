"""Which gates a file goes through before its machine is known."""

import io

import pytest

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import check, generic_profile, read_lines
from firmware_bridge.machine import MachineProfile
from firmware_bridge.sending.gates import Gates

PRINT = "G28\nG90\nM83\nG1 X5 F600\n"
MILL = "G21\nG17\nG54\nG49\nG94\nG90\nG0 Z5\nM3 S1000\nG1 X10 Y10 F600\nM5\nM30\n"


def as_it_is(file, profile, out):
    return check(read_lines(file), profile, out)


@pytest.fixture
def gates(tmp_path):
    profiles = [generic_profile(name) for name in ("marlin", "grbl")]
    return lambda text: Gates(io.BytesIO(text.encode()), profiles, tmp_path, as_it_is)


def test_a_file_that_one_gate_takes_is_not_judged_by_the_other_until_its_machine_is_known(gates, tmp_path):
    judged = gates(PRINT)
    judged.require_one()
    assert {path.name for path in tmp_path.iterdir()} == {"given.gcode", "marlin.gcode"}
    with pytest.raises(ProgramRefused):
        judged.passed("grbl")
    assert judged.passed("marlin").path.read_text() == PRINT


def test_a_file_for_the_other_firmware_is_found_to_be_that(gates):
    judged = gates(MILL)
    judged.require_one()
    assert [each.profile.firmware for each in judged.all_passed()] == ["grbl"]


def test_a_file_for_none_is_refused_by_the_one_it_was_meant_for(gates):
    with pytest.raises(ProgramRefused) as caught:
        gates(PRINT + "G1 X999\n").require_one()
    assert [refusal.line for refusal in caught.value.refusals] == [5]


def test_a_gate_that_judges_none_is_not_the_one_it_was_meant_for(tmp_path):
    judges_none = MachineProfile(name="odd", process="fff", firmware="grbl")
    text = io.BytesIO(f"{PRINT}G1 X999\nM104 S999\n".encode())
    with pytest.raises(ProgramRefused) as caught:
        Gates(text, [judges_none, generic_profile("marlin")], tmp_path, as_it_is).require_one()
    assert [refusal.line for refusal in caught.value.refusals] == [5, 6]
    assert "(and 1 more reason)" in str(caught.value)
