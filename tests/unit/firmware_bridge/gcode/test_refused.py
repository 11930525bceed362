"""Every line here is bad for one reason, and is refused for that one."""

from itertools import repeat

import pytest

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import check
from firmware_bridge.machine import MachineProfile

LINES = {
    # what the firmware keeps, its heaters, its bounds
    "M500": "EEPROM",
    "M501": "EEPROM",
    "M502": "EEPROM",
    "M503": "EEPROM",
    "M504": "EEPROM",
    "M301 P22 I1 D100": "heaters' control",
    "M303 E0 S200 C8": "heaters' control",
    "M304 P10": "heaters' control",
    "M305 P0": "heaters' control",
    "M306 T": "heaters' control",
    "M92 E400": "bounds",
    "M206 Z-5": "bounds",
    "M428": "bounds",
    "M851 Z-3": "bounds",
    "M290 Z-1": "bounds",
    "M211 S0": "bounds",
    "M120": "bounds",
    "M121": "bounds",
    "M302 S0": "cold extrusion",
    "M302 P1": "cold extrusion",
    # pins, power, motors, link, firmware
    "M42 P4 S255": "pins",
    "M43": "pins",
    "M226 P2": "pins",
    "M280 P0 S10": "pins",
    "M260 A99": "pins",
    "M485": "coordinates",
    "M80": "power",
    "M81": "power",
    "M85 S0": "watchdog",
    "M906 X2000": "current",
    "M907 X2000": "current",
    "M910": "current",
    "M575 P0 B250000": "the link",
    "M552 S1": "the link",
    "M554": "the link",
    "M110 N0": "the link",
    "M111 S255": "the link",
    "M20": "SD card",
    "M23 job.gco": "SD card",
    "M24": "SD card",
    "M28 evil.gco": "SD card",
    "M32 P !evil.gco#": "SD card",
    "M928 log.txt": "SD card",
    "M808 L10": "macros",
    "M810 G28|M500": "macros",
    "M819": "macros",
    "M118 A1 action:cancel": "forge",
    "M997": "firmware",
    "M993": "firmware",
    "M108": "for the bridge",
    "M112": "for the bridge",
    "M410": "for the bridge",
    "M876 S1": "for the bridge",
    "M999": "for the bridge",
    "M3 S255": "spindle",
    "M5": "spindle",
    "M0": "waits",
    "M600": "change of filament",
    "M701": "change of filament",
    # motion this gate does not follow
    "G5 I1 J1 P1 Q1 X5 Y5": "not followed",
    "G20": "units",
    "G18": "plane",
    "G53": "coordinates",
    "G54": "coordinates",
    "G59.1": "coordinates",
    "G42 I1 J1": "coordinates",
    "G26": "not followed",
    "G30": "probes",
    "G38.2 Z-5": "probes",
    "G425": "not followed",
    "G29": "own start program",
    "G34": "own start program",
    "G27": "own start program",
    "M420 S1": "own start program",
    # on no list
    "G10": "no list",
    "G11": "no list",
    "G6 X1": "no list",
    "G28.1": "no list",
    "M150 R255": "no list",
    "M9999": "no list",
    "T1": "no list",
    "M104.1 S200": "no list",
    # form
    "G1 X1 G1 X2": "second command",
    "G1 X1 M500": "second command",
    "M105 G28": "second command",
    "M73 P1 M500": "second command",
    "M104 S200 M106 S255": "second command",
    "G4 S1 T0": "second command",
    "G1 X1*55": "checksum",
    "N5 G1 X1": "line number",
    "N5 G1 X1*97": "checksum",
    "G1 X1 N5": "line number",
    "G1 X1 X2": "X is given twice",
    "G1 F100 F200": "F is given twice",
    "G1 Q5": "does not take Q",
    "G1 X1 S5": "does not take S",
    "M104 S200 F1": "does not take F",
    "G21 S1": "does not take S",
    "G92 X0": "does not take X",
    "G92 E0 Z5": "does not take Z",
    "G92": "needs E",
    "M104": "needs S",
    "M109 S200 R200": "only one of S or R",
    "M106": "needs S",
    "G4": "needs S or P",
    "G4 S1 P1": "only one of",
    "M204": "needs one of P R T S",
    "G1": "needs one of X Y Z E F",
    "G0 ; nothing": "needs one of",
    "G2 X120 Y100": "needs I or J",
    "G2 X120 Y100 R10": "does not take R",
    "G1 X": "X has no number",
    "G1 Xnan": "(N) inside the line",
    "G1 X nan": "(N) inside the line",
    "G1 Xinf": "(N) inside the line",
    "G1 X1e1": "exponent",
    "G1 X1E1": "exponent",
    "G1 X0x10": "twice",
    "G1 X1,5": "cannot be read from ',5'",
    "G1 X--5": "cannot be read",
    "G1 X1.2.3": "cannot be read",
    "G1 X5-3": "cannot be read",
    "G1 X 5": "cannot be read from '5'",
    "G1 E99999999": "too large",
    "G1 X=5": "cannot be read",
    "G1 X[1+1]": "cannot be read",
    "G1 X{layer_z}": "cannot be read",
    "G1 X1 @pause": "cannot be read",
    "@pause": "no command",
    "START_PRINT BED=60": "START_PRINT is a command or macro of Klipper's",
    "set_pressure_advance ADVANCE=0.05": "SET_PRESSURE_ADVANCE is a command or macro of Klipper's",
    "M104 S[first_layer_temperature]": "which the slicer was to fill in",
    "$H": "no command",
    "!": "no command",
    "%": "no command",
    "/G1 X1": "no command",
    "X10 Y10": "no command",
    "G": "no command",
    "G 1 X5": "no command",
    "G+1 X5": "no command",
    "G12345": "no command",
    "T?": "no command",
    "Ｇ1 X5": "U+FF27",
    "G1 X٣": "U+0663",
    "M117 hi\rM500": "control character 0x0d, which no G-code has: have plain G-code written, not binary (.bgcode)",
    "M73 früher": "U+00FC",
    "G2 X120 Y100 ı10": "U+0131",
    "G1 X1\rM500": "control character 0x0d",
    "G1 X1\x00": "control character 0x00",
    "G1 X1 ; \x1b[2J": "control character 0x1b",
    "; harmless\nG1 X1\x0bM500": "control character 0x0b",
    "; \x18": "control character 0x18",
    "G1 X1 \x7f": "control character 0x7f",
    "G1\u2028X1": "U+2028",
    "G1 X1 (comment": "bracket",
    "G1 X1 ) M500": "bracket",
    "G1 X1 (a (b) c)": "bracket",
    "G1 X1" + " " * 100 + "Y1": "longer than 96",
    "G2 X123.12345 Y123.12345 Z123.12345 I123.12345 J123.12345 E-12345.12345 F12345.12345": "longer than 80",
    # limits
    "M104 S261": "over the limit of 260",
    "M109 S300": "over the limit of 260",
    "M109 R300": "over the limit of 260",
    "M140 S111": "over the limit of 110",
    "M190 R200": "over the limit of 110",
    "M104 S-1": "too low",
    "M140 S-273": "too low",
    "M106 S256": "over the limit of 255",
    "M106 S-1": "too low",
    "M106 P99 S1": "over the limit of 7",
    "M106 P0.5 S1": "not a whole number",
    "M104 S200 T1": "over the limit of 0",
    "G4 S61": "over the limit of 60",
    "G4 P60001": "over the limit of 60000",
    "G4 S-1": "too low",
    "M204 S5001": "over the limit of 5000",
    "M204 P0": "more than 0",
    "G1 X1 F18001": "over the limit of 18000",
    "G1 X1 F0": "more than 0",
    "G1 X1 F-5": "too low",
    "G1 F0.000001": "more than 0",
    "G1 X221": "X would reach 221 mm, the machine has 0 to 220 mm",
    "G1 X-0.1": "X would reach -0.1 mm",
    "G1 Y220.00001": "Y would reach 220.00001 mm",
    "G0 Z250.1": "Z would reach 250.1 mm",
    "G1 Z-0.00001": "Z would reach -0.00001 mm",
    "G1 X1 Y1 Z999 E1": "Z would reach 999 mm",
    "G1 E61": "pushes 61 mm of filament in one move, the limit is 60 mm",
    "G1 X50 E-61": "pushes -61 mm",
    "G28 X5": "over the limit of 0",
    "G28 W": "does not take W",
    "M84 S10": "does not take S",
}


