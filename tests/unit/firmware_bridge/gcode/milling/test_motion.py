"""What the gate knows of a router's program: reach, time, and where its tool may be."""

import io
import math

import msgspec
import pytest

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import check, generic_profile
from firmware_bridge.machine import Milling

START = "G90\nG0 Z5\nG0 X100 Y100\n"


def judged(text, **milling):
    profile = generic_profile("grbl")
    if milling:
        profile = msgspec.structs.replace(profile, milling=Milling(**milling))
    return check(text.split("\n"), profile)


def reasons(text, **milling):
    with pytest.raises(ProgramRefused) as caught:
        judged(text, **milling)
    return [refusal.reason for refusal in caught.value.refusals]


@pytest.mark.parametrize(
    ("moves", "low", "high"),
    [
        # a clockwise half circle to the right goes over the top
        ("G2 X120 Y100 I10", (100, 100), (120, 110)),
        ("G3 X120 Y100 I10", (100, 90), (120, 100)),
        ("G2 X100 Y100 I10", (100, 90), (120, 110)),
        ("G3 Y100 J-10", (90, 80), (110, 100)),
        ("G91\nG2 X20 I10", (100, 100), (120, 110)),
        ("G91\nX7\nX-9 Y1", (98, 100), (107, 101)),
    ],
)
def test_how_far_a_program_reaches(moves, low, high):
    report = judged(f"{START}F600\nG1\n{moves}")
    assert report.low_mm[:2] == pytest.approx(low)
    assert report.high_mm[:2] == pytest.approx(high)


def test_an_arc_inside_of_what_was_reached_may_still_leave_the_travel():
    inside = f"{START}G0 X0 Y0\nG0 X300 Y180\nG0 X100 Y100\nM3 S1000\nF600\n"
    for height in ("-25.1", "20.1"):
        (reason,) = reasons(f"{inside}G2 X120 I10 Z{height}\nM5\nG0 Z5")
        assert reason == f"Z would reach {height} mm, the machine has -25 to 20 mm" + counted_from("z")


def counted_from(axis):
    return (
        f", counted from your zero: how far that lies from the axis' low end is zero_{axis}_mm under [milling] in the"
        " machine's profile"
    )


def test_bounds_are_those_of_the_work_coordinates():
    middle = {"zero_x_mm": 150, "zero_y_mm": 90, "zero_z_mm": 0, "safe_z_mm": 30}
    judged("G90\nG0 Z45\nG0 X-150 Y-90\nG0 X150 Y90", **middle)
    assert reasons("G90\nG0 Z45.1\nG0 X151", **middle) == [
        "Z would reach 45.1 mm, the machine has 0 to 45 mm" + counted_from("z"),
        "X would reach 151 mm, the machine has -150 to 150 mm" + counted_from("x"),
    ]
    assert reasons("G90\nG0 Z30\nG0 X1 Y1\nG1 Z-0.1 F9", **middle) == [
        "Z would reach -0.1 mm, the machine has 0 to 45 mm" + counted_from("z")
    ]


def test_the_safe_height_is_the_profiles():
    low = "G90\nG0 Z1\nG0 X10 Y10\n"
    judged(low, safe_z_mm=1)
    assert "plunges to Z 1 mm, below the safe height of 1.5 mm" in reasons(low, safe_z_mm=1.5)[0]


@pytest.mark.parametrize(
    ("safe_z_mm", "lift"),
    [(3, "G0 Z3"), (3.000004, "G0 Z3.00001"), (3.123456, "G0 Z3.12346"), (0.1 + 0.2, "G0 Z0.3"), (-1.000006, "G0 Z-1")],
)
def test_a_height_of_more_decimals_than_are_written_is_lifted_to_and_no_lower(safe_z_mm, lift):
    profile = msgspec.structs.replace(generic_profile("grbl"), milling=Milling(safe_z_mm=safe_z_mm))
    out = io.BytesIO()
    check(["G90", "G0 X5 Y5", "M3 S1000", "G1 Z-2 F300", "M5"], profile, out)
    assert out.getvalue().decode().splitlines()[6:] == [
        lift,
        "G0 X5 Y5",
        "M3 S1000",
        "G1 Z-2 F300",
        "M5",
        "G90",
        lift,
        "M30",
    ]


def test_at_and_above_the_safe_height_nothing_is_asked_of_the_spindle():
    judged("G90\nG0 Z3\nG0 X10 Y10\nG1 X20 F100\nG2 X30 I5\nG1 Z10\nG0 Z3")


def test_sums_of_steps_do_not_fall_below_it():
    judged("G90\nG0 Z3\nG91\n" + "G0 Z0.1\n" * 30 + "G0 Z-0.1\n" * 30 + "G90\nG0 X10 Y10")


@pytest.mark.parametrize(
    "rise", ["G0 Z5", "G0 Z0", "G1 Z0", "G1 Z5", "G91\nG0 Z0.5", "G0 X100 Z0", "M3 S500\nG1 X50 Z0"]
)
def test_out_of_the_stock_it_may_rise_even_with_the_spindle_off(rise):
    judged(f"{START}M3 S1000\nG1 Z-1 F100\nM5\n{rise}")


def test_a_dwell_after_the_spindle_is_not_asked_for():
    judged(f"{START}M3 S1000\nG1 Z-1 F100")


@pytest.mark.parametrize(
    ("moves", "seconds"),
    [
        ("G1 X200 F600", 100 / 10 + 10 / 200),  # from rest to rest at 200 mm/s²
        ("G1 X101 F3000", 2 * math.sqrt(1 / 200)),  # too short to get up to speed
        ("G1 X150 F600\nX200", 100 / 10 + 5 / 200),  # straight on at the joint; the last stop is not counted
        ("F10\nG0 X200", 100 / 50 + 50 / 200),  # a rapid takes no notice of F
        ("G4 P5", 5),
        ("G3 Y100 I5 F600", 2 * math.pi * 5 / 10 + 5 / 200),
    ],
)
def test_the_time_of_moves(moves, seconds):
    before = judged(f"{START}G4 P0\n").time_s
    assert judged(f"{START}G4 P0\n{moves}").time_s - before == pytest.approx(seconds, rel=0.06)
