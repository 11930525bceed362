"""Every line and program here is bad for one reason on a router with Grbl, and is refused for that one."""

import pytest

LINES = {
    # what the firmware keeps, and what it does at once
    "$$": "for the bridge and the machine's owner",
    "$H": "for the bridge and the machine's owner",
    "$X": "for the bridge and the machine's owner",
    "$C": "for the bridge and the machine's owner",
    "$J=G91 X10 F500": "for the bridge and the machine's owner",
    "$SLP": "for the bridge and the machine's owner",
    "$RST=*": "for the bridge and the machine's owner",
    "$N0=G20": "for the bridge and the machine's owner",
    "$20=0": "for the bridge and the machine's owner",
    " $110=99999": "for the bridge and the machine's owner",
    "G1 X1 $X": "cannot be read from '$X'",
    "!": "acts on '!' at once",
    "~": "acts on '~' at once",
    "?": "acts on '?' at once",
    "G1 X1 (wait!)": "acts on '!' at once",
    "; really?": "acts on '?' at once",
    "G1 X1 ; ~5 mm": "acts on '~' at once",
    "G1 X1 \x18": "control character 0x18",
    "G1 X1 \x00": "control character 0x00",
    "; \x1b[2J": "control character 0x1b",
    "G1 X1\rM3 S99": "control character 0x0d",
    "G1 X1 \x7f": "control character 0x7f",
    "G1 X1 \x84": "U+0084",
    "G1 X1 (\x85)": "U+0085",
    "; größer": "U+00F6",
    "G1 X1 ; \ufffd": "U+FFFD",
    "Ｇ1 X5": "U+FF27",
    # origins, places, planes, units
    "G10 L2 P1 X0 Y0 Z0": "stores or moves an origin",
    "G10 L20 P0 Z0": "stores or moves an origin",
    "G28": "place stored in the machine",
    "G28.1": "stores or moves an origin",
    "G91 G28 Z0": "place stored in the machine",
    "G30 X1": "place stored in the machine",
    "G30.1": "stores or moves an origin",
    "G92 X0": "stores or moves an origin",
    "G92.1": "stores or moves an origin",
    "G43.1 Z2": "stores or moves an origin",
    "G43 H1": "stores or moves an origin",
    "G53 G0 Z0": "another set of coordinates",
    "G55": "another set of coordinates",
    "G59": "another set of coordinates",
    "G59.3": "another set of coordinates",
    "G18": "another plane",
    "G19 G1 X1": "another plane",
    "G20": "units other than mm",
    "G93": "otherwise than in mm/min",
    "G95": "otherwise than in mm/min",
    "G90.1": "arcs' centres",
    "G38.2 Z-5 F50": "it probes",
    "G38.5 Z5": "it probes",
    # what neither Grbl nor this gate has
    "G81 X5 Y5 Z-3 F100": "canned cycle",
    "G83 Z-3": "canned cycle",
    "G98": "canned cycle",
    "G5 X1": "not followed",
    "G96": "not followed",
    "G41": "leave its path",
    "G61": "leave its path",
    "G64": "leave its path",
    "M4 S1000": "one way only",
    "M6": "changed by a person",
    "T1 M6": "changed by a person",
    "T1": "changed by a person",
    "M7": "mist",
    "M48": "overrides",
    "M56 P0": "overrides",
    "M1": "say M0",
    "M62 P1": "other outputs",
    "M106 S255": "other outputs",
    "M98 P1": "other programs",
    "M99": "other programs",
    "G29": "no list",
    "M500": "no list",
    "M112": "no list",
    "G1.5 X1": "no list",
    "G9999": "no list",
    "O100": "flow control",
    "G1 X#5": "X has no number",
    "#5=3": "cannot be read",
    "G1 X[1+1]": "X has no number",
    "/G1 X5": "to be skipped (/)",
    "G1 X1 *55": "checksum",
    "G1 X1 (a (b) c)": "bracket",
    "G1 X1 ) M5": "bracket",
    "G1 X1 (open": "bracket",
    # several words on a line
    "G0 G1 X5": "G0 and G1 on one line",
    "G90 G91": "G90 and G91 on one line",
    "M3 S100 M5": "M3 and M5 on one line",
    "M8 M9": "M8 and M9 on one line",
    "M0 M30": "M0 and M30 on one line",
    "G1 X1 X2": "X is given twice",
    "M3 S1 S2": "S is given twice",
    "G49 X5": "G49 with X, Y or Z",
    "G80 X5": "which motion is meant",
    "G1 X1 I5": "does not take I",
    "I5 J0": "I belongs to no command",
    "P1": "P belongs to no command",
    "G1 X1 P5": "P belongs to no command",
    "G1 X5 N5": "line number (N) inside",
    "G1 X5 E1": "an exponent, or an E",
    "G1 X1E1": "an exponent, or an E",
    "G1 A5": "no A here",
    "G1 X": "X has no number",
    "G1 X 5": "X has no number",
    "G1 X1,5": "cannot be read from ',5'",
    "G1 X1.2.3": "X has no number",
    "G1 X--5": "X has no number",
    "G1 X99999999": "too large",
    "G X5": "G has no number",
    "G-1 X5": "is no command",
    "G1.25 X5": "is no command",
    "N12345678 G1 X5": "number of N is too large",
    "G1 X1" + " " * 100 + "Y1": "longer than 96",
    # arcs
    "G2 X110 Y100 R5": "not by their radius",
    "G2 X110 Y100": "needs I or J",
    "G2 I5": "needs X or Y",
    "G3": "needs X or Y",
    "G2 X110 Y100 K5": "by I and J",
    "G2 X110 Y100 I5.006": "not on its circle",
    "G2 X100.1 Y100 I30 J-40": "not on its circle",
    "G2 X100 Y100 I0 J0": "no radius",
    "G2 X100 Y100 I3000": "radius is over",
    "G2 X100 Y100 I-60 J-60": "Y would reach -44.85281 mm",
    "G2 X290 Y100 I95": "Y would reach 195 mm",
    # limits
    "M3 S0": "M3 S0 is too low",
    "M3 S12001": "over the limit of 12000",
    "S99999": "over the limit of 12000",
    "M3 S-5": "too low",
    "G1 X1 F3001": "over the limit of 3000",
    "G1 X1 F0": "more than 0",
    "F-100": "too low",
    "G4": "G4 needs P",
    "G4 S1": "G4 needs P",
    "G4 P61": "over the limit of 60",
    "G4 P-1": "too low",
    "G1 X300.00001": "X would reach 300.00001 mm, the machine has 0 to 300 mm",
    "X-0.1": "X would reach -0.1 mm",
    "G1 Y181": "Y would reach 181 mm",
    "G1 Z-25.1": "Z would reach -25.1 mm, the machine has -25 to 20 mm",
    "G0 Z20.5": "Z would reach 20.5 mm",
    "G91 G1 X-101": "X would reach -1 mm",
    # tool and stock
    "G0 X50": "a rapid (G0) goes across at Z -1 mm, below the safe height of 3 mm",
    "G0 X50 Z5": "goes across at Z -1 mm",
    "G0 Z-2": "plunges to Z -2 mm, below the safe height of 3 mm",
}


