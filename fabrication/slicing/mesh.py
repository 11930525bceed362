"""The little that is asked of a mesh before a slicer sees it: a sound binary STL, its size, its volume."""

import math
import struct
from dataclasses import dataclass

from fabrication.errors import SlicerFailed

Vector = tuple[float, float, float]

_HEADER_BYTES = 84
_FACET = struct.Struct("<12x9f2x")
"""Normal (unused), three corners, attribute: 50 bytes, little endian (the STL de-facto standard)."""

TRIANGLES_MAX = 5_000_000
FARTHEST_MM = 1e6
"""Beyond a kilometre single precision no longer holds a tenth of a millimetre."""


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh, mm. `volume_mm3` is signed: negative where the facets point inwards."""

    corners: tuple[tuple[float, ...], ...]
    low: Vector
    high: Vector
    volume_mm3: float

    @property
    def size_mm(self) -> Vector:
        return (self.high[0] - self.low[0], self.high[1] - self.low[1], self.high[2] - self.low[2])

    def on_bed(self) -> bytes:
        """The same mesh as binary STL, standing on z = 0 with its middle over x = y = 0.

        A slicer aborts on coordinates far from its bed, so it is never shown any.
        """
        x = (self.low[0] + self.high[0]) / 2
        y = (self.low[1] + self.high[1]) / 2
        z = self.low[2]
        stl = bytearray(_HEADER_BYTES + _FACET.size * len(self.corners))
        struct.pack_into("<I", stl, 80, len(self.corners))
        for index, c in enumerate(self.corners):
            _FACET.pack_into(
                stl,
                _HEADER_BYTES + index * _FACET.size,
                *(c[0] - x, c[1] - y, c[2] - z, c[3] - x, c[4] - y, c[5] - z, c[6] - x, c[7] - y, c[8] - z),
            )
        return bytes(stl)


def read_stl(stl: bytes) -> Mesh:
    """Reads a binary STL in mm. Raises `SlicerFailed` saying what is wrong with it."""
    if len(stl) < _HEADER_BYTES:
        raise SlicerFailed(f"the part's mesh is no binary STL: {len(stl)} bytes are less than its header")
    (count,) = struct.unpack_from("<I", stl, 80)
    expected = _HEADER_BYTES + count * _FACET.size
    if len(stl) != expected:
        raise SlicerFailed(
            f"the part's mesh is cut short or no binary STL: {count} triangles take {expected} bytes, it has {len(stl)}"
        )
    if not 4 <= count <= TRIANGLES_MAX:
        raise SlicerFailed(f"the part's mesh has {count} triangles; it takes 4 to {TRIANGLES_MAX} to print one")
    corners = tuple(_FACET.iter_unpack(stl[_HEADER_BYTES:]))
    low, high = _bounds(corners)
    mesh = Mesh(corners, low, high, _volume(corners, low))
    if min(mesh.size_mm) <= 0 or mesh.volume_mm3 == 0:
        raise SlicerFailed("the part's mesh encloses no volume")
    return mesh


def _bounds(corners: tuple[tuple[float, ...], ...]) -> tuple[Vector, Vector]:
    low, high = [math.inf] * 3, [-math.inf] * 3
    for corner in corners:
        # A sum is finite only where every term is: one test instead of nine.
        if not math.isfinite(sum(corner)):
            raise SlicerFailed("the part's mesh has a corner that is not a number")
        for axis in range(3):
            a, b, c = corner[axis], corner[axis + 3], corner[axis + 6]
            low[axis] = min(low[axis], a, b, c)
            high[axis] = max(high[axis], a, b, c)
    if max(map(abs, (*low, *high))) > FARTHEST_MM:
        raise SlicerFailed("the part's mesh lies more than a kilometre from the origin")
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _volume(corners: tuple[tuple[float, ...], ...], origin: Vector) -> float:
    """By the divergence theorem: the sum of signed tetrahedra over one point near the mesh, mm³."""
    ox, oy, oz = origin
    six_volumes = 0.0
    for ax, ay, az, bx, by, bz, cx, cy, cz in corners:
        ux, uy, uz = ax - ox, ay - oy, az - oz
        vx, vy, vz = bx - ox, by - oy, bz - oz
        wx, wy, wz = cx - ox, cy - oy, cz - oz
        six_volumes += ux * (vy * wz - vz * wy) + uy * (vz * wx - vx * wz) + uz * (vx * wy - vy * wx)
    return six_volumes / 6
