"""Job `measure`: size, volume and soundness of parts, which every build is asked. It never runs an author's code.

In: `part_<i>.brep`; request `{"parts": count}`. Out: nothing.
Claim: `{"parts": [{"volume_mm3", "size_mm": [x, y, z], "valid"}, …]}`.
"""

from pathlib import Path

import cadquery as cq

from fabrication.geometry.jobs.bodies import read_part
from fabrication.geometry.jobs.files import part_file


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    """A part is valid when the kernel finds its solids closed and consistent, and they hold something."""
    count = int(request["parts"])  # type: ignore[call-overload]
    return {"parts": [_measure(read_part(folder / part_file(index))) for index in range(count)]}


def _measure(shape: cq.Shape) -> dict[str, object]:
    box = shape.BoundingBox()
    volume = sum(solid.Volume() for solid in shape.Solids())
    return {
        "volume_mm3": volume,
        "size_mm": [round(length, 4) for length in (box.xlen, box.ylen, box.zlen)],
        "valid": bool(shape.isValid()) and volume > 0,
    }
