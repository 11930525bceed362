"""Which triangles that hang over need no support: a printer lays them across a gap, held at both sides."""

import numpy as np
from numpy.typing import NDArray

from fabrication.geometry.inspection import BRIDGE_MM
from fabrication.geometry.jobs.inspection.surface import Floats, Mask, Surface
from fabrication.geometry.jobs.uploads.soundness import edges_of, joined

_HELD = 0.8
"""Of a roof's breadth, at both ends of the lines laid across it. A shelf is held at one end of them."""
_DIRECTIONS = 18


def bridged(surface: Surface, hanging: Mask, down: Floats) -> Mask:
    """Which triangles (m,) belong to a roof with walls below it on two opposite sides, no further apart than
    `BRIDGE_MM`: that of a bore, a slot, or a hole that lies. `hanging` (m,), unit vector `down` (3,)."""
    found = np.zeros(len(hanging), bool)
    which = np.flatnonzero(hanging)
    if not len(which):
        return found
    _, roof = np.unique(joined(surface.triangles[which]), return_inverse=True)
    roof = roof.reshape(-1)
    along = np.cross(down, [0.0, 0.0, 1.0] if abs(down[2]) < 0.9 else [1.0, 0.0, 0.0])
    along /= np.linalg.norm(along)
    bed = np.stack([along, np.cross(down, along)], axis=1)
    ends = surface.ends[which] @ bed  # as seen from above
    holds = _held(surface, hanging, which, down)
    bridges = np.zeros(int(roof.max()) + 1, bool)
    for angle in np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS:
        across = np.array([np.cos(angle), np.sin(angle)])
        span, breadth = _extent(ends @ across, roof), _extent(ends @ (across[::-1] * [-1, 1]), roof)
        ways = _outwards(ends) @ across * holds
        far, near = (np.bincount(roof, each.clip(0).sum(axis=1), len(bridges)) for each in (ways, -ways))
        bridges |= (span <= BRIDGE_MM) & (np.minimum(far, near) >= _HELD * breadth)
    found[which] = bridges[roof]
    return found


def _held(surface: Surface, hanging: Mask, which: NDArray[np.int64], down: Floats) -> Mask:
    """For each side (n, 3) of the triangles `which` (n,), whether it is a roof's outline with a wall below it."""
    count, _, edges = edges_of(surface.triangles)
    sides = edges.reshape(3, -1)
    ends = surface.ends
    middles = np.stack([(ends[:, side] + ends[:, (side + 1) % 3]) / 2 for side in range(3)])
    lengths = np.stack([np.linalg.norm(ends[:, (side + 1) % 3] - ends[:, side], axis=1) for side in range(3)])
    below = (ends.mean(axis=1) - middles) @ down > 1e-6 * lengths  # of each side: its triangle goes down from it
    walls = np.bincount(sides[:, ~hanging].reshape(-1), below[:, ~hanging].reshape(-1), len(count))
    within = np.bincount(sides[:, hanging].reshape(-1), minlength=len(count))
    mine = sides[:, which].T
    held: Mask = (within[mine] == 1) & (walls[mine] > 0)
    return held


def _outwards(ends: Floats) -> Floats:
    """At right angles to each side (n, 3, 2) of flat triangles (n, 3, 2), away from them, and as long as it."""
    run = np.roll(ends, -1, axis=1) - ends
    normals = np.stack([run[..., 1], -run[..., 0]], axis=-1)
    from_centre = ends + run / 2 - ends.mean(axis=1, keepdims=True)
    outwards: Floats = normals * np.sign((normals * from_centre).sum(axis=-1, keepdims=True))
    return outwards


def _extent(places: Floats, roof: NDArray[np.int64]) -> Floats:
    """Of each roof, from the lowest to the highest of its corners' places (n, 3)."""
    order = np.argsort(roof, kind="stable")
    starts = np.flatnonzero(np.diff(roof[order], prepend=-1))
    high = np.maximum.reduceat(places[order].max(axis=1), starts)
    extent: Floats = high - np.minimum.reduceat(places[order].min(axis=1), starts)
    return extent
