"""Flat polygons as triangles."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fabrication.errors import UploadRefused

_CONCAVE_MAX = 500
"""Cutting ears off takes the square of the corners."""

Triangle = tuple[int, int, int]
Place = tuple[float, float, float]


def triangulated(polygon: Sequence[int], places: Sequence[Place]) -> list[Triangle]:
    """The n - 2 triangles of a polygon of indices into `places`, turned as it is: a fan, or ears where it is concave.

    Raises `UploadRefused` for concave ones with too many corners.
    """
    corners = np.array([places[index] for index in polygon], np.float64)
    if not np.isfinite(corners).all():
        raise UploadRefused("a face has a corner with a coordinate that is no finite number")
    flat = _flat(corners)
    if _convex(flat):
        return [(polygon[0], polygon[i], polygon[i + 1]) for i in range(1, len(polygon) - 1)]
    if len(polygon) > _CONCAVE_MAX:
        raise UploadRefused(
            f"a face has {len(polygon):,} corners and is not convex; at most {_CONCAVE_MAX} are taken. "
            "Export it as triangles"
        )
    return [(polygon[a], polygon[b], polygon[c]) for a, b, c in _ears(flat)]


def _flat(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """The polygon (n, 2) seen along the axis nearest its normal, anti-clockwise."""
    around = corners - corners.mean(axis=0)
    normal = np.cross(around, np.roll(around, -1, axis=0)).sum(axis=0)  # Newell's
    axis = int(np.abs(normal).argmax())
    flat = around[:, [(axis + 1) % 3, (axis + 2) % 3]]
    return np.asarray(flat if normal[axis] >= 0 else flat * [1, -1])


def _turns(flat: NDArray[np.float64]) -> NDArray[np.float64]:
    before, after = flat - np.roll(flat, 1, axis=0), np.roll(flat, -1, axis=0) - flat
    return before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]


def _convex(flat: NDArray[np.float64]) -> bool:
    """Turns one way all round, and round once only (a star turns one way too)."""
    turns = _turns(flat)
    ahead = np.roll(flat, -1, axis=0) - flat
    angles = np.arctan2(ahead[:, 1], ahead[:, 0])
    total = ((np.diff(angles, append=angles[:1]) + np.pi) % (2 * np.pi) - np.pi).sum()
    return bool((turns >= -1e-9 * np.abs(turns).max(initial=0.0)).all() and abs(total) < 3 * np.pi)


def _ears(flat: NDArray[np.float64]) -> list[Triangle]:
    left, made = list(range(len(flat))), []
    while len(left) > 3:
        here = flat[left]
        convex = _turns(here) > 0
        for spot in np.flatnonzero(convex).tolist():
            around = [(spot - 1) % len(left), spot, (spot + 1) % len(left)]
            others = np.delete(here, around, axis=0)
            if not _inside(others[~np.delete(convex, around)], *here[around]):
                break
        else:
            spot = 0  # it crosses itself: any triangle is as good as any other
        made.append((left[spot - 1], left[spot], left[(spot + 1) % len(left)]))
        del left[spot]
    return [*made, (left[0], left[1], left[2])]


def _inside(points: NDArray[np.float64], *corners: NDArray[np.float64]) -> bool:
    # Where a hole is joined to the outline, corners lie on one another; those are in nobody's way.
    points = points[~np.any([(points == corner).all(axis=1) for corner in corners], axis=0)]
    if not len(points):
        return False
    within = np.ones(len(points), bool)
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        along, to = end - start, points - start
        within &= along[0] * to[:, 1] - along[1] * to[:, 0] >= 0
    return bool(within.any())
