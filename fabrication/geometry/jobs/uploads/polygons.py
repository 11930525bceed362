"""Flat polygons as triangles."""

import numpy as np
from numpy.typing import NDArray

from fabrication.errors import UploadRefused

_CONCAVE_MAX = 500
_WORK_MAX, _SMALL = 1_000_000, 16
"""Cutting ears off takes the square of the corners, about 15 µs each at the worst; of small ones, 60 µs a corner."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class Polygons:
    """Makes triangles of polygons whose corners are at `places` (v, 3), all finite."""

    def __init__(self, places: Floats) -> None:
        self._places = places
        self._work = 0

    def triangles(self, polygons: Indices) -> Indices:
        """Of k polygons with n corners each, indices (k, n): the k · (n - 2) triangles, turned as they are.

        A fan where one is convex, else its ears one by one. Corners in a straight line stay corners, so that what is
        closed stays closed. Raises `UploadRefused` for concave ones with too many corners, each or together.
        """
        count = polygons.shape[1]
        if count == 3:
            return polygons
        flat = _flat(self._places[polygons])
        convex = _convex(flat)
        fan = np.array([(0, i, i + 1) for i in range(1, count - 1)])
        made = [polygons[convex][:, fan].reshape(-1, 3)]
        self._afford(int((~convex).sum()), count)
        for polygon, outline in zip(polygons[~convex], flat[~convex], strict=True):
            made.append(polygon[np.array(_ears(outline))])
        return np.concatenate(made)

    def _afford(self, many: int, count: int) -> None:
        if many and count > _CONCAVE_MAX:
            raise UploadRefused(
                f"a face has {count:,} corners and is not convex; at most {_CONCAVE_MAX} are taken. "
                "Export it as triangles"
            )
        self._work += many * (count if count <= _SMALL else count**2)
        if self._work > _WORK_MAX:
            raise UploadRefused("it has too many faces that are not convex. Export it as triangles")


def _flat(corners: Floats) -> Floats:
    """Polygons (k, n, 3) seen along the axis nearest their normals (k, n, 2), anti-clockwise."""
    around = corners - corners.mean(axis=1, keepdims=True)
    normal = np.cross(around, np.roll(around, -1, axis=1)).sum(axis=1)  # Newell's
    axis = np.abs(normal).argmax(axis=1)
    seen = np.stack([(axis + 1) % 3, (axis + 2) % 3], axis=1)
    flat = np.take_along_axis(around, seen[:, None, :], axis=2)
    away = np.take_along_axis(normal, axis[:, None], axis=1)[:, 0] < 0
    flat[away, :, 1] *= -1
    return np.asarray(flat)


def _turns(flat: Floats) -> Floats:
    """At each corner (…, n) of polygons (…, n, 2), twice the area it turns through; positive to the left."""
    before, after = flat - np.roll(flat, 1, axis=-2), np.roll(flat, -1, axis=-2) - flat
    return np.asarray(before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0])


def _convex(flat: Floats) -> NDArray[np.bool_]:
    """Which (k,) turn one way all round, and round once only (a star turns one way too)."""
    turns = _turns(flat)
    ahead = np.roll(flat, -1, axis=1) - flat
    angles = np.arctan2(ahead[..., 1], ahead[..., 0])
    total = ((np.roll(angles, -1, axis=1) - angles + np.pi) % (2 * np.pi) - np.pi).sum(axis=1)
    left = (turns >= -1e-9 * np.abs(turns).max(axis=1, keepdims=True)).all(axis=1)
    return np.asarray(left & (np.abs(total) < 3 * np.pi))


def _ears(flat: Floats) -> list[tuple[int, int, int]]:
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


def _inside(points: Floats, *corners: Floats) -> bool:
    # Where a hole is joined to the outline, corners lie on one another; those are in nobody's way.
    points = points[~np.any([(points == corner).all(axis=1) for corner in corners], axis=0)]
    if not len(points):
        return False
    within = np.ones(len(points), bool)
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        along, to = end - start, points - start
        within &= along[0] * to[:, 1] - along[1] * to[:, 0] >= 0
    return bool(within.any())
