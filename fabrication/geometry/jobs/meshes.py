"""Triangles of a shape, with the kernel's own normals. One thread: the kernel's thread pool is not for children."""

from dataclasses import dataclass

import cadquery as cq
import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Tool
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.StdPrs import StdPrs_ToolTriangulatedShape
from OCP.TopAbs import TopAbs_REVERSED
from OCP.TopLoc import TopLoc_Location

_SAME_POINT_MM = 1e-6


@dataclass(frozen=True)
class Mesh:
    """Corners (n, 3) in mm and outward unit normals (n, 3) at them; triangles (m, 3), anti-clockwise from outside."""

    corners: NDArray[np.float64]
    normals: NDArray[np.float64]
    triangles: NDArray[np.uint32]


def mesh_of(shape: cq.Shape, tolerance_mm: float, angle_rad: float) -> Mesh:
    """Triangles no further than `tolerance_mm` from the surface and `angle_rad` from its direction.

    Corners are not shared between faces, so that edges stay sharp to the eye; see `welded`.
    Raises `ValueError` for a shape that gives no triangle.
    """
    BRepMesh_IncrementalMesh(shape.wrapped, tolerance_mm, False, angle_rad, False)
    corners, normals, triangles = [], [], []
    count = 0
    for face in shape.Faces():
        location = TopLoc_Location()
        found = BRep_Tool.Triangulation_s(face.wrapped, location)
        if found is None:
            continue  # a face too small for any triangle
        StdPrs_ToolTriangulatedShape.ComputeNormals_s(face.wrapped, found)
        place = location.Transformation()
        indices = range(1, found.NbNodes() + 1)
        corners += [found.Node(i).Transformed(place).Coord() for i in indices]
        directions = np.array([found.Normal(i).Transformed(place).Coord() for i in indices])
        order = np.array([found.Triangle(i).Get() for i in range(1, found.NbTriangles() + 1)]) - 1 + count
        inward = face.wrapped.Orientation() == TopAbs_REVERSED
        normals.append(-directions if inward else directions)
        triangles.append(order[:, ::-1] if inward else order)
        count += found.NbNodes()
    if not triangles:
        raise ValueError("the shape has no surface")
    return Mesh(np.array(corners), np.concatenate(normals), np.concatenate(triangles).astype(np.uint32))


def welded(mesh: Mesh) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """Corners (k, 3) shared between faces, and the triangles that still have three of them: a closed surface."""
    grid = np.round(mesh.corners / _SAME_POINT_MM).astype(np.int64)
    _, first, same = np.unique(grid, axis=0, return_index=True, return_inverse=True)
    triangles = same.reshape(-1)[mesh.triangles]
    a, b, c = triangles.T
    whole = (a != b) & (b != c) & (c != a)
    return mesh.corners[first], triangles[whole].astype(np.uint32)
