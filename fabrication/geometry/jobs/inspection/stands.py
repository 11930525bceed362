"""How a part can stand on the bed, how much of it then hangs over, and which way is best."""

import numpy as np

from fabrication.geometry.inspection import Stand, turn_to_bed
from fabrication.geometry.jobs.inspection.bridges import bridged
from fabrication.geometry.jobs.inspection.surface import Floats, Mask, Surface, vector

BED_MM = 0.05
"""Half of the thinnest first layer: what is no higher is on the bed."""
_GRACE_DEG = 1.2
"""Facets of a cone of exactly the angle are a little steeper than it, those of a chamfer on a small flute by 1°."""
_AXES = np.array([[0, 0, -1], [0, 0, 1], [-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0]], float)
_FLAT_SHARE, _FLATS = 0.01, 24
_WORTH_MM2, _WORTH = 20.0, 0.1
"""A part is not turned for less than this much overhang, or this share of it."""


def stand(surface: Surface, down: Floats, overhang_deg: float) -> Stand:
    """The part standing so that unit vector `down` (3,) points at the bed."""
    hanging, lying = _against(surface, down, overhang_deg)
    facing = surface.normals[lying] @ down
    return Stand(
        down=vector(down, 6),
        size_mm=_size(surface, down),
        overhang_mm2=round(float(surface.areas[hanging].sum()), 3),
        contact_mm2=round(float((surface.areas[lying] * facing.clip(0)).sum()), 3),
    )


def overhangs(surface: Surface, overhang_deg: float) -> Mask:
    """Which triangles hang over as modelled (m,)."""
    return _against(surface, _AXES[0], overhang_deg)[0]


def best_stand(surface: Surface, centre: Floats, as_modelled: Stand, overhang_deg: float) -> Stand:
    """The way to stand that leaves least hanging over; as modelled where no other is clearly better.

    Tried are the six sides and the large flat faces; `centre` (3,) is the centre of mass, which must be above what
    touches the bed. Of ways that are about the same the one with most contact wins, then the lowest.
    """
    downs = [down for down in (*_AXES, *_flats(surface)) if _stable(surface, down, centre)]
    tried = [stand(surface, down, overhang_deg) for down in downs]
    worth = max(_WORTH_MM2, _WORTH * as_modelled.overhang_mm2)
    least = min((each.overhang_mm2 for each in tried), default=np.inf)
    if as_modelled.overhang_mm2 - least < worth:
        return as_modelled
    about_least = [each for each in tried if each.overhang_mm2 - least < worth / 2]
    return min(about_least, key=lambda each: (-each.contact_mm2, each.size_mm[2], each.overhang_mm2))


def _against(surface: Surface, down: Floats, overhang_deg: float) -> tuple[Mask, Mask]:
    """Which triangles hang over (m,) and are no bridge, and which lie on the bed (m,)."""
    depth = surface.corners @ down
    lying = (depth[surface.triangles] > depth.max() - BED_MM).all(axis=1)
    steep = surface.normals @ down > np.sin(np.radians(min(overhang_deg + _GRACE_DEG, 89.9)))
    hanging = steep & ~lying
    return hanging & ~bridged(surface, hanging, down), lying


def _flats(surface: Surface) -> Floats:
    """Directions (n, 3) of the largest faces: triangles that face within about half a degree of one another."""
    keys = np.round(surface.normals, 2)
    _, which = np.unique(keys, axis=0, return_inverse=True)
    which = which.reshape(-1)
    areas = np.bincount(which, weights=surface.areas)
    large = np.argsort(-areas, kind="stable")[:_FLATS]
    large = large[areas[large] >= _FLAT_SHARE * surface.area]
    sums = np.stack([np.bincount(which, weights=surface.areas * surface.normals[:, axis]) for axis in range(3)], axis=1)
    found: Floats = sums[large] / np.linalg.norm(sums[large], axis=1, keepdims=True)
    return found


def _stable(surface: Surface, down: Floats, centre: Floats) -> bool:
    """Whether the centre of mass is above the hull of what touches the bed: seen from it, no half plane is empty."""
    depth = surface.corners @ down
    touching = surface.corners[depth > depth.max() - BED_MM]
    along, across = _plane(down)
    offsets = np.stack([(touching - centre) @ along, (touching - centre) @ across], axis=1)
    turns = np.sort(np.arctan2(offsets[:, 1], offsets[:, 0]))
    gaps = np.diff(turns, append=turns[0] + 2 * np.pi)
    return bool(gaps.max() < np.pi - 1e-6)


def _plane(down: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors (3,) along the bed."""
    along = np.cross(down, _AXES[2] if abs(down[0]) < 0.9 else _AXES[4])
    along /= np.linalg.norm(along)
    return along, np.cross(down, along)


def _size(surface: Surface, down: Floats) -> tuple[float, float, float]:
    """The box of the part once it is turned, mm."""
    axis, degrees = turn_to_bed(down.tolist())
    turned = surface.corners @ turn_matrix(np.array(axis), degrees).T
    return vector(turned.max(0) - turned.min(0))


def turn_matrix(axis: Floats, degrees: float) -> Floats:
    """(3, 3), for columns, about a unit axis (3,): Rodrigues' formula."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    turn: Floats = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return turn
