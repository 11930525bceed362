"""Grbl's tables: what a program for a router may say.

Commands and letters are those of Grbl 1.1 (`grbl/gcode.c`) and grblHAL; the choice is this project's: a program
moves, turns its spindle and cools. It stores nothing, moves no origin, and reaches nothing past this gate.
"""

from types import MappingProxyType

from firmware_bridge.gcode.canonical import no_lower, number
from firmware_bridge.gcode.dialect import Dialect, Entry, Keep, Place, Range, Refuse
from firmware_bridge.gcode.milling.blocks import ONE_TOOL, read
from firmware_bridge.gcode.milling.effects import EFFECTS
from firmware_bridge.gcode.milling.motion import Milling
from firmware_bridge.machine import Profile

_ANY = Range()
_FEED = Range(low=0, above_low=True, high="feed_max_mm_min")
_SPEED = Range(low=0, above_low=True, high="spindle_max_rpm", mend="give the tool its speed in your program")
_LINE = {"X": _ANY, "Y": _ANY, "Z": _ANY, "F": _FEED}
_ARC = {"X": _ANY, "Y": _ANY, "Z": _ANY, "I": _ANY, "J": _ANY, "F": _FEED}
_END = Keep(effect="end")
_MARKS_END = Keep(effect="end", unwritten=True)

_KEEP: dict[str, Entry] = {
    "G0": Keep(_LINE, "XYZF", effect="rapid"),
    "G1": Keep(_LINE, "XYZF", effect="feed"),
    "G2": Keep(_ARC, "IJ", effect="arc clockwise"),
    "G3": Keep(_ARC, "IJ", effect="arc counter-clockwise"),
    "G4": Keep({"P": Range(low=0, high=60, mend="P is in seconds to Grbl")}, "P", effect="dwell"),
    "G17": Keep(),
    "G21": Keep(),
    "G40": Keep(),
    "G49": Keep(),
    "G54": Keep(),
    "G80": Keep(),
    "G90": Keep(effect="absolute"),
    "G91": Keep(effect="relative"),
    "G91.1": Keep(),
    "G94": Keep(),
    "M0": Keep(effect="stand"),
    "M3": Keep({"S": _SPEED}, "S", effect="spindle on"),
    "M5": Keep(effect="spindle off"),
    "M8": Keep(effect="coolant on"),
    "M9": Keep(effect="coolant off"),
}

_REASONS = {
    "it stores or moves an origin that bounds are held against: take it out, and set your work's zero (G54) by hand": (
        "G10 G28.1 G30.1 G51 G52 G92 G92.1 G92.2 G92.3"
    ),
    "it stores or moves an origin that bounds are held against: have the post leave out the tool's length (G43)": (
        "G43 G43.1 G43.2"
    ),
    "it moves to a place stored in the machine, by a way this gate does not see: have the post retract to your own"
    " clearance height, or take it out": "G28 G30",
    "it uses another set of coordinates than G54, the machine's own: have the post retract to your own clearance"
    " height, or take it out": "G53",
    "it uses another set of coordinates than G54: set the work offset of your program to the first, G54": (
        "G55 G56 G57 G58 G59 G59.1 G59.2 G59.3"
    ),
    "it uses another plane than XY: have arcs in other planes, as of vertical lead-ins, left out or written as lines": (
        "G18 G19"
    ),
    "it uses units other than mm: set your program, or its post, to millimetres (G21)": "G20",
    "it feeds otherwise than in mm/min; say G94": "G93 G95",
    "it measures arcs' centres otherwise than from their start: have the post write them so (G91.1)": "G90.1",
    "it probes: take it out, and set the zero of your work by hand before the program": "G38.2 G38.3 G38.4 G38.5",
    "it is a canned cycle, which Grbl does not have and this gate does not follow; have it written as G0 and G1": (
        "G73 G76 G81 G82 G83 G84 G85 G86 G87 G88 G89 G98 G99"
    ),
    "its path is not followed by this gate: have it written as lines (G1) and arcs (G2, G3)": "G5 G5.1 G7 G8 G33 G50",
    "other ways to count a spindle's speed than rpm are not followed by this gate: take it out, S is rpm to Grbl": (
        "G96 G97"
    ),
    "it lets the tool leave its path: have your program, not the machine, make up for the tool's radius": (
        "G41 G41.1 G42 G42.1"
    ),
    "how far a tool may leave its path at a corner is a setting of Grbl's ($11): take it out": "G61 G61.1 G64",
    "the spindle turns one way only here, by M3; what a laser's program says is for no router": "M4",
    f"{ONE_TOOL}: have one file written for each tool, without M6 and T": "M6 M61",
    "mist is not taken, since Grbl switches it only where it was built to; say M8": "M7",
    "it changes overrides, which are for the person at the machine: take it out": "M48 M49 M50 M51 M53 M56",
    "it waits for what is not part of the program; say M0": "M1 M60 M66",
    "it drives pins, heaters or other outputs, which a program for a router does not": (
        "M42 M62 M63 M64 M65 M67 M68 M104 M106 M107 M109 M140 M190 M280"
    ),
    "it calls or returns from other programs: have all of it written into one file": "M98 M99 M70 M71 M72 M73",
}
_REFUSE: dict[str, Entry] = {
    command: Refuse(reason) for reason, commands in _REASONS.items() for command in commands.split()
}
_NO_END: dict[str, Entry] = dict.fromkeys(("M2", "M30"), Refuse("it would end the program before the job began"))
_COMMON: dict[str, Entry] = {**_KEEP, **_REFUSE}
_BODY: dict[str, Entry] = {**_COMMON, "M2": _MARKS_END, "M30": _MARKS_END}


def _end(profile: Profile) -> str:
    return f"G90\nG0 Z{number(no_lower(profile.milling.safe_z_mm))}\nM5\nM9\nM30"


GRBL = Dialect(
    "grbl",
    MappingProxyType(
        {
            Place.START: {**_COMMON, **_NO_END},
            Place.BODY: _BODY,
            Place.END: {**_COMMON, "M2": _END, "M30": _END},
            Place.WHOLE: _BODY,
        }
    ),
    state=Milling,
    read=read,
    effects=EFFECTS,
    end=_end,
    # Of each group of modes the only member that a program may use, so that none an earlier one left is in force.
    settings="G21\nG17\nG54\nG49\nG94",
)
