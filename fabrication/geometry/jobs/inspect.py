"""Job `inspect`: what should be known of parts before they are made. It never runs an author's code.

In: `part_<i>.brep`; request `{"parts": count}` and optionally `"overhang_deg"`. Out: `problems.png`, 640 × 480.
Claim: `{"parts": [Inspection as JSON, …]}`. The triangles are those of an exported STL, so that what is inspected is
what would be sliced. Nothing is repaired, and the same parts give the same claim.
"""

from pathlib import Path

import cadquery as cq
import msgspec
import numpy as np

from fabrication.errors import ScriptFailed
from fabrication.geometry.inspection import OVERHANG_DEG, Inspection
from fabrication.geometry.jobs.bodies import is_mesh, read_part
from fabrication.geometry.jobs.export import ANGLE_RAD, TOLERANCE_MM
from fabrication.geometry.jobs.files import PROBLEMS, part_file
from fabrication.geometry.jobs.inspection import body
from fabrication.geometry.jobs.inspection.problems import Painted, picture_of
from fabrication.geometry.jobs.inspection.stands import best_stand, overhangs, stand
from fabrication.geometry.jobs.inspection.surface import Surface, centre_of, surface_of, vector
from fabrication.geometry.jobs.inspection.walls import Walls, thickness_of
from fabrication.geometry.jobs.meshes import mesh_of
from fabrication.geometry.jobs.uploads.soundness import at_faults, shells, soundness, volume

_NOTHING_MM3 = 1e-9
_DOWN = np.array([0.0, 0.0, -1.0])


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    """Raises `ScriptFailed` for a part without a surface."""
    count = int(request["parts"])  # type: ignore[call-overload]
    overhang_deg = float(request.get("overhang_deg", OVERHANG_DEG))  # type: ignore[arg-type]
    found = [inspect(read_part(folder / part_file(index)), overhang_deg) for index in range(count)]
    picture_of([painted for _, painted in found]).save(folder / PROBLEMS, optimize=True)
    return {"parts": [msgspec.to_builtins(inspection) for inspection, _ in found]}


def inspect(shape: cq.Shape, overhang_deg: float) -> tuple[Inspection, Painted]:
    """One part, measured, and what to paint of it."""
    box = shape.BoundingBox()  # before it carries triangles, as `measure` takes it
    exact = not is_mesh(shape)
    faults = body.faults_of(shape) if exact else ()
    try:
        surface = surface_of(mesh_of(shape, TOLERANCE_MM, ANGLE_RAD))
    except ValueError as error:
        raise ScriptFailed(str(error)) from None
    edges = soundness(surface.corners, surface.triangles)
    mm3, centre = body.mass_of(shape) if exact else (edges.volume_mm3, centre_of(surface))
    holds = mm3 > _NOTHING_MM3
    middle = centre if holds else surface.corners.mean(0)
    walls = Walls(surface)
    modelled = stand(surface, _DOWN, overhang_deg)
    inspection = Inspection(
        volume_mm3=round(mm3, 6),
        surface_mm2=round(body.area_of(shape) if exact else surface.area, 6),
        low_mm=vector((box.xmin, box.ymin, box.zmin)),
        high_mm=vector((box.xmax, box.ymax, box.zmax)),
        centre_of_mass_mm=vector(middle) if holds else None,
        triangles_only=not exact,
        faults=faults,
        bodies=len(shape.Solids()) if exact else _bodies(surface),
        triangles=len(surface.triangles),
        watertight=edges.closed,
        open_edges=edges.open_edges,
        turned_edges=edges.turned_edges,
        crowded_edges=edges.crowded_edges,
        thickness=thickness_of(surface, walls) if holds else None,
        overhang_deg=overhang_deg,
        as_modelled=modelled,
        best=best_stand(surface, middle, modelled, overhang_deg),
        smallest_hole_mm=body.smallest_hole_mm(shape) if exact else None,
        shortest_edge_mm=body.shortest_edge_mm(shape) if exact else None,
    )
    broken = at_faults(surface.triangles) | (not holds)
    return inspection, Painted(surface, walls, overhangs(surface, overhang_deg), broken)


def _bodies(surface: Surface) -> int:
    """Pieces of the surface that are not the inner wall of a hollow."""
    pieces = shells(surface.triangles)
    return max(1, sum(volume(surface.corners, piece) > 0 for piece in pieces))
