"""Which triangles that hang over need no support: a printer lays them across a gap, held at both sides."""

import numpy as np
from numpy.typing import NDArray

from fabrication.geometry.inspection import BRIDGE_MM
from fabrication.geometry.jobs.inspection.surface import Floats, Mask, Surface
from fabrication.geometry.jobs.uploads.soundness import edges_of, joined

_HELD = 0.6
"""Of the length of its outline. A shelf on one wall is held by less than half of it, one in a corner by half."""
_DIRECTIONS = 18


def bridged(surface: Surface, hanging: Mask, down: Floats) -> Mask:
    """Which triangles (m,) belong to a roof that is held all round, or nearly, and is nowhere wider than `BRIDGE_MM`
    across its narrowest way: that of a bore, or of a hole that lies. `hanging` (m,), unit vector `down` (3,)."""
    found = np.zeros(len(hanging), bool)
    which = np.flatnonzero(hanging)
    if not len(which):
        return found
    labels = joined(surface.triangles[which])
    _, roof = np.unique(labels, return_inverse=True)
    roof = roof.reshape(-1)
    outline, held = _outlines(surface, hanging, which, roof, down)
    bridges = (held >= _HELD * outline) & (_widths(surface.ends[which], roof, down) <= BRIDGE_MM)
    found[which] = bridges[roof]
    return found


def _outlines(
    surface: Surface, hanging: Mask, which: NDArray[np.int64], roof: NDArray[np.int64], down: Floats
) -> tuple[Floats, Floats]:
    """Of each roof the length of its outline, mm, and how much of that has a wall below it."""
    count, _, edges = edges_of(surface.triangles)
    sides = edges.reshape(3, -1)
    ends = surface.ends
    middles = np.stack([(ends[:, side] + ends[:, (side + 1) % 3]) / 2 for side in range(3)])
    lengths = np.stack([np.linalg.norm(ends[:, (side + 1) % 3] - ends[:, side], axis=1) for side in range(3)])
    below = (ends.mean(axis=1) - middles) @ down > 1e-6 * lengths  # of each side: its triangle goes down from it
    walls = np.bincount(sides[:, ~hanging].reshape(-1), below[:, ~hanging].reshape(-1), len(count))
    within = np.bincount(sides[:, hanging].reshape(-1), minlength=len(count))
    mine = sides[:, which]
    length = lengths[:, which] * (within[mine] == 1)
    roofs = int(roof.max()) + 1
    return (
        np.bincount(roof, length.sum(axis=0), roofs).astype(float),
        np.bincount(roof, (length * (walls[mine] > 0)).sum(axis=0), roofs).astype(float),
    )


def _widths(ends: Floats, roof: NDArray[np.int64], down: Floats) -> Floats:
    """How wide each roof is along the bed, mm, whichever way it is narrowest."""
    along = np.cross(down, [0.0, 0.0, 1.0] if abs(down[2]) < 0.9 else [1.0, 0.0, 0.0])
    along /= np.linalg.norm(along)
    across = np.cross(down, along)
    order = np.argsort(roof, kind="stable")
    starts = np.flatnonzero(np.diff(roof[order], prepend=-1))
    narrowest = np.full(len(starts), np.inf)
    for angle in np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS:
        places = ends[order] @ (np.cos(angle) * along + np.sin(angle) * across)
        high = np.maximum.reduceat(places.max(axis=1), starts)
        narrowest = np.minimum(narrowest, high - np.minimum.reduceat(places.min(axis=1), starts))
    return narrowest