@pytest.mark.parametrize("line", LINES)
def test_a_bad_line_is_refused_with_its_reason(line, bare, refusals, ready):
    found = refusals(ready + line, bare)
    assert len(found) == 1
    assert LINES[line] in found[0][1]
    assert found[0][0] == (ready + line).count("\n") + 1


PROGRAMS = {
    "G90\nG1 X5 F600": "before the machine was homed",
    "G90\nG28 X Y\nG1 Z5 F600": "before the machine was homed",
    "G28\nG90\nG1 X5": "no feed",
    "G28\nG90\nM104 S200\nG1 X5 Y5 E1 F600": "M82 or M83",
    "G28\nG90\nM82\nM104 S200\nG1 X5 Y5 E1 F600": "G92 E0",
    "G28\nG90\nM83\nG1 X5 Y5 E1 F600": "hot end set to 0 °C; it takes 170 °C",
    "G28\nG90\nM83\nM104 S200\nG1 X5 F600\nM104 S0\nG1 E-2": "hot end set to 0 °C",
    "G28\nG90\nM83\nM109 R169\nG1 E1 F600": "hot end set to 169 °C",
    "G90\nM83\nM104 S200\nG1 E5 F600": "before the machine was homed",
    "G28\nM83\nM104 S200\nG1 E5": "no feed",
    # Marlin 1.1 keeps E relative through this G90, Marlin 2 does not
    "G28\nM104 S200\nM83\nG91\nG90\nG1 X5 Y5 E1 F600": "M82 or M83",
    "G28\nM104 S200\nG91\nM82\nG1 Z1 E1 F600": "M82 or M83",
    # where a homed machine stands in X and Y depends on the machine
    "G28\nG91\nG1 X5 F600": "X moves by a step",
    "G28\nG90\nG1 X5 F600\nG2 X10 I2.5": "not known since homing",
    "G28\nG90\nG1 X100 Y100 F600\nG28 X\nG91\nG1 X5": "X moves by a step",
    "G28\nG91\nG1 Z-1 F600": "Z moves by a step",
    "G28\nG91\nG1 Z249 F600": "up to 20 mm above it is taken: say G90 and a height",
    "G28\nG91\nG1 Z15 F600\nG1 Z-10\nG1 Z15.1": "up to 20 mm above it",
    "G28\nG90\nG1 Z5 F600\nG28 Z\nG91\nG1 Z-1": "Z moves by a step",
    "G28\nG91\nG1 Z5 F600\nM84 Z\nG1 Z5": "before the machine was homed",
    "G28\nG90\nG1 X100 Y100 F600\nG91\nG2 X20 Z1 I10": "a place that is not known since homing",
    "G28\nG90\nG1 Z240 F600\nG91\nG1 Z5\nG1 Z5\nG1 Z5": "Z would reach 255 mm",
    "G28\nG90\nG1 X5 F600\nM84\nG1 X6": "before the machine was homed",
    "G28\nG90\nG1 X5 F600\nM18 X\nG1 X6": "before the machine was homed",
    "G28\nG90\nM82\nG92 E0\nM104 S200\nG1 X1 F600\nG1 E50\nG1 E111": "pushes 61 mm",
    "G28\nG90\nM82\nM104 S200\nG92 E-1000\nG1 X1 E0 F600": "pushes 1000 mm",
    "G28\nG90\nM83\nM104 S200\nG1 X9 E5 F600\nG28": "into the part",
    "G28\nG90\nM83\nM104 S200\nG1 X9 E5 F600\nG28 Z": "into the part",
    "G28\nG90\nG1 X220 F0.01": "takes longer than the 48 h",
    "G28\n" + "G4 S60\n" * 2881: "takes longer than the 48 h",
    # arcs
    "G28\nG90\nG1 X10 Y100 F600\nG2 X10 Y100 I5 J0\nG2 X30 Y100 I10 J0\nG3 X10 Y100 I-10 J0\nG2 X10 Y100 I-6": "X would reach -2",
    "G28\nG90\nG1 X100 Y215 F600\nG2 X120 Y215 I10": "Y would reach 225 mm",
    "G28\nG90\nG1 X100 Y5 F600\nG3 X120 Y5 I10": "Y would reach -5 mm",
    "G28\nG90\nG1 X215 Y100 F600\nG3 X215 Y120 J10": "X would reach 225 mm",
    "G28\nG90\nG1 X215 Y100 F600\nG3 X215.001 Y100 J10": "X would reach 225 mm",
    "G28\nG90\nG1 X50 Y50 F600\nG2 X60 Y50 I20": "not on its circle",
    "G28\nG90\nG1 X50 Y50 F600\nG2 X50 Y50 I0 J0": "no radius",
    "G28\nG90\nG1 X50 Y50 F600\nG2 X52 Y50 I1 J-3000": "radius is over",
    "G28\nG90\nG1 X50 Y50 Z1 F600\nG2 X60 Y50 Z-1 I5": "Z would reach -1",
    "G28\nG90\nM83\nG1 X50 Y50 F600\nG2 X60 Y50 I5 E1": "hot end",
}


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_bad_program_is_refused_once_with_its_reason(program, bare, refusals):
    found = refusals(program, bare)
    assert len(found) == 1
    assert PROGRAMS[program] in found[0][1]


