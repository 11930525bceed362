"""What passes for a router, and the one form it is written in."""

import pytest

SETTINGS = "G21\nG17\nG54\nG49\nG94\n"
SAFE_END = "G90\nG0 Z3\nM5\nM30\n"

FORMS = {
    "G1 X5 Y6 F600": "G1 X5 Y6 F600",
    "g1 x5": "G1 X5",
    "G01X5.000Y6.500": "G1 X5 Y6.5",
    "G1 Y6.0 X005": "G1 X5 Y6",
    "G1.0 X5": "G1 X5",
    "G1 X110.": "G1 X110",
    "G1 X.5": "G1 X0.5",
    "G1 X-0": "G1 X0",
    "G1 X1.234567": "G1 X1.23457",
    "N100 G1 X5": "G1 X5",
    "N0010X5": "G1 X5",
    "N7 ; nothing": None,
    "G1 X5 ; to the left": "G1 X5",
    "(to) G1 (the) X5 (left) ; or so": "G1 X5",
    "(MSG, cut it)": None,
    "%": None,
    "": None,
    "\r": None,
    "G1 X5\r": "G1 X5",
    "G2 X110 Y100 I5 J0": "G2 X110 Y100 I5 J0",
    # an arc that lies flat, as FreeCAD says of every one
    "G2 X110.000 Y100.000 Z-1.000 I5.000 J0.000 K0.000": "G2 X110 Y100 Z-1 I5 J0",
    "G3 X110 Y100 I5 K-0": "G3 X110 Y100 I5",
    "G03 X110. J0 I5.": "G3 X110 I5 J0",
    # a thousandth of the radius may be missing
    "G2 X100.03 Y100 I30 J-40": "G2 X100.03 Y100 I30 J-40",
    "G4 P0.5": "G4 P0.5",
    "G17": "G17",
    "G21": "G21",
    "G40": "G40",
    "G49": "G49",
    "G54": "G54",
    "G80": "G80",
    "G90": "G90",
    "G91": "G91",
    "G91.1": "G91.1",
    "G94": "G94",
    "M0": "M0",
    "M3 S12000": "M3 S12000",
    "M03 S500.5": "M3 S500.5",
    "M5": "M5",
    "M8": "M8",
    "M9": "M9",
    # what is modal to Grbl is written out
    "X5": "G1 X5",
    "Z-2 Y3": "G1 Y3 Z-2",
    "F200": "G1 F200",
    "G1": None,
    "G0": None,
    "G1 F200": "G1 F200",
    "G2 X110 I5\nX100 I-5": "G2 X110 I5\nG2 X100 I-5",
    "M3": "M3 S10000",
    "S500": "M3 S500",
    "S10000": None,
    "M5\nS500\nM3": "M5\nM3 S500",
    "M5\nM3": "M5\nM3 S10000",
    "G80\nG1 X5": "G80\nG1 X5",
    # several words are taken apart into the order in which Grbl executes them
    "G90 G54 G17 G21 G94": "G94\nG17\nG21\nG54\nG90",
    "G91 X5": "G91\nG1 X5",
    "X5 G91": "G91\nG1 X5",
    "G1 X5 F100 S900": "M3 S900\nG1 X5 F100",
    "M3 X5 S900": "M3 S900\nG1 X5",
    "F100 M8 M3 S900": "G1 F100\nM3 S900\nM8",
    "G4 P1 X5": "G4 P1\nG1 X5",
    "M9 M5 G0 Z5 M0": "M5\nM9\nG0 Z5\nM0",
}


@pytest.mark.parametrize("given", FORMS)
def test_a_kept_line_has_one_form(given, router, passed, cutting):
    text, _ = passed(cutting + given, router)
    body = text.removeprefix(SETTINGS + cutting)
    form = FORMS[given]
    end = "G90\nG0 Z3\n"
    if body.endswith("G0 Z5\nM0\nM30\n"):
        end = "M30\n"
    assert body[: body.rindex(end)] == ("" if form is None else form + "\n")