@pytest.mark.parametrize("line", LINES)
def test_a_bad_line_is_refused_with_its_reason(line, router, refusals, cutting):
    found = refusals(cutting + line, router)
    assert len(found) == 1
    assert LINES[line] in found[0][1]
    assert found[0][0] == 6


PROGRAMS = {
    # nothing an earlier program left behind is relied on
    "G0 Z5": "G90 or G91",
    "G21\nG17\nX5": "which motion is meant is not known here",
    "G90\nG0 X5 Y5 Z2": "goes across at Z 2 mm, below the safe height of 3 mm",
    "G90\nG1 X5 Y5 Z2 F100": "with the spindle off",
    "G90\nG1 Z-1 F100": "goes below the safe height of 3 mm where X or Y is not known",
    "G90\nG0 Z-1": "plunges to Z -1 mm",
    "G91\nG0 X5 Y5": "moves by a step from a place that is not known since the program began",
    "G91\nG0 Z5": "Z moves by a step from a place that is not known since the program began",
    "G90\nG0 Z5\nG91\nG0 X5": "X moves by a step from a place",
    "G90\nG0 Z5\nM3 S1000\nG1 Z-1 F100": "goes below the safe height of 3 mm where X or Y is not known",
    "G90\nG0 Z5\nG1 X5": "no feed",
    "G90\nG0 Z5\nG0 X5 Y5\nG2 X10 I2.5": "no feed",
    "G90\nG0 Z5\nF100\nG2 X10 Y5 I2.5": "not known since the program began",
    "M3": "M3 needs S",
    "M3\nG90 G0 Z5": "M3 needs S",
    "G90\nG0 Z5\nS1000\nM5 S0\nM3": "M3 needs S",
    "G90\nG0 Z5\nX5\nG80\nX9": "which motion is meant",
    # the spindle
    "G90\nG0 Z5\nG0 X5 Y5\nG1 Z-1 F100\nX50": "with the spindle off",
    "G90\nG0 Z5\nS1000\nG0 X5 Y5\nG1 Z-1 F100": "with the spindle off",
    "G90\nG0 Z5\nM3 S1000\nX5 Y5\nM5\nG1 Z-1 F100": "with the spindle off",
    "G90\nG0 Z5\nM3 S1000\nX5 Y5\nG1 Z-1 F100\nM5\nG1 X50": "with the spindle off",
    "G90\nG0 Z5\nM3 S1000\nX5 Y5\nG1 Z-1 F100\nM5\nG2 X15 I5": "with the spindle off",
    "G90\nG0 Z5\nX5 Y5\nG1 X10 Z2 F100": "with the spindle off",
    "G90\nG0 Z5\nX50 Y50\nF100\nG2 X60 I5 Z1": "with the spindle off",
    # rapids
    "G90\nG0 Z5\nM3 S1000\nX5 Y5\nG0 Z2.9": "plunges to Z 2.9 mm",
    "G90\nG0 Z5\nM3 S1000\nX5 Y5\nG0 X6 Z-1": "goes across at Z -1 mm",
    "G90\nG0 Z5\nM3 S1000\nX5 Y5\nG1 Z-1 F100\nG0\nX6": "goes across at Z -1 mm",
    "G90\nG0 Z5\nM3 S1000\nX5 Y5\nG1 Z-3 F100\nG91\nG0 Z1\nG0 X1": "goes across at Z -2 mm",
    "G90\nG0 Z5\nM3 S1000\nX5 Y5\nG1 Z-3 F100\nG0 Z2\nG0 Z1": "plunges to Z 1 mm",
    # the end, and after it
    "M30\nG90\nG0 Z5": "nothing may follow its M2 or M30",
    "G90\nG0 Z5\nM2\nX5": "nothing may follow its M2 or M30",
    "G90\nG0 Z5\nM2\nG0 X5 Y5": "nothing may follow its M2 or M30",
    "M30\nM3 S100": "nothing may follow its M2 or M30",
    "M30\nF100": "nothing may follow its M2 or M30",
    "M2\nM30": "nothing may follow its M2 or M30",
    # time
    "G4 P60\n" * 2881: "takes longer than the 48 h",
    "G90\nG0 Z5\nG0 X0 Y0\nG1 X300 F0.01": "takes longer than the 48 h",
    # arcs
    "G90\nG0 Z5\nG0 X50 Y5\nG3 X70 Y5 I10 F100": "Y would reach -5 mm",
    "G90\nG0 Z5\nG0 X295 Y50\nG3 X295 Y70 J10 F100": "X would reach 305 mm",
    "G90\nG0 Z5\nG0 X50 Y50\nM3 S1000\nG2 X60 I5 Z-26 F100": "Z would reach -26 mm",
}


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_bad_program_is_refused_once_with_its_reason(program, router, refusals):
    found = refusals(program, router)
    assert len(found) == 1
    assert PROGRAMS[program] in found[0][1]


def test_over_sixty_programs_are_refused():
    assert len(LINES) + len(PROGRAMS) >= 60


def test_a_block_that_is_refused_leaves_no_trace(router, refusals, cutting):
    """Grbl drops all of a block that it does not take, modes included."""
    found = refusals(cutting + "G0 S500 P5\nX50\nG1 S500 X60 Q1\n", router)
    assert [line for line, _ in found] == [6, 8]


def test_each_bad_line_is_told_of(router, refusals, cutting):
    found = refusals(cutting + "$H\nG1 X50\nM6 T1\nG1 X900\nM30\n\n%\n", router)
    assert [line for line, _ in found] == [6, 8, 9]
