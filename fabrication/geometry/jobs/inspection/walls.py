"""How thick walls are, by rays: from a place on the surface straight inwards to the opposite side."""

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray

from fabrication.geometry.inspection import THIN_MM, Thickness
from fabrication.geometry.jobs.inspection.surface import Floats, Surface

SAMPLES = 20_000
"""A share of 1 % is then known to about a tenth of itself."""
LOW_SHARE = 0.005
_HAIR = 1e-5  # how far inside a ray starts, in a scene of radius 1: single precision is a hundred times finer
_OPPOSITE = np.cos(np.radians(44.5))
"""Sides that meet at 45° or more make an edge there, no wall: a chamfer tapers to nothing and is not thin."""
_PLASTIC = 1.32471795724474602596
"""Roberts' R2 sequence: its inverse powers, modulo 1, fill a square evenly."""


class Walls:
    """Rays into one part."""

    def __init__(self, surface: Surface) -> None:
        low, high = surface.corners.min(0), surface.corners.max(0)
        self._surface = surface
        self._middle, self._radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
        self._rays = rtcore_scene.EmbreeScene()
        TriangleMesh(self._rays, ((surface.ends - self._middle) / self._radius).astype(np.float32))

    def depths(self, triangles: NDArray[np.integer], places: Floats) -> Floats:
        """The wall's thickness (n,), mm, at places (n, 3) on triangles (n,); infinite where no side is opposite."""
        normals = self._surface.normals
        inwards = -normals[triangles]
        origins = (places - self._middle) / self._radius + inwards * _HAIR
        hit = self._rays.run(origins.astype(np.float32), inwards.astype(np.float32), query="INTERSECT", output=True)
        met = hit["primID"].astype(np.int64)
        opposite = (met >= 0) & ((normals[met] * inwards).sum(axis=1) > _OPPOSITE)
        return np.where(opposite, (hit["tfar"].astype(float) + _HAIR) * self._radius, np.inf)


def thickness_of(surface: Surface, walls: Walls) -> Thickness | None:
    """Measured at places spread evenly by area, always the same ones. None where nothing lies opposite anything."""
    triangles, places = _spread(surface)
    depths = walls.depths(triangles, places)
    measured = depths[np.isfinite(depths)]
    if not len(measured):
        return None
    low, middle = np.quantile(measured, [LOW_SHARE, 0.5], method="inverted_cdf")
    return Thickness(
        thinnest_mm=round(float(low), 4),
        typical_mm=round(float(middle), 4),
        thin_share=round(float((measured < THIN_MM).mean()), 6),
        measured_share=round(len(measured) / SAMPLES, 6),
    )


def _spread(surface: Surface) -> tuple[NDArray[np.int64], Floats]:
    """Triangles (n,) and places on them (n, 3), as many on each as its area asks for."""
    passed = np.cumsum(surface.areas)
    number = np.arange(SAMPLES) + 0.5
    triangles = np.searchsorted(passed, number / SAMPLES * passed[-1]).clip(max=len(passed) - 1)
    u, v = number / _PLASTIC % 1, number / _PLASTIC**2 % 1
    folded = u + v > 1  # the far half of the square, turned onto the triangle
    u, v = np.where(folded, 1 - u, u)[:, None], np.where(folded, 1 - v, v)[:, None]
    a, b, c = surface.ends[triangles].transpose(1, 0, 2)
    return triangles, (1 - u - v) * a + u * b + v * c
