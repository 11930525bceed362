"""Bodies as files: what `build` and `read_upload` wrote, read back by the kinds that never run an author's code.

A body is a solid the kernel knows exactly, or, of an uploaded mesh that is large or not closed, a solid whose one
face has no surface but carries triangles. Such a body can be moved, drawn, measured and written, but not cut: the
kernel's booleans crash on it.
"""

from pathlib import Path

import cadquery as cq
import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Builder, BRep_Tool
from OCP.gp import gp_Pnt
from OCP.Poly import Poly_Triangle, Poly_Triangulation
from OCP.TopoDS import TopoDS_Face, TopoDS_Shell, TopoDS_Solid

from fabrication.errors import ScriptFailed


def read_part(path: Path) -> cq.Shape:
    """A shape as `build` wrote it, or as its author's script did. Raises `ScriptFailed` for anything else."""
    try:
        shape = cq.Shape.importBrep(str(path))
    except ValueError:
        shape = None
    if shape is None or not shape.Solids():
        raise ScriptFailed("a part holds no solid")
    return shape


def is_mesh(shape: cq.Shape) -> bool:
    """Whether any of it is triangles alone."""
    return any(BRep_Tool.Surface_s(face.wrapped) is None for face in shape.Faces())


def solid_of_mesh(corners: NDArray[np.float64], triangles: NDArray[np.integer]) -> cq.Solid:
    """A body that is only triangles: corners (n, 3) in mm, triangles (m, 3), anti-clockwise from outside."""
    builder, face, shell, solid = BRep_Builder(), TopoDS_Face(), TopoDS_Shell(), TopoDS_Solid()
    builder.MakeFace(face, triangulation(corners, triangles))
    builder.MakeShell(shell)
    builder.Add(shell, face)
    shell.Closed(True)
    builder.MakeSolid(solid)
    builder.Add(solid, shell)
    return cq.Solid(solid)


def triangulation(corners: NDArray[np.float64], triangles: NDArray[np.integer]) -> Poly_Triangulation:
    """As the kernel keeps triangles; it counts from 1."""
    made = Poly_Triangulation(len(corners), len(triangles), False)
    for number, corner in enumerate(corners.tolist(), start=1):
        made.SetNode(number, gp_Pnt(*corner))
    for number, triangle in enumerate((triangles + 1).tolist(), start=1):
        made.SetTriangle(number, Poly_Triangle(*triangle))
    return made
