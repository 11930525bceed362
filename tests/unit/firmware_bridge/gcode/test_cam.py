"""What CAM programs and slicers write, as it comes and as it passes."""

import io

import msgspec
import pytest

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import check, compose, generic_profile
from firmware_bridge.machine import MachineProfile, Programs
from tests.unit.firmware_bridge.gcode.cam import CAM
from tests.unit.firmware_bridge.gcode.slicers import SLICERS

ROUTER = MachineProfile.parse("""
name = "Shop router"
process = "milling"
volume = {x_mm = 400.0, y_mm = 400.0, z_mm = 110.0}
limits = {spindle_max_rpm = 24000.0, feed_max_mm_min = 5000.0}
milling = {zero_x_mm = 20.0, zero_y_mm = 20.0, zero_z_mm = 60.0, safe_z_mm = 3.0}
materials = [{name = "MDF"}]
""")
ALL = [
    *(pytest.param(written, ROUTER, id=name) for name, written in CAM.items()),
    *(pytest.param(written, generic_profile("marlin"), id=name) for name, written in SLICERS.items()),
]


@pytest.mark.parametrize(("written", "machine"), [each for each in ALL if each.values[0].told])
def test_the_owner_is_told_once_of_each_thing_to_change(written, machine):
    with pytest.raises(ProgramRefused) as caught:
        check(io.StringIO(written.program, newline="\n"), machine)
    refusals = caught.value.refusals
    assert [(each.line, each.count) for each in refusals] == [told[:2] for told in written.told], refusals
    for refusal, (_, _, words) in zip(refusals, written.told, strict=True):
        assert words in refusal.reason
        # Three of them, with what is said around them, are one answer of the page.
        assert len(refusal.reason) < 180


@pytest.mark.parametrize(("written", "machine"), ALL)
def test_what_the_owner_was_told_to_change_is_all(written, machine):
    lines = io.StringIO(written.changed, newline="\n")
    if not written.start:
        check(lines, machine)
        return
    compose(lines, msgspec.structs.replace(machine, programs=Programs(start=written.start)), "MDF", None)
