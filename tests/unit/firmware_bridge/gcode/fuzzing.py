"""Programs that nobody would write, for both firmwares, and what must hold of whatever the gate lets through.

`test_fuzz` tries some of them in every run of the tests, `tests/benchmarks/bench_fuzz.py` all of `PROGRAMS_LONG`.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import cos, hypot, radians, sin

import msgspec
from hypothesis import strategies as st

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import GateReport, check, generic_profile
from firmware_bridge.gcode.dialect import Place
from firmware_bridge.gcode.grbl import GRBL
from firmware_bridge.gcode.marlin import MARLIN
from firmware_bridge.gcode.motion import LIFT_MAX_MM
from firmware_bridge.machine import MachineProfile, Milling, Volume
from tests.unit.firmware_bridge.gcode.firmware import Angle, Machine, grbl_angle, marlin_angle

PROGRAMS_SHORT = 400
"""Programs of each firmware in `make test`."""
PROGRAMS_LONG = 30_000
"""Programs of each firmware in `make bench`: 60,000 for the two."""

LINE = re.compile(r"[GMT][0-9]+(?:\.[0-9])?(?: [A-Z](?:-?[0-9]{1,7}(?:\.[0-9]{1,5})?)?)*")
REALTIME = re.compile(rb"[!?~\x80-\xff]")

numbers = st.one_of(
    st.integers(-300, 300).map(str),
    st.floats(-300, 300, allow_nan=False).map(lambda value: f"{value:.3f}"),
    st.floats(-1, 1, allow_nan=False).map(lambda value: f"{value:.9f}"),
    st.sampled_from([".5", "-.5", "5.", "+5", "005", "1e5", "nan", "--1", "", "-0", "0.000004", "9999999.99999"]),
)


def _lines(moves: list[str], letters: str, others: list[str], noise: str, tails: list[str]) -> st.SearchStrategy[str]:
    def said(commands: list[str], words: str, most: int) -> st.SearchStrategy[str]:
        given = st.lists(st.tuples(st.sampled_from(words), numbers).map("".join), max_size=most)
        return st.tuples(st.sampled_from(commands), given).map(lambda parts: " ".join([parts[0], *parts[1]]))

    moved, other = said(moves, letters, 5), said(others, "XYZEFSPRTIJKQNG*", 3)
    odd = st.text(st.sampled_from(noise), max_size=30)
    return st.tuples(st.one_of(moved, moved, other, odd), st.sampled_from(tails)).map("".join)


def _arc(
    degrees: int, turn: float, radius: float, hairs: tuple[float, float], code: str, height: str
) -> tuple[str, ...]:
    """An arc around the middle of the machine that ends hairs away from where it might, outwards and along."""

    def at(angle: float, outwards: float, along: float) -> tuple[float, float]:
        x, y = cos(radians(angle)), sin(radians(angle))
        return 110 + (radius + outwards) * x - along * y, 90 + (radius + outwards) * y + along * x

    (x, y), (to_x, to_y) = at(degrees, 0, 0), at(degrees + turn, *hairs)
    there = f"{code} X{to_x:.5f} Y{to_y:.5f} I{110 - x:.5f} J{90 - y:.5f}{height}"
    return "G90", f"G1 X{x:.5f} Y{y:.5f}", there


_hairs = st.one_of(st.just(0.0), st.floats(-0.05, 0.05), st.floats(-1e-4, 1e-4))
_arcs = st.builds(
    _arc,
    st.one_of(st.sampled_from([0, 90, 180, 270]), st.integers(0, 359)),
    st.one_of(st.just(0.0), st.floats(-360, 360)),
    st.floats(0.01, 150),
    st.tuples(_hairs, _hairs),
    st.sampled_from(["G2", "G3"]),
    st.sampled_from(["", "", " Z5", " Z20", " Z-25", " Z-25.1", " Z251"]),
)


@dataclass(frozen=True)
class Fuzzed:
    """One firmware's machine, lines after which a program may move there, and odd lines."""

    profile: MachineProfile
    ready: tuple[str, ...]
    lines: st.SearchStrategy[str]
    angle: Angle
    homes_to: Sequence[Mapping[str, float]]

    @property
    def programs(self) -> st.SearchStrategy[list[str]]:
        steps = st.one_of(*[self.lines.map(lambda line: (line,))] * 5, _arcs)
        return st.lists(steps, max_size=12).map(lambda each: list(chain.from_iterable(each)))

    def holds(self, given_lines: list[str]) -> None:
        """What is left of the program once its refused lines are taken out is canonical, idempotent and inside."""
        report, text = without_refused(lambda left, out: check(left, self.profile, out), [*self.ready, *given_lines])
        again = io.BytesIO()
        assert check(text.split("\n"), self.profile, again) == report
        assert again.getvalue().decode("ascii") == text
        assert not REALTIME.search(again.getvalue())
        for line in text.splitlines():
            assert LINE.fullmatch(line), line
            assert len(line) <= 80
        for homes_to in self.homes_to:
            inside(text, self.profile, Machine(self.angle, homes_to))
        limits = self.profile.limits
        assert report.hotend_max_c <= limits.hotend_max_c
        assert report.bed_max_c <= limits.bed_max_c
        assert report.spindle_max_rpm <= limits.spindle_max_rpm
        assert 0 <= report.time_s <= limits.time_max_s
        if self.profile.process == "milling":
            watched(text, self.profile.milling.safe_z_mm)


