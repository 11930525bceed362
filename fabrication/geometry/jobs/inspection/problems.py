"""The picture of a design with its problem faces coloured: on the left as modelled, on the right turned over.

Most faces that hang over look down, where a camera above them cannot see them. It shows the triangles that were
measured, and colours thin walls place by place, so that a wedge is red only where it is thin.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fabrication.geometry.inspection import PROBLEM_COLOURS, THIN_MM
from fabrication.geometry.jobs.glb import colours_of
from fabrication.geometry.jobs.inspection.stands import turn_matrix
from fabrication.geometry.jobs.inspection.surface import Floats, Mask, Surface
from fabrication.geometry.jobs.inspection.walls import Walls
from fabrication.geometry.jobs.meshes import Mesh, creased
from fabrication.geometry.jobs.picture import LOOK, Paint, draw, scene_of

_PLAIN = (0.55, 0.56, 0.58)
_GAP = 0.12  # between the two, of the design's longest diagonal


@dataclass(frozen=True)
class Painted:
    """One part: which of its triangles hang over, and which are at an open edge or of a body that is inside out."""

    surface: Surface
    walls: Walls
    hanging: Mask
    broken: Mask


def picture_of(parts: Sequence[Painted]) -> Image.Image:
    """640 × 480, with the camera and the lamps of every picture."""
    corners = np.concatenate([part.surface.corners for part in parts])
    low, high = corners.min(0), corners.max(0)
    across = np.cross(LOOK, [0.0, 0.0, 1.0])  # to the right in the picture, and level
    across /= np.linalg.norm(across)
    over = turn_matrix(across, 180.0)
    wide = np.ptp(corners @ across) + _GAP * np.linalg.norm(high - low)
    middle = (low + high) / 2
    moved = middle - over @ middle + wide * across
    meshes = [_drawn(part.surface) for part in parts]
    turned = [Mesh(mesh.corners @ over.T + moved, mesh.normals @ over.T, mesh.triangles) for mesh in meshes]
    return draw(scene_of([*meshes, *turned], _paint(parts, lambda places: (places - moved) @ over)))


def _paint(parts: Sequence[Painted], turned_back: Callable[[Floats], Floats]) -> Paint:
    broken_rgb, thin_rgb, hanging_rgb = colours_of(len(PROBLEM_COLOURS), list(PROBLEM_COLOURS.values()))
    counts = [len(part.surface.triangles) for part in parts]
    starts = np.cumsum([0, *counts])
    plain = np.empty((starts[-1], 3))
    plain[:] = _PLAIN
    plain[np.concatenate([part.hanging for part in parts])] = hanging_rgb
    broken = np.concatenate([part.broken for part in parts])

    def paint(triangle: NDArray[np.uint32], places: Floats) -> Floats:
        triangle = triangle.astype(np.int64)
        second = triangle >= starts[-1]
        triangle = triangle - second * starts[-1]
        places = places.copy()
        places[second] = turned_back(places[second])
        colours = plain[triangle]
        for number, part in enumerate(parts):
            own = np.flatnonzero((triangle >= starts[number]) & (triangle < starts[number + 1]))
            depths = part.walls.depths(triangle[own] - starts[number], places[own])
            colours[own[depths < THIN_MM]] = thin_rgb
        colours[broken[triangle]] = broken_rgb
        return colours

    return paint


def _drawn(surface: Surface) -> Mesh:
    """The same triangles, in the same order, smooth where they nearly agree."""
    weighted = np.repeat(surface.normals * surface.areas[:, None], 3, axis=0)
    at, count = surface.triangles.reshape(-1), len(surface.corners)
    normals: Floats = np.stack([np.bincount(at, weighted[:, axis], count) for axis in range(3)], axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    return creased(Mesh(surface.corners, normals, surface.triangles.astype(np.uint32)))
