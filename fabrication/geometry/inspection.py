"""What is known of a part before it is made, and what a person should be told of it. Pure: no kernel is loaded here.

`Inspection` is the claim of job `inspect`. The job runs no author's code, but it read a body that an author's code
wrote, so every number is bounded and every text is one of ours.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from fabrication.dispatch.matching import size_reasons
from fabrication.materials import DENSITIES_G_CM3
from fabrication.slicing.settings import PRESETS, PrintSettings
from firmware_bridge.machine import PublishedProfile

_Number = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
_Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
_Unit = Annotated[float, msgspec.Meta(ge=-1, le=1)]
_Fault = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9]{1,60}$")]
_Vector = tuple[_Number, _Number, _Number]

THIN_MM = 0.8
"""Two lines of a 0.4 mm nozzle: the thinnest wall that printing guides call safe (Hubs, "Key design considerations
for 3D printing")."""
LINE_MM = 0.4
"""One line of the same nozzle. A slicer leaves out what is thinner."""
HOLE_MM = 2.0
"""Narrower round holes tend to close when printed (the same guide)."""
OVERHANG_DEG = 45.0
"""Measured from the vertical: a wall has 0, a ceiling 90. Up to here each layer rests on the last (the same guide)."""
COMMON_MM = (220.0, 220.0, 250.0)
"""What most desktop printers hold (Creality Ender 3; Prusa's i3 and MK4 hold 250 × 210 × 220)."""
_SMALL_OVERHANG_MM2, _SMALL_CONTACT_MM2 = 20.0, 10.0
BRIDGE_MM = 10.0
"""Ceilings this wide, held at both sides, print without support (the same guide)."""

Problem = Literal["broken", "thin", "overhang"]
PROBLEM_COLOURS: dict[Problem, str] = {"broken": "#b400c8", "thin": "#d81e1e", "overhang": "#f0a000"}
"""sRGB colours of faces in the picture of problems, for its legend; where two apply, the earlier one is shown."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Thickness(_Table, frozen=True, kw_only=True):
    """How thick the walls are, mm, measured inwards at evenly spread places of the surface.

    `thinnest_mm` is what only half a percent of the measured surface falls below: the least of all says more of
    where a ray went by an edge than of a wall. `typical_mm` is the median. `thin_share` is how much of the measured
    surface is thinner than `THIN_MM`. `measured_share` is how much of the surface has an opposite side at all:
    at a sharp edge two sides meet, which makes no wall.
    """

    thinnest_mm: _Amount
    typical_mm: _Amount
    thin_share: _Share
    measured_share: _Share


class Stand(_Table, frozen=True, kw_only=True):
    """One way to put a part on the bed. `down` (unit vector, as modelled) is what then points to the bed.

    `size_mm` is its box when it stands like that; `overhang_mm2` hangs over by more than the inspection's angle and
    is not on the bed; `contact_mm2` is on the bed.
    """

    down: tuple[_Unit, _Unit, _Unit]
    size_mm: tuple[_Amount, _Amount, _Amount]
    overhang_mm2: _Amount
    contact_mm2: _Amount

    @property
    def turn(self) -> tuple[tuple[float, float, float], float]:
        """The turn from how it was modelled: a unit axis, and degrees anti-clockwise seen from its tip."""
        return turn_to_bed(self.down)

    @property
    def words(self) -> str:
        """What to do with the part as modelled, seen from the front (y points away): "lay it on its left side"."""
        x, y, z = self.down
        for along, words in _LAID.items():
            if x * along[0] + y * along[1] + z * along[2] > 0.9995:  # within 1.8°
                return words
        sideways = "" if abs(x) < 0.38 * math.hypot(x, y) else "left" if x < 0 else "right"
        lengthways = "" if abs(y) < 0.38 * math.hypot(x, y) else "front" if y < 0 else "back"
        towards = "-".join(word for word in (lengthways, sideways) if word)
        return f"tilt it {self.turn[1]:.0f}° to the {towards}"


_LAID = {
    (0, 0, -1): "leave it as it is",
    (0, 0, 1): "turn it upside down",
    (-1, 0, 0): "lay it on its left side",
    (1, 0, 0): "lay it on its right side",
    (0, -1, 0): "lay it on its front",
    (0, 1, 0): "lay it on its back",
}


class Inspection(_Table, frozen=True, kw_only=True):
    """One part, as it was modelled; lengths mm, z upwards. What cannot be known is None.

    `triangles_only`: the body came as a mesh, so its holes and edges are not known exactly. `volume_mm3` is negative
    for a body that is inside out. `faults` are the kernel's names (`FAULTS`) for what keeps it from being a valid
    solid. Edges are counted on the triangles that an STL of it has (`triangles` of them): `open_edges` belong to one
    triangle, `turned_edges` to two that disagree which side is outside, `crowded_edges` to more than two;
    `watertight` when the triangles close and agree. `bodies` are not joined to one another.
    """

    volume_mm3: _Number
    surface_mm2: _Amount
    low_mm: _Vector
    high_mm: _Vector
    centre_of_mass_mm: _Vector | None
    triangles_only: bool
    faults: Annotated[tuple[_Fault, ...], msgspec.Meta(max_length=64)]
    bodies: _Count
    triangles: _Count
    watertight: bool
    open_edges: _Count
    turned_edges: _Count
    crowded_edges: _Count
    thickness: Thickness | None
    overhang_deg: Annotated[float, msgspec.Meta(gt=0, lt=90)]
    as_modelled: Stand
    best: Stand
    smallest_hole_mm: _Amount | None
    shortest_edge_mm: _Amount | None

    @property
    def size_mm(self) -> tuple[float, float, float]:
        (x0, y0, z0), (x1, y1, z1) = self.low_mm, self.high_mm
        return (x1 - x0, y1 - y0, z1 - z0)

    @property
    def valid(self) -> bool:
        """Whether it is a solid that can be trusted: no fault, right side out, and closed."""
        return not self.faults and self.volume_mm3 > 0 and self.watertight


def masses(volume_mm3: float, densities: Mapping[str, float] = DENSITIES_G_CM3) -> dict[str, float]:
    """Grams by material, of a part that is solid throughout; a print with infill is lighter."""
    return {material: volume_mm3 / 1000 * density for material, density in densities.items()}


@dataclass(frozen=True)
class Fit:
    """Whether a machine has room for a part: `reasons` are empty where it has, `turned` when it must stand as `best`
    does."""

    machine: str
    reasons: tuple[str, ...]
    turned: bool


def fits(
    inspection: Inspection,
    machines: Iterable[tuple[str, PublishedProfile]],
    settings: PrintSettings = PRESETS["normal"],
) -> tuple[Fit, ...]:
    """Which machines have room for the part as modelled, or else standing as is best for it. About size alone."""
    found = []
    for name, profile in machines:
        reasons = size_reasons(inspection.size_mm, settings, profile)
        turned = bool(reasons) and not size_reasons(inspection.best.size_mm, settings, profile)
        found.append(Fit(name, () if turned else reasons, turned))
    return tuple(found)


def turn_to_bed(down: Sequence[float]) -> tuple[tuple[float, float, float], float]:
    """The shortest turn that brings unit vector `down` to point at the bed: a unit axis in the plane of the bed, and
    degrees anti-clockwise seen from its tip."""
    x, y, z = down
    flat = math.hypot(x, y)
    degrees = math.degrees(math.atan2(flat, -z))
    return ((-y / flat, x / flat, 0.0) if flat > 1e-9 else (1.0, 0.0, 0.0)), degrees


FAULTS: dict[str, str] = {
    "NotClosed": "a surface does not close",
    "FreeEdge": "an edge belongs to one face only",
    "LooseFaces": "there are faces beside the solid",
    "SelfIntersectingWire": "the outline of a face crosses itself",
    "IntersectingWires": "two outlines of a face cross",
    "UnorientableShape": "it cannot be told which side of a face is outside",
    "BadOrientation": "a face is the wrong way round",
    "BadOrientationOfSubshape": "a face is the wrong way round",
    "InvalidImbricationOfShells": "one shell cuts another",
    "EnclosedRegion": "one shell lies wrongly in another",
    "NotConnected": "parts of it do not touch",
    "InvalidCurveOnSurface": "an edge is not on its face",
    "InvalidSameParameterFlag": "an edge is not on its face",
    "InvalidPointOnCurve": "the end of an edge is not on it",
    "InvalidPointOnSurface": "a corner is not on its face",
}
"""The kernel's names for what is wrong with a body (`BRepCheck_Status`), and one of ours, in words."""


@dataclass(frozen=True)
class Finding:
    """Something a person should know: what is the case, and what to do. A "problem" spoils the part as it is."""

    severity: Literal["problem", "note"]
    says: str
    do: str


def findings(inspection: Inspection) -> tuple[Finding, ...]:
    """Problems first. Nothing found is an empty tuple."""
    found = (*_soundness(inspection), *_walls(inspection), *_standing(inspection), *_making(inspection))
    return tuple(sorted(found, key=lambda finding: finding.severity != "problem"))


def _soundness(part: Inspection) -> Iterable[Finding]:
    if part.faults:
        words = dict.fromkeys(FAULTS.get(fault, f"the kernel says {fault}") for fault in part.faults)
        yield Finding(
            "problem",
            f"It is no valid solid: {', '.join(words)}.",
            "Find the cut, union or fillet that spoils it; a smaller fillet or a little overlap often helps.",
        )
    if part.volume_mm3 <= 0:
        yield Finding(
            "problem",
            "It is inside out, or holds no volume.",
            "Turn its faces round, or close it, where it was modelled.",
        )
    for count, what in (
        (part.open_edges, "with a triangle on one side only"),
        (part.turned_edges, "whose triangles disagree which side is outside"),
        (0 if part.watertight else part.crowded_edges, "with more than two triangles, which do not pair up"),
    ):
        if count:
            yield Finding(
                "problem",
                f"It is not watertight: its mesh has {_edges(count)} {what}.",
                "Close it where it was modelled. Nothing is repaired here, and a slicer would guess.",
            )
    if part.watertight and part.crowded_edges:
        yield Finding(
            "note",
            f"Its mesh has {_edges(part.crowded_edges)} with more than two triangles: bodies touch there along a line.",
            "Let them overlap, or leave a gap between them.",
        )
    if part.bodies > 1:
        yield Finding(
            "note",
            f"It is {part.bodies} separate bodies in one part.",
            "Join them, or show each as a part of its own with a name.",
        )


def _walls(part: Inspection) -> Iterable[Finding]:
    thickness = part.thickness
    if thickness is None or thickness.thinnest_mm >= THIN_MM:
        return
    too_thin = thickness.thinnest_mm < LINE_MM
    yield Finding(
        "problem" if too_thin else "note",
        f"{_percent(thickness.thin_share)} of the surface is on walls thinner than {THIN_MM:g} mm; "
        f"the thinnest are about {thickness.thinnest_mm:.2f} mm.",
        f"A 0.4 mm nozzle leaves out walls thinner than {LINE_MM:g} mm: make them thicker."
        if too_thin
        else f"Make them {THIN_MM:g} mm, which is two lines of a 0.4 mm nozzle, or print with a finer one.",
    )


def _standing(part: Inspection) -> Iterable[Finding]:
    if part.volume_mm3 <= 0:
        return
    stands, best = part.as_modelled, part.best
    if stands.overhang_mm2 >= _SMALL_OVERHANG_MM2:
        says = f"{stands.overhang_mm2:.0f} mm² hang over by more than {part.overhang_deg:g}°"
        if best.down != stands.down:
            yield Finding(
                "note",
                f"{says} as it was modelled, {best.overhang_mm2:.0f} mm² in its best position.",
                f"To print it, {best.words}.",
            )
        else:
            yield Finding(
                "note",
                f"{says}.",
                f"Print it with supports or slope those faces, unless they only bridge gaps of up to {BRIDGE_MM:g} mm.",
            )
    if best.contact_mm2 < _SMALL_CONTACT_MM2:
        yield Finding(
            "note",
            f"Only {best.contact_mm2:.1f} mm² of it rest on the bed, even in its best position.",
            "Print it with a brim, or give it a flat face to stand on.",
        )


def _making(part: Inspection) -> Iterable[Finding]:
    hole = part.smallest_hole_mm
    if hole is not None and hole < HOLE_MM:
        yield Finding(
            "note",
            f"Its smallest hole or slot is {hole:.2f} mm wide.",
            f"A printer tends to close holes under {HOLE_MM:g} mm: make it wider, or drill it afterwards.",
        )
    if any(length > room for length, room in zip(sorted(part.size_mm), sorted(COMMON_MM), strict=True)):
        size = " × ".join(f"{length:.0f}" for length in part.size_mm)
        room = " × ".join(f"{length:.0f}" for length in COMMON_MM)
        yield Finding(
            "note",
            f"It is {size} mm; most desktop printers hold {room} mm.",
            "Split it into parts, or find a workshop with a larger machine.",
        )


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %" if share < 0.095 else f"{share * 100:.0f} %"


def _edges(count: int) -> str:
    return f"{count} edge" if count == 1 else f"{count} edges"
