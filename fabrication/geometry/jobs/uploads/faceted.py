"""Triangles as a body of the geometry kernel."""

import cadquery as cq
import numpy as np
from OCP.BRep import BRep_Builder
from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeShapeOnMesh
from OCP.ShapeUpgrade import ShapeUpgrade_UnifySameDomain
from OCP.TopoDS import TopoDS_Shell, TopoDS_Solid

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.bodies import solid_of_mesh, triangulation
from fabrication.geometry.jobs.uploads.limits import SMALLEST_MM, SOLID_TRIANGLES_MAX
from fabrication.geometry.jobs.uploads.raw import RawMesh
from fabrication.geometry.jobs.uploads.soundness import (
    Corners,
    Soundness,
    Triangles,
    shells,
    soundness,
    volume,
    winding,
)


def body_of(mesh: RawMesh) -> tuple[cq.Shape, list[str]]:
    """A solid of flat faces where the triangles close a volume and are few; else a body of triangles alone.

    With it what there is to say of it. Nothing is mended; but a surface that is inside out as a whole is turned,
    which moves nothing, and a triangle with two equal corners, which covers nothing, is dropped; both are said.
    Raises `UploadRefused` for what has no size.
    """
    corners, triangles, notes = mesh.corners, mesh.triangles, []
    a, b, c = triangles.T
    whole = (a != b) & (b != c) & (c != a)
    if dropped := len(triangles) - int(whole.sum()):
        notes.append(f"{dropped:,} triangles with two corners in one place were dropped")
        triangles = triangles[whole]
    if not len(triangles) or float(np.ptp(corners[triangles].reshape(-1, 3), axis=0).max()) < SMALLEST_MM:
        raise UploadRefused(f"it is smaller than {SMALLEST_MM} mm. Was it written in another unit?")
    found = soundness(corners, triangles)
    if found.closed and found.volume_mm3 < 0:
        notes.append("it was inside out: all its triangles were turned")
        triangles = triangles[:, ::-1]
        found = soundness(corners, triangles)
    notes += _faults(found)
    solid = None
    if found.sound and len(triangles) <= SOLID_TRIANGLES_MAX:
        solid = _flat_faced(corners, triangles)
        if solid is None:
            notes.append("the kernel makes no solid of its triangles (do some cross, or have no area?)")
    if solid is not None:
        return solid, notes
    if found.sound and len(triangles) > SOLID_TRIANGLES_MAX:
        notes.append(f"it has {len(triangles):,} triangles, more than {SOLID_TRIANGLES_MAX:,}")
    notes.append("it stays a mesh: it can be shown, moved, measured and made, but no script can cut it")
    return solid_of_mesh(corners, triangles), notes


def _faults(found: Soundness) -> list[str]:
    faults = {
        "open": found.open_edges,
        "shared by more than two triangles": found.crowded_edges,
        "between triangles that disagree which side is outside": found.turned_edges,
    }
    notes = [f"{count:,} edge{'s are' if count > 1 else ' is'} {what}" for what, count in faults.items() if count]
    if not found.closed:
        notes.append("it is not watertight, and its volume is only an estimate. Mend it in a mesh editor")
    return notes


def _flat_faced(corners: Corners, triangles: Triangles) -> cq.Shape | None:
    """Planar faces that share their edges, coplanar neighbours merged; None where the kernel cannot or is unsure."""
    groups = _nested(corners, shells(triangles))
    if groups is None:
        return None
    solids = []
    for group in groups:
        solid = TopoDS_Solid()
        builder = BRep_Builder()
        builder.MakeSolid(solid)
        for shell in group:
            builder.Add(solid, _shell(corners, shell))
        merger = ShapeUpgrade_UnifySameDomain(solid, True, True, False)
        merger.Build()
        solids += cq.Shape.cast(merger.Shape()).Solids()
    shape = solids[0] if len(solids) == 1 else cq.Compound.makeCompound(solids)
    wanted = volume(corners, triangles)
    held = sum(solid.Volume() for solid in solids)
    return shape if len(solids) == len(groups) and shape.isValid() and abs(held - wanted) <= 1e-3 * wanted else None


def _shell(corners: Corners, triangles: Triangles) -> TopoDS_Shell:
    maker = BRepBuilderAPI_MakeShapeOnMesh(triangulation(corners, triangles))
    maker.Build()
    builder, shell = BRep_Builder(), TopoDS_Shell()
    builder.MakeShell(shell)
    for face in cq.Shape.cast(maker.Shape()).Faces():
        builder.Add(shell, face.wrapped)
    shell.Closed(True)
    return shell


def _nested(corners: Corners, pieces: list[Triangles]) -> list[list[Triangles]] | None:
    """Outer shells, each with the cavities in it; None where a cavity is in no outer shell."""
    sizes = [volume(corners, piece) for piece in pieces]
    groups = [[piece] for piece, size in zip(pieces, sizes, strict=True) if size > 0]
    groups.sort(key=lambda group: volume(corners, group[0]))
    for cavity in (piece for piece, size in zip(pieces, sizes, strict=True) if size <= 0):
        spot = corners[cavity[0, 0]]
        around = next((group for group in groups if winding(spot, corners, group[0]) > 0.5), None)
        if around is None:
            return None
        around.append(cavity)
    return groups