def test_every_refused_line_is_named(bare, refusals, ready):
    found = refusals(ready + "M500\nG1 X50\nM302 S0\nG1 X300\n", bare)
    first = ready.count("\n") + 1
    assert [line for line, _ in found] == [first, first + 2, first + 3]


@pytest.mark.parametrize(
    ("lines", "counts"),
    [
        ("M500\nM500\nG1 X50\nM500", [3]),
        ("M500\nM501\nM500", [2, 1]),
        ("G1 X300\nG1 X301.5 Y9\nG1 X-1\nG1 X-2", [2, 2]),
        ("G1 Y300\nG1 X301", [1, 1]),
        ("G1 X1,5\nG1 X1.7,5 Y2", [2]),
        ("M104 S300\nM104 S301\nM109 S300", [2, 1]),
        ("G1 Q5\nG1 Q6\nG1 R5", [2, 1]),
        # what has its cause further up is told of once, and not counted
        ("M104 S0\nG1 X90 E1\nG1 X80 E1\nG1 X70 E1", [1]),
    ],
)
def test_lines_refused_for_one_kind_of_reason_are_told_of_once_and_counted(lines, counts, bare, ready):
    with pytest.raises(ProgramRefused) as caught:
        check((ready + lines).splitlines(), bare)
    assert [refusal.count for refusal in caught.value.refusals] == counts
    first = ready.count("\n") + 1
    assert caught.value.refusals[0].place == f"line {first + lines.startswith('M104 S0')}" + (
        f" and {counts[0] - 1} more" if counts[0] > 1 else ""
    )


