"""What is known of a part before it is made. Pure, and read by the confined child too: no kernel, nothing of machines.

`Inspection` is the claim of job `inspect`. The job runs no author's code, but it read a body that an author's code
wrote, so every number is bounded and every text is one of ours.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

_Number = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
_Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
_Unit = Annotated[float, msgspec.Meta(ge=-1, le=1)]
_Fault = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]{1,60}\Z")]
_Vector = tuple[_Number, _Number, _Number]

THIN_MM = 0.8
"""Two lines of a 0.4 mm nozzle: the thinnest wall that printing guides call safe (Hubs, "Key design considerations
for 3D printing")."""
OVERHANG_DEG = 45.0
"""Measured from the vertical: a wall has 0, a ceiling 90. Up to here each layer rests on the last (the same guide)."""
BRIDGE_MM = 10.0
"""Ceilings this wide, held at both sides, print without support (the same guide)."""
COMMON_MM = (220.0, 220.0, 250.0)
"""What most desktop printers hold (Creality Ender 3; Prusa's i3 and MK4 hold 250 × 210 × 220)."""
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

    @property
    def thin(self) -> bool:
        """Whether there is anything to say of `thin_share`: a few rays by an edge make no thin wall."""
        return self.thinnest_mm < THIN_MM


class Stand(_Table, frozen=True, kw_only=True):
    """One way to put a part on the bed. `down` (unit vector, as modelled) is what then points to the bed.

    `size_mm` is its box when it stands like that; `overhang_mm2` hangs over by more than the inspection's angle, is
    not on the bed and no bridge of up to `BRIDGE_MM`; `contact_mm2` is on the bed.
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
        """The edges of its box, as modelled."""
        (x0, y0, z0), (x1, y1, z1) = self.low_mm, self.high_mm
        return (x1 - x0, y1 - y0, z1 - z0)

    @property
    def sound(self) -> bool:
        """Whether it is a solid that can be trusted: no fault, right side out, and closed."""
        return not self.faults and self.volume_mm3 > 0 and self.watertight


def turn_to_bed(down: Sequence[float]) -> tuple[tuple[float, float, float], float]:
    """The shortest turn that brings unit vector `down` to point at the bed: a unit axis in the plane of the bed, and
    degrees anti-clockwise seen from its tip."""
    x, y, z = down
    flat = math.hypot(x, y)
    degrees = math.degrees(math.atan2(flat, -z))
    return ((-y / flat, x / flat, 0.0) if flat > 1e-9 else (1.0, 0.0, 0.0)), degrees
