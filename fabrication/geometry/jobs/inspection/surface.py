"""The triangles of a part as every measurement here takes them: flat, welded, with areas and outward directions."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fabrication.geometry.jobs.meshes import Mesh, welded

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Surface:
    """Corners (n, 3) in mm, shared; triangles (m, 3), anti-clockwise from outside; unit normals (m, 3); areas (m,)."""

    corners: Floats
    triangles: NDArray[np.int64]
    normals: Floats
    areas: Floats

    @cached_property
    def area(self) -> float:
        """mm²."""
        return float(self.areas.sum())

    @cached_property
    def ends(self) -> Floats:
        """The three corners of each triangle (m, 3, 3), mm."""
        return self.corners[self.triangles]


def surface_of(mesh: Mesh) -> Surface:
    """Raises `ValueError` where every triangle has shrunk to a line."""
    corners, order = welded(mesh)
    triangles = order.astype(np.int64)
    if not len(triangles):
        raise ValueError("the shape has no surface")
    a, b, c = (corners[triangles[:, index]] for index in range(3))
    crosses = np.cross(b - a, c - a)
    lengths = np.linalg.norm(crosses, axis=1)
    normals = crosses / np.maximum(lengths, 1e-300)[:, None]
    return Surface(corners, triangles, normals, lengths / 2)


def centre_of(surface: Surface) -> Floats:
    """The centre of mass (3,) of what a closed surface holds, mm: the mean of signed tetrahedra over one point.

    Of a surface that holds nothing it is the middle of its box.
    """
    middle = (surface.corners.min(0) + surface.corners.max(0)) / 2
    ends = surface.ends - middle
    sixfold = np.einsum("ij,ij->i", ends[:, 0], np.cross(ends[:, 1], ends[:, 2]))
    total = float(sixfold.sum())
    if total:
        middle += (ends.sum(axis=1) * sixfold[:, None]).sum(axis=0) / (4 * total)
    return np.asarray(middle)


def vector(values: Iterable[float], digits: int = 4) -> tuple[float, float, float]:
    """Three numbers, rounded, and no negative zero."""
    x, y, z = (round(float(value), digits) + 0.0 for value in values)
    return x, y, z
