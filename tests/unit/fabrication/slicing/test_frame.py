import msgspec
import pytest

from fabrication.slicing.frame import framed
from firmware_bridge.machine import Limits, Programs, Volume

BODY = "G21\nG1 X1\n"
END = "G90\nG1 Z{} F600.000\n"


@pytest.mark.parametrize(
    ("programs", "expected"),
    [
        (Programs(start="G28", end="M84"), BODY),
        (Programs(start=" \n", end="M84"), "G28\n" + BODY),
        (Programs(start="G28"), BODY + "\n" + END.format("30.000")),
        (Programs(), "G28\n" + BODY + "\n" + END.format("30.000")),
    ],
)
def test_only_what_the_owner_left_out_is_added(profile, programs, expected):
    assert framed(BODY, msgspec.structs.replace(profile, programs=programs), 20.0) == expected


def test_the_lift_stays_inside_the_machine(profile):
    low = msgspec.structs.replace(profile, volume=Volume(z_mm=25), limits=Limits(feed_max_mm_min=300))
    assert "\nG1 Z25.000 F300.000\n" in framed(BODY, low, 20.0)
