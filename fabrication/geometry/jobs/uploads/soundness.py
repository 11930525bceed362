"""Whether triangles close a volume, found by counting edges. Nothing is repaired here. Pure numpy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Corners = NDArray[np.float64]
Triangles = NDArray[np.int64]


@dataclass(frozen=True)
class Soundness:
    """Edges by what is wrong with them, and the volume in mm³ (negative: inside out; of no meaning unless closed).

    `open_edges` have one triangle, `crowded_edges` more than two; `turned_edges` have two that disagree which side
    is outside.
    """

    open_edges: int
    turned_edges: int
    crowded_edges: int
    closed: bool
    """Each edge is run as often one way as the other: a closed, consistently oriented surface."""
    volume_mm3: float

    @property
    def sound(self) -> bool:
        """Closed, consistent, no edge shared by more than two triangles, right side out."""
        return self.closed and self.crowded_edges == 0 and self.volume_mm3 > 0


def soundness(corners: Corners, triangles: Triangles) -> Soundness:
    """Of corners (n, 3) in mm and triangles (m, 3), m > 0, anti-clockwise from outside, that share corners."""
    count, balance, _ = edges_of(triangles)
    return Soundness(
        open_edges=int((count == 1).sum()),
        turned_edges=int(((count == 2) & (balance != 0)).sum()),
        crowded_edges=int((count > 2).sum()),
        closed=not bool(balance.any()),
        volume_mm3=volume(corners, triangles),
    )


def at_faults(triangles: Triangles) -> NDArray[np.bool_]:
    """Which triangles (m,) have an edge that is open or turned."""
    count, balance, which = edges_of(triangles)
    faulty = (count == 1) | ((count == 2) & (balance != 0))
    return np.asarray(faulty[which].reshape(3, -1).any(axis=0))


def volume(corners: Corners, triangles: Triangles) -> float:
    """In mm³, by the divergence theorem; exact for a closed surface."""
    used = corners[triangles]
    used = used - (used.min(axis=(0, 1)) + used.max(axis=(0, 1))) / 2  # near the origin, so that less cancels
    return float(np.einsum("ij,ij->", used[:, 0], np.cross(used[:, 1], used[:, 2])) / 6)


def shells(triangles: Triangles) -> list[Triangles]:
    """Triangles (m, 3) by which hang together along edges."""
    labels = joined(triangles)
    order = np.argsort(labels, kind="stable")
    ends = np.flatnonzero(np.diff(labels[order])) + 1
    return [triangles[part] for part in np.split(order, ends)]


def joined(triangles: Triangles) -> NDArray[np.int64]:
    """A number for each triangle (m,), the same for those that hang together along edges."""
    _, _, which = edges_of(triangles)
    sides = which.reshape(3, -1)
    labels = np.arange(len(triangles))
    while True:
        least = np.full(int(which.max()) + 1, len(triangles))
        np.minimum.at(least, sides, np.broadcast_to(labels, sides.shape))
        near = least[sides].min(axis=0)
        new = labels.copy()
        np.minimum.at(new, labels, near)  # also the triangle that a label is named after, so that few rounds do
        new = new[np.minimum(new, near)]
        if (new == labels).all():
            return labels
        labels = new


def winding(point: NDArray[np.float64], corners: Corners, triangles: Triangles) -> float:
    """How often closed triangles go round `point` (3,): about 1 inside, 0 outside.

    The sum of solid angles after Van Oosterom and Strackee, IEEE Trans. Biomed. Eng. 30 (1983).
    """
    a, b, c = np.moveaxis(corners[triangles] - point, 1, 0)
    la, lb, lc = (np.linalg.norm(each, axis=1) for each in (a, b, c))
    top = np.einsum("ij,ij->i", a, np.cross(b, c))
    bottom = (
        la * lb * lc
        + np.einsum("ij,ij->i", a, b) * lc
        + np.einsum("ij,ij->i", b, c) * la
        + np.einsum("ij,ij->i", c, a) * lb
    )
    return float(np.arctan2(top, bottom).sum() / (2 * np.pi))


def welded(corners: Corners, triangles: Triangles) -> tuple[Corners, Triangles]:
    """The same triangles with corners of exactly equal coordinates made one; no tolerance, so nothing moves."""
    corners = corners + 0.0  # minus zero is zero
    bits = np.ascontiguousarray(corners, np.float64).view(np.uint64)
    keys = np.zeros(len(bits), np.uint64)
    for axis in range(3):
        keys = (keys ^ bits[:, axis]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    _, first, same = np.unique(keys, return_index=True, return_inverse=True)
    if (corners[first][same] != corners).any():  # two places with one key: sort by the places themselves
        _, first, same = np.unique(corners, axis=0, return_index=True, return_inverse=True)
    same = same.reshape(-1)
    return corners[first], same[triangles]


def compact(corners: Corners, triangles: Triangles) -> tuple[Corners, Triangles]:
    """Only the corners that are used."""
    used, same = np.unique(triangles, return_inverse=True)
    return corners[used], same.reshape(triangles.shape)


def edges_of(triangles: Triangles) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """For each edge how many triangles have it and the sum of its directions; and the edge of each side (3·m,)."""
    start = triangles.T.reshape(-1).astype(np.int64)
    end = triangles[:, [1, 2, 0]].T.reshape(-1).astype(np.int64)
    low, high = np.minimum(start, end), np.maximum(start, end)
    _, which, count = np.unique(low * (int(high.max()) + 1) + high, return_inverse=True, return_counts=True)
    which = which.reshape(-1)
    direction = np.where(start < end, 1, -1) * (start != end)
    balance = np.bincount(which, weights=direction).astype(np.int64)
    return count, balance, which