CAM = """\
%
(Exported by a CAM program)
(T1 D=3.175 - flat end mill)
N10 G90 G94 G17
N15 G21
N20 S8000 M3
N25 G54 G0 Z15.000
N30 G0 X10.000 Y10.000
N35 Z5.
N40 G1 Z-1.5 F120.
N45 X50.
N50 G3X60.000Y20.000I0.J10.F400.
N55 G1 Y60.
N60 G0 Z15.
N65 M9
N70 M5
N75 M30
%
"""
TAKEN = (
    SETTINGS + "G94\nG17\nG90\nG21\nM3 S8000\nG54\nG0 Z15\nG0 X10 Y10\nG0 Z5\nG1 Z-1.5 F120\nG1 X50\n"
    "G3 X60 Y20 I0 J10 F400\nG1 Y60\nG0 Z15\nM9\nM5\nM30\n"
)


def test_what_a_cam_program_writes_passes_and_ends_as_it_says(router, passed):
    text, report = passed(CAM, router)
    assert text == TAKEN
    assert report.low_mm == (10, 10, -1.5)
    assert report.high_mm == (60, 60, 15)
    assert report.spindle_max_rpm == 8000
    assert (report.hotend_max_c, report.bed_max_c, report.extruded_mm) == (0, 0, 0)
    assert passed(text, router) == (text, report)


@pytest.mark.parametrize(
    ("end", "added"),
    [
        ("", "G90\nG0 Z3\nM5\nM30\n"),
        ("M30", "G90\nG0 Z3\nM5\nM30\n"),
        ("G0 Z5\nM5\nM2", "M30\n"),
        ("G0 Z5\nM30", "M5\nM30\n"),
        ("G0 Z5\nM8\nM30", "M5\nM9\nM30\n"),
        ("M8", "G90\nG0 Z3\nM5\nM9\nM30\n"),
        # even without the spindle it only rises
        ("M5", "G90\nG0 Z3\nM30\n"),
    ],
)
def test_a_safe_end_is_added_where_a_file_has_none(end, added, router, passed, cutting):
    text, _ = passed(cutting + end, router)
    said = end.removesuffix("M30").removesuffix("M2").rstrip("\n")
    assert text == SETTINGS + cutting + (said + "\n" if said else "") + added
    assert passed(text, router)[0] == text


@pytest.mark.parametrize(
    ("given", "written"),
    [
        # Fusion retracts to nothing where it retracts to the clearance height; Carbide Create names all three at once
        ("G90\nG0 X5 Y5\nZ15", "G90\nG0 Z3\nG0 X5 Y5\nG0 Z15\n"),
        ("G90\nG0 X5 Y5 Z15", "G90\nG0 Z3\nG0 X5 Y5 Z15\n"),
        ("G90\nG0X5Y5", "G90\nG0 Z3\nG0 X5 Y5\n"),
        ("G90 G0 X5 Y5", "G90\nG0 Z3\nG0 X5 Y5\n"),
        # what the line says besides is said once, and a bare coordinate goes on as it was
        ("G90 G4 P2 G1 X5 F100 S900 M3\nY5", "M3 S900\nG4 P2\nG90\nG0 Z3\nG1 X5 F100\nG1 Y5\nM5\n"),
        ("G90\nG1 F100\nX5\nY5", "G90\nG1 F100\nG0 Z3\nG1 X5\nG1 Y5\n"),
        # and none is added to a program that lifts by itself
        ("G90\nG1 Z5 F100\nX5", "G90\nG1 Z5 F100\nG1 X5\n"),
        ("G90\nG0 Z3\nX5", "G90\nG0 Z3\nG0 X5\n"),
    ],
)
def test_a_lift_is_written_before_the_first_move_across(given, written, router, passed):
    text, _ = passed(given, router)
    assert text == SETTINGS + written + "M30\n"
    assert passed(text, router)[0] == text


def test_a_program_that_says_nothing_only_ends(router, passed):
    assert passed("", router)[0] == SETTINGS + "M30\n"
