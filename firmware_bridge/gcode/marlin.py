"""Marlin's tables: what a program for a printer may say.

Commands and letters are those of Marlin 2.1 (marlinfw.org/meta/gcode); the choice is this project's:
a program moves, heats and blows. It does not set the machine up, and it reaches nothing but its motors,
heaters and fans.
"""

from collections.abc import Mapping
from types import MappingProxyType

from firmware_bridge.gcode.dialect import (
    FLAG,
    ONE_HOTEND,
    Dialect,
    Drop,
    Entry,
    Keep,
    Place,
    Range,
    Refuse,
    read_one,
)
from firmware_bridge.gcode.effects import EFFECTS
from firmware_bridge.gcode.motion import Motion

_ANY = Range()
_FEED = Range(low=0, above_low=True, high="feed_max_mm_min")
_ACCELERATION = Range(low=0, above_low=True, high="acceleration_max_mm_s2")
_HOTEND = Range(low=0, high="hotend_max_c")
_BED = Range(low=0, high="bed_max_c")
_ONLY_TOOL = Range(low=0, high=0, integer=True, mend=ONE_HOTEND)
_FAN = Range(low=0, high=7, integer=True)
_POSITIVE = Range(low=0)
_SWITCH = Range(low=0, high=1, integer=True)

_LINE = Keep({"X": _ANY, "Y": _ANY, "Z": _ANY, "E": _ANY, "F": _FEED}, needs="XYZEF", effect="line")
_ARC_WORDS = {"X": _ANY, "Y": _ANY, "Z": _ANY, "I": _ANY, "J": _ANY, "E": _ANY, "F": _FEED}
_AXES = {"X": FLAG, "Y": FLAG, "Z": FLAG}
_MOTORS_OFF = Keep({**_AXES, "E": FLAG}, effect="motors off")

_KEEP: dict[str, Entry] = {
    "G0": _LINE,
    "G1": _LINE,
    "G2": Keep(_ARC_WORDS, needs="IJ", effect="arc clockwise"),
    "G3": Keep(_ARC_WORDS, needs="IJ", effect="arc counter-clockwise"),
    "G4": Keep(
        {"S": Range(low=0, high=60), "P": Range(low=0, high=60_000)},
        "SP",
        one_of=True,
        effect="dwell",
        lacking="to wait for the moves before it say M400",
    ),
    "G21": Keep(),
    "G90": Keep(effect="absolute"),
    "G91": Keep(effect="relative"),
    "G92": Keep({"E": _ANY}, "E", effect="set E"),
    "M82": Keep(effect="E absolute"),
    "M83": Keep(effect="E relative"),
    "M104": Keep({"S": _HOTEND, "T": _ONLY_TOOL}, "S", effect="hot end"),
    "M109": Keep({"S": _HOTEND, "R": _HOTEND, "T": _ONLY_TOOL}, "SR", one_of=True, effect="hot end"),
    "M140": Keep({"S": _BED}, "S", effect="bed"),
    "M190": Keep({"S": _BED, "R": _BED}, "SR", one_of=True, effect="bed"),
    "M106": Keep({"P": _FAN, "S": Range(low=0, high=255)}, "S"),
    "M107": Keep({"P": _FAN}),
    "M17": Keep({**_AXES, "E": FLAG}),
    "M18": _MOTORS_OFF,
    "M84": _MOTORS_OFF,
    "M204": Keep(dict.fromkeys("PRTS", _ACCELERATION), "PRTS", effect="acceleration"),
    "M400": Keep(),
    "T0": Keep(),
}

_SILENT = "M73 M75 M77 M105 M114 M155 M201 M203 M205 M220 M221 M300 M413 M900"
_SILENT_TEXT = "M115 M117 M486 M862.3"
_DROP: dict[str, Entry] = {
    **dict.fromkeys(_SILENT.split(), Drop()),
    **dict.fromkeys(_SILENT_TEXT.split(), Drop(text=True)),
}

