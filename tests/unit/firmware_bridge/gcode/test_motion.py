"""What the gate knows of a program that passes: reach, filament, time."""

import math

import pytest

from firmware_bridge.machine import MachineProfile, Volume

READY = "G28\nG90\nM83\nM104 S210\n"


def test_the_report_of_a_small_program(bare, passed):
    text, report = passed(READY + "M140 S60\nG1 X10 Y20 Z0.3 F6000\nG1 X30 E2\nG1 E-1\nG1 Y50 Z5\nM104 S0", bare)
    assert report.lines == text.count("\n") == 10
    assert report.size_bytes == len(text)
    assert (report.low_mm, report.high_mm) == ((10, 20, 0.3), (30, 50, 5))
    assert report.extruded_mm == 2
    assert (report.hotend_max_c, report.bed_max_c) == (210, 60)


def test_a_program_that_does_nothing_reaches_nothing(bare, passed):
    _, report = passed("", bare)
    assert (report.lines, report.size_bytes, report.time_s) == (0, 0, 0)
    assert report.low_mm == report.high_mm == (0, 0, 0)


@pytest.mark.parametrize(
    ("start", "arc", "low", "high"),
    [
        # a clockwise half circle to the right goes over the top
        ("X100 Y100", "G2 X120 Y100 I10", (100, 100), (120, 110)),
        ("X100 Y100", "G3 X120 Y100 I10", (100, 90), (120, 100)),
        ("X100 Y100", "G2 X100 Y100 I10", (100, 90), (120, 110)),
        ("X100 Y100", "G3 I0 J-10", (90, 80), (110, 100)),
        # a quarter touches nothing but its ends
        ("X100 Y100", "G2 X110 Y110 I10 J0", (100, 100), (110, 110)),
        ("X100 Y100", "G3 X110 Y110 J10", (100, 100), (110, 110)),
        # three quarters touch three sides
        ("X100 Y100", "G3 X110 Y110 I10 J0", (100, 90), (120, 110)),
        # relative ends
        ("X100 Y100", "G91\nG2 X20 Y0 I10", (100, 100), (120, 110)),
        # ends a hair apart may be read as a whole turn
        ("X100 Y100", "G3 X100 Y99.999 I10", (100, 90), (120, 110)),
    ],
)
def test_how_far_an_arc_reaches(start, arc, low, high, bare, passed):
    _, report = passed(f"{READY}G1 {start} Z1 F3000\n{arc}", bare)
    assert report.low_mm[:2] == pytest.approx(low)
    assert report.high_mm[:2] == pytest.approx(high)


def test_an_arc_inside_of_what_was_reached_may_still_climb_out(bare, passed, refusals):
    inside = READY + "G1 X0 Y0 Z1 F3000\nG1 X220 Y220\nG1 X100 Y100\n"
    assert passed(f"{inside}G2 X120 I10 Z250", bare)[1].high_mm == (220, 220, 250)
    for height in ("251", "-1"):
        why = f"Z would reach {height} mm, the machine has 0 to 250 mm"
        assert refusals(f"{inside}G2 X120 I10 Z{height}", bare) == [(8, why)]
    assert refusals(f"{inside}G91\nG2 X20 I10 Z250", bare) == [(9, "Z would reach 251 mm, the machine has 0 to 250 mm")]


def test_relative_steps_add_up(bare, passed):
    _, report = passed(READY + "G1 X10 Y10 Z1 F3000\nG91\n" + "G1 X0.1 E0.1\n" * 2100, bare)
    assert report.high_mm[0] == pytest.approx(220)
    assert report.extruded_mm == pytest.approx(210)


def test_absolute_and_relative_filament_are_the_same(bare, passed):
    relative = passed(READY + "G1 X10 Y10 F3000\nG1 X20 E1\nG1 X30 E1", bare)[1]
    absolute = passed("G28\nG90\nM82\nM104 S210\nG92 E7\nG1 X10 Y10 F3000\nG1 X20 E8\nG92 E0\nG1 X30 E1", bare)[1]
    assert relative.extruded_mm == absolute.extruded_mm == 2