INSIDE_MM = 0.02
"""How far the two readings of a place may lie apart: where ends nearly meet, Marlin may leave out the way between."""


def inside(text: str, profile: MachineProfile, machine: Machine) -> None:
    """A second look at where a canonical program goes, by the firmware's own rules: no state of the gate's."""
    zero, volume = profile.milling, profile.volume
    below = (zero.zero_x_mm, zero.zero_y_mm, zero.zero_z_mm) if profile.process == "milling" else (0.0, 0.0, 0.0)
    if volume.origin == "centre":
        below = (volume.x_mm / 2, volume.y_mm / 2, 0.0)
    beside = {"X": (volume.left_mm, volume.right_mm), "Y": (volume.front_mm, volume.back_mm), "Z": (0.0, 0.0)}
    for line in text.splitlines():
        for place in machine.goes(line):
            for axis, low in zip("XYZ", below, strict=True):
                if axis in place:
                    at = place[axis] + low
                    less, more = beside[axis]
                    most = getattr(volume, f"{axis.lower()}_mm") + more
                    assert -INSIDE_MM - less <= at <= most + INSIDE_MM, line
            if volume.bed == "round" and {"X", "Y"} & place.keys():
                assert hypot(place["X"], place["Y"]) <= volume.x_mm / 2 + INSIDE_MM, line


BELOW_MM = 1.5e-6
"""How far sums of steps may fall below a height: less than the last decimal that is written."""


def watched(text: str, safe_z_mm: float) -> None:
    """A second look at where a router rushes and cuts, by other means: words alone, no state of the gate's."""
    place: dict[str, float] = {}
    relative, turning = False, False
    for line in text.splitlines():
        command, *rest = line.split()
        words = {word[0]: float(word[1:]) for word in rest}
        relative = {"G90": False, "G91": True}.get(command, relative)
        turning = {"M3": True, "M5": False}.get(command, turning)
        if command not in {"G0", "G1", "G2", "G3"} or not words.keys() & set("XYZ"):
            continue
        before = dict(place)
        for axis in words.keys() & set("XYZ"):
            place[axis] = place[axis] + words[axis] if relative else words[axis]
        across = command in {"G2", "G3"} or any(place.get(axis) != before.get(axis) for axis in "XY")
        assert "Z" in (before if across else place), line
        low = min(place["Z"], before.get("Z", place["Z"]))
        rises = not across and place["Z"] >= before.get("Z", safe_z_mm)
        if low < safe_z_mm - BELOW_MM and not rises:
            assert command != "G0", line
            assert turning, line
    assert not turning
    assert place.get("Z", safe_z_mm) >= safe_z_mm - BELOW_MM