_REASONS = {
    "it changes what the firmware keeps in its EEPROM: take it out, and do it at the printer": (
        "M500 M501 M502 M503 M504"
    ),
    "it changes or tunes the heaters' control: take it out, and do it at the printer": "M301 M303 M304 M305 M306",
    "it moves the origin, the scale or the end stops that bounds are held against: take it out": (
        "M92 M120 M121 M206 M211 M290 M428 M851"
    ),
    "it allows cold extrusion: take it out, and heat before the first extrusion": "M302",
    "it drives pins, servos or buses: take it out": "M42 M43 M226 M260 M261 M280",
    "it waits for what is not part of the program: take it out": "M0 M1",
    "it switches power or the firmware's watchdog: take it out": "M80 M81 M85",
    "it changes the motors' current: take it out, and set it in the firmware": "M906 M907 M908 M909 M910",
    "it changes the link to the machine: take it out": "M110 M111 M552 M553 M554 M575",
    "it reaches the machine's SD card, past this gate: take it out": (
        "M20 M21 M22 M23 M24 M25 M26 M27 M28 M29 M30 M31 M32 M33 M34 M928"
    ),
    "it repeats or defines macros: write out what they stand for": (
        "M808 M810 M811 M812 M813 M814 M815 M816 M817 M818 M819"
    ),
    "it can forge the machine's own messages: take it out, or say M117": "M118",
    "it restarts or replaces the firmware: take it out": "M993 M994 M997",
    "it is for the bridge and the person at the machine": "M108 M112 M410 M876 M999",
    'a spindle or laser on a printer: a router has a profile with process = "milling"': "M3 M4 M5",
    "it waits for a change of filament: print with one filament, and take loading and unloading out": (
        "M600 M601 M602 M603 M700 M701 M702 M703 M704 M705 M706 M707 M708 M709"
    ),
    "it uses units other than mm: have the slicer write millimetres (G21)": "G20",
    "it uses another plane, offset or set of coordinates: take it out": (
        "G18 G19 G42 G53 G54 G55 G56 G57 G58 G59 G59.1 G59.2 G59.3 G60 G61 M485"
    ),
    "its path is not followed by this gate: take it out": "G5 G26 G425",
    "it probes: take it out; levelling (G29, M420) stands in the start program of the machine's profile": (
        "G30 G31 G32 G33 G35 G36 G37 G38 G38.2 G38.3 G38.4 G38.5"
    ),
}
_REFUSE: dict[str, Entry] = {
    command: Refuse(reason) for reason, commands in _REASONS.items() for command in commands.split()
}

_HOME = Keep(_AXES, effect="home before extruding")
_HOME_XY = Keep({"X": FLAG, "Y": FLAG}, "XY", effect="home")
_LEVELLING: dict[str, Entry] = {
    "G27": Keep({"P": Range(low=0, high=4, integer=True)}, effect="park"),
    "G28": Keep({**_AXES, "O": FLAG, "R": _POSITIVE, "W": FLAG}, effect="home"),
    "G29": Keep(dict.fromkeys("AJLPSV", Range(low=0, high=10, integer=True, bare=True)), effect="probe"),
    "G34": Keep(effect="probe"),
    "G80": Keep(effect="probe"),
    "M420": Keep({"S": _SWITCH, "L": Range(low=0, high=99, integer=True), "Z": Range(low=0, high=100)}, "SLZ"),
}
_TUNING: dict[str, Entry] = {
    "M201": Keep(dict.fromkeys("XYZE", _POSITIVE), "XYZE"),
    "M203": Keep(dict.fromkeys("XYZE", _POSITIVE), "XYZE"),
    "M205": Keep(dict.fromkeys("XYZEJST", _POSITIVE), "XYZEJST"),
    "M220": Keep({"S": Range(low=1, high=100)}, "S"),
    "M221": Keep({"S": Range(low=1, high=200)}, "S"),
    "M413": Keep({"S": _SWITCH}, "S"),
    "M900": Keep({"K": Range(low=0, high=10)}, "K"),
}
"""Dropped from a job; in the owner's own programs they are what the owner wants."""

_ONLY_START = "homing and levelling stand only in the machine's own start program"
_NOT_IN_BODY = Refuse(f"{_ONLY_START}, with which a file begins: leave them out of the slicer's")
_NOT_IN_WHOLE = Refuse(
    "levelling stands only in the machine's own start program: move the slicer's start code there, to [programs] in the"
    " profile"
)
_COMMON: Mapping[str, Entry] = {**_KEEP, **_DROP, **_REFUSE}

MARLIN = Dialect(
    "marlin",
    MappingProxyType(
        {
            Place.START: {**_COMMON, **_TUNING, **_LEVELLING},
            Place.BODY: {**_COMMON, **dict.fromkeys(_LEVELLING, _NOT_IN_BODY)},
            Place.END: {
                **_COMMON,
                **dict.fromkeys(_LEVELLING, Refuse(_ONLY_START)),
                **_TUNING,
                "G27": _LEVELLING["G27"],
                "G28": _HOME_XY,
            },
            Place.WHOLE: {**_COMMON, **dict.fromkeys(_LEVELLING, _NOT_IN_WHOLE), "G28": _HOME},
        }
    ),
    state=Motion,
    read=read_one,
    effects=EFFECTS,
    end=lambda _: "M104 S0\nM140 S0\nM107",
)