@pytest.mark.parametrize(
    ("moves", "seconds"),
    [
        ("G1 X110 F6000\n", 100 / 100 + 100 / 1000),  # from rest to rest at 1000 mm/s²
        ("G1 X11 F6000\n", 2 * math.sqrt(1 / 1000)),  # too short to get up to speed
        ("G1 X60 F6000\nG1 X110\n", 100 / 100 + 50 / 1000),  # straight on at the joint; the last stop is not counted
        ("G1 E50 F300\n", 10),
        ("G4 S5\nG4 P500\n", 5.5),
        ("G3 I5 J0 F600\n", 2 * math.pi * 5 / 10 + 5 / 1000),
    ],
)
def test_the_time_of_moves(moves, seconds, bare, passed):
    # Standing still in a known place first, so that only the moves differ.
    still = f"{READY}M204 P1000\nG1 X10 Y10 Z1 F6000\nG4 P0\n"
    _, before = passed(still, bare)
    _, after = passed(still + moves, bare)
    assert after.time_s - before.time_s == pytest.approx(seconds, rel=0.06)


def test_more_acceleration_is_never_slower(bare, passed):
    program = READY + "M204 S{}\nG1 X10 Y10 Z1 F9000\n" + "G1 X200\nG1 X10.5 Y20\n" * 5
    slow, fast = (passed(program.format(value), bare)[1].time_s for value in (500, 5000))
    assert fast < slow


def test_homing_z_again_is_taken_before_extruding(bare, passed):
    assert passed("G28\nG28 Z\nG28", bare)[0] == "G28\nG28 Z\nG28\n"
    assert passed(READY + "G1 X5 Y5 E5 F600\nG28 X Y", bare)[0].endswith("G28 X Y\n")


def test_motors_of_the_extruder_alone_do_not_lose_the_place(bare, passed):
    assert passed(READY + "G1 X5 Y5 F600\nM84 E\nG1 X6", bare)[0].endswith("M84 E\nG1 X6\n")


DELTA = MachineProfile(name="Delta", volume=Volume(x_mm=240, y_mm=240, z_mm=300, origin="centre", bed="round"))
PRUSA = MachineProfile(name="MK3", volume=Volume(x_mm=250, y_mm=210, z_mm=210, right_mm=5, front_mm=4, back_mm=2.5))


def test_a_wipe_in_front_of_the_bed(passed, refusals):
    _, report = passed(READY + "G1 Y-3 F1000\nG1 X60 E9 F1000\nG1 X255 Y212.5", PRUSA)
    assert (report.low_mm, report.high_mm) == ((60, -3, 0), (255, 212.5, 0))
    assert refusals(READY + "G1 Y-4.1 F1000\nG1 X-1\nG1 X255.1", PRUSA) == [
        (5, "Y would reach -4.1 mm, the machine has -4 to 212.5 mm"),
        (6, "X would reach -1 mm, the machine has 0 to 255 mm"),
        (7, "X would reach 255.1 mm, the machine has 0 to 255 mm"),
    ]


def test_a_round_bed_ends_at_its_rim(passed, refusals):
    _, report = passed(READY + "G1 X0 Y120 Z1 F3000\nG2 X120 Y0 J-120\nG1 X84 Y84\nG1 X-80 Y-80\nG3 J10", DELTA)
    assert report.low_mm[:2] == pytest.approx((-90, -80))
    assert report.high_mm == pytest.approx((120, 120, 1))
    for moves, line, reach in (
        ("G1 X85 Y85 F3000", 5, "120.21"),
        ("G1 X0 Y119 F3000\nG1 X20", 6, "120.67"),
        ("G1 X119 Y0 F3000\nG3 X-119 Y0 I-119 J5", 6, "124.1"),
    ):
        assert refusals(READY + moves, DELTA) == [
            (line, f"it would reach {reach} mm from the centre of the bed, whose radius is 120 mm")
        ]


def test_an_arc_may_not_end_beyond_the_rim_by_what_its_radii_may_differ(refusals):
    """Its end lies 0.045 mm out, less than a firmware lets start and end differ; no point of the circle does."""
    round_bed = MachineProfile(name="Delta", volume=Volume(x_mm=200, y_mm=200, origin="centre", bed="round"))
    moves = "G1 X28.28427 Y-31.71573 F3000\nG3 X70.7425 Y70.7425 I0 J60"
    assert refusals(READY + moves, round_bed) == [
        (6, "it would reach 100.05 mm from the centre of the bed, whose radius is 100 mm")
    ]


def test_on_a_round_bed_one_axis_alone_says_no_place(passed, refusals):
    assert refusals(READY + "G1 X10 F3000\nG1 Y10\nG1 X20", DELTA) == [
        (5, "X or Y is not known since homing, and the bed is round: give both")
    ]
    assert passed(READY + "G1 Z20 F3000\nG1 X10 Y0", DELTA)[1].high_mm == (10, 0, 20)