def without_refused(
    call: Callable[[list[str], io.BytesIO], GateReport], given_lines: list[str]
) -> tuple[GateReport, str] | None:
    """The report on what is left when each refused line is taken out, until nothing is refused."""
    left = list(given_lines)
    while True:
        out = io.BytesIO()
        try:
            return call(left, out), out.getvalue().decode("ascii")
        except ProgramRefused as refused:
            bad = {refusal.line for refusal in refused.refusals}
            assert all(refusal.reason for refusal in refused.refusals)
            kept = [line for number, line in enumerate(left, 1) if number not in bad]
            if len(kept) == len(left):  # it is the owner's end program that does not fit after this body
                return None
            left = kept


_HEATED = ("G28", "G90", "M83", "M104 S210")
_printed = _lines(
    ["G0", "G1", "G1", "G1", "G2", "G3", "g1", "G01"],
    "XYZEFIJ",
    [*sorted(MARLIN.tables[Place.START]), "G99", "M9999", "N1 G1", "T7"],
    "GMTNXYZEFS0123456789.-+*;() \t\r\x00é@$/%",
    ["", "", "", " ; comment", "\r", " (x)", "\n", " M500", "*12"],
)
PRINTER = Fuzzed(
    generic_profile("marlin"),
    (*_HEATED, "G1 X100 Y100 Z10 F3000"),
    _printed,
    marlin_angle,
    # At its bottom, or as near its top as a lift may then begin: above that its own end stop holds.
    ({"X": 0.0, "Y": 0.0, "Z": 0.0}, {"X": 220.0, "Y": 220.0, "Z": 250.0 - LIFT_MAX_MM}),
)
DELTA = Fuzzed(
    MachineProfile(name="Delta", volume=Volume(x_mm=400, y_mm=400, origin="centre", bed="round")),
    (*_HEATED, "G1 X100 Y100 Z10 F3000"),
    _printed,
    marlin_angle,
    ({"X": 0.0, "Y": 0.0, "Z": 250.0 - LIFT_MAX_MM},),
)
WIPING = Fuzzed(
    MachineProfile(name="Wiping", volume=Volume(origin="centre", left_mm=20, right_mm=5, front_mm=3)),
    (*_HEATED, "G1 X10 Y10 Z10 F3000"),
    _printed,
    marlin_angle,
    ({"X": -130.0, "Y": -113.0, "Z": 0.0}, {"X": 115.0, "Y": 110.0, "Z": 0.0}),
)
ROUTER = Fuzzed(
    generic_profile("grbl"),
    ("G90", "G0 Z5", "M3 S1000", "G0 X100 Y100", "G1 Z-1 F300"),
    _lines(
        ["G0", "G1", "G1", "", "G2", "G3", "g1", "G01", "G91 G1", "G90", "S500", "M3 G1", "M5 G0"],
        "XYZZFIJ",
        [*sorted(GRBL.tables[Place.WHOLE]), "M30", "M5", "G91", "G90", "G99", "M9999", "N1 G1", "T7", "$H", "/G1"],
        "GMTNXYZFSP0123456789.-+*;() \t\r\x00é@$/%!~?",
        ["", "", "", " ; comment", "\r", " (x)", "\n", " M5", " F50", "!", " ; ~", "*12"],
    ),
    grbl_angle,
    ({},),
)
ODDLY_HIGH = replace(ROUTER, profile=msgspec.structs.replace(ROUTER.profile, milling=Milling(safe_z_mm=3.000004)))
"""Safe from a height that no canonical number says."""
