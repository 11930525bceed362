"""What a person should be told of a part before it is made, from its `Inspection`. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from fabrication.dispatch.matching import why_not
from fabrication.geometry.inspection import COMMON_MM, THIN_MM, Inspection
from fabrication.materials import DENSITIES_G_CM3
from fabrication.slicing.settings import PRESETS, PrintSettings
from firmware_bridge.machine import PublishedProfile

LINE_MM = 0.4
"""One line of the same nozzle. A slicer leaves out what is thinner."""
HOLE_MM = 2.0
"""Narrower round holes tend to close when printed (the same guide)."""

_SMALL_OVERHANG_MM2, _SMALL_CONTACT_MM2 = 20.0, 10.0


def masses(volume_mm3: float, densities: Mapping[str, float] = DENSITIES_G_CM3) -> dict[str, float]:
    """Grams by material, of a part that is solid throughout; a print with infill is lighter."""
    return {material: volume_mm3 / 1000 * density for material, density in densities.items()}


@dataclass(frozen=True)
class Fit:
    """Whether a machine could make a part: `reasons` are empty where it could, `turned` when only as `best` stands."""

    reasons: tuple[str, ...]
    turned: bool


def fit(
    inspection: Inspection, profile: PublishedProfile, material: str, settings: PrintSettings = PRESETS["normal"]
) -> Fit:
    """Whether that printer could make the part as modelled, or else standing as is best for it."""
    as_it_is, turned = (
        why_not(stand.size_mm, "fff", material, settings, profile)
        for stand in (inspection.as_modelled, inspection.best)
    )
    return Fit(as_it_is and turned, bool(as_it_is) and not turned)


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
    if thickness is None or not thickness.thin:
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
                "Print it with supports or slope those faces.",
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