def test_the_gate_stops_reading_a_program_that_is_wrong_in_every_way(bare, refusals):
    unread = iter(f"M{number}" for number in range(1000, 9999))
    with pytest.raises(ProgramRefused) as caught:
        check(unread, bare)
    assert len(caught.value.refusals) == 100 + 1
    assert caught.value.refusals[-1].said == "so much is wrong with it that what follows line 100 was not read"
    assert next(unread) < "M9000"


def test_nor_does_it_count_for_ever(bare):
    with pytest.raises(ProgramRefused) as caught:
        check(repeat("G1 X1 M500", 9_999), bare)
    assert [refusal.count for refusal in caught.value.refusals] == [9_999]
    with pytest.raises(ProgramRefused) as caught:
        check(repeat("G1 X1 M500"), bare)
    assert [refusal.count for refusal in caught.value.refusals] == [10_000, 1]
    assert caught.value.refusals[-1].said == "so much is wrong with it that what follows line 10000 was not read"


@pytest.mark.parametrize("line", ["G28", "G28 X", "G29", "M420 S1", "G34", "G80"])
def test_a_job_never_homes_where_the_owner_has_a_start_program(line, owned, refusals):
    assert refusals(line, owned) == [
        (
            1,
            f"{line.split()[0]}: homing and levelling stand only in the machine's own start program, with which a file "
            "begins: leave them out of the slicer's",
        )
    ]


@pytest.mark.parametrize(("process", "firmware"), [("milling", "marlin"), ("fff", "grbl")])
def test_a_machine_that_no_tables_are_for_is_refused_by_its_name(process, firmware, refusals):
    profile = MachineProfile(name="odd", process=process, firmware=firmware)
    reason = f"this gate judges programs for fff with marlin and milling with grbl, not for {process} with {firmware}"
    assert refusals("G0 X1", profile) == [(0, reason)]


def test_over_a_hundred_programs_are_refused():
    assert len(LINES) + len(PROGRAMS) >= 100
