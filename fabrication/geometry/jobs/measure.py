"""Job `measure`: size, volume and soundness of parts, which every build is asked. It never runs an author's code.

In: `part_<i>.brep`; request `{"parts": count}`. Out: nothing.
Claim: `{"parts": [{"volume_mm3", "size_mm": [x, y, z], "valid"}, …]}`.
"""

from pathlib import Path

import cadquery as cq
import numpy as np

from fabrication.geometry.jobs.bodies import is_mesh, read_part
from fabrication.geometry.jobs.files import part_file
from fabrication.geometry.jobs.meshes import mesh_of, welded
from fabrication.geometry.jobs.uploads.soundness import soundness

_ANY = 1.0
"""Tolerances of triangles that are there already."""


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    """A part is valid when its solids are closed and consistent, and hold something.

    The kernel tells of solids with surfaces; it knows nothing of triangles alone, whose edges are counted here.
    """
    count = int(request["parts"])  # type: ignore[call-overload]
    return {"parts": [_measure(read_part(folder / part_file(index))) for index in range(count)]}


def _measure(shape: cq.Shape) -> dict[str, object]:
    box = shape.BoundingBox()
    volume = sum(solid.Volume() for solid in shape.Solids())
    whole = all(_closed(solid) if is_mesh(solid) else solid.isValid() for solid in shape.Solids())
    return {
        "volume_mm3": volume,
        "size_mm": [round(length, 4) for length in (box.xlen, box.ylen, box.zlen)],
        "valid": whole and volume > 0,
    }


def _closed(solid: cq.Shape) -> bool:
    corners, triangles = welded(mesh_of(solid, _ANY, _ANY))
    return soundness(corners, triangles.astype(np.int64)).closed
