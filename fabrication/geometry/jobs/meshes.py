"""Triangles of a shape, with the kernel's own normals. One thread: the kernel's thread pool is not for children."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import cadquery as cq
import numpy as np
from numpy.typing import NDArray
from OCP.BinTools import BinTools, BinTools_FormatVersion
from OCP.BRep import BRep_Builder, BRep_Tool
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.BRepTools import BRepTools
from OCP.Poly import Poly_Triangulation
from OCP.StdPrs import StdPrs_ToolTriangulatedShape
from OCP.TopAbs import TopAbs_REVERSED
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Compound, TopoDS_Face

Floats = NDArray[np.float64]
Indices = NDArray[np.uint32]

_SAME_POINT_MM = 1e-6
_COARSEST_MM, _FINEST_MM, _OF_SIZE, _PREVIEW_RAD = 0.5, 0.02, 1 / 500, 0.35
_SMOOTH = np.cos(np.radians(30))
_HEAD = struct.Struct("<ii??d")  # nodes, triangles, whether nodes have parameters, whether normals; deflection


@dataclass(frozen=True)
class Mesh:
    """Corners (n, 3) in mm and outward unit normals (n, 3) at them; triangles (m, 3), anti-clockwise from outside."""

    corners: Floats
    normals: Floats
    triangles: Indices


def mesh_of(shape: cq.Shape, tolerance_mm: float, angle_rad: float) -> Mesh:
    """Triangles no further than `tolerance_mm` from the surface and `angle_rad` from its direction.

    A face that is triangles alone, without a surface, keeps those. The result is a function of the arguments:
    triangles that a shape with surfaces happens to carry are thrown away. Corners are not shared between faces, so
    that edges stay sharp to the eye; see `welded`. Raises `ValueError` for a shape that gives no triangle.
    """
    faces = [face.wrapped for face in shape.Faces()]
    surfaces = [BRep_Tool.Surface_s(face) is not None for face in faces]
    if any(surfaces):
        BRepTools.Clean_s(shape.wrapped)
        BRepMesh_IncrementalMesh(shape.wrapped, tolerance_mm, False, angle_rad, False)
    found: list[tuple[TopoDS_Face, bool, TopLoc_Location, Poly_Triangulation]] = []
    for face, surface in zip(faces, surfaces, strict=True):
        location = TopLoc_Location()
        triangulation = BRep_Tool.Triangulation_s(face, location)
        if triangulation is not None:  # a face may be too small for any triangle
            StdPrs_ToolTriangulatedShape.ComputeNormals_s(face, triangulation)
            found.append((face, surface, location, triangulation))
    distinct = {id(each): each for *_, each in found}
    read = dict(zip(distinct, _read(list(distinct.values())), strict=True))
    pieces = []
    for face, surface, location, triangulation in found:
        piece = read[id(triangulation)] if surface else creased(read[id(triangulation)])
        pieces.append(_placed(piece, location, face.Orientation() == TopAbs_REVERSED))
    if not pieces:
        raise ValueError("the shape has no surface")
    starts = np.cumsum([0, *(len(piece.corners) for piece in pieces[:-1])])
    return Mesh(
        np.concatenate([piece.corners for piece in pieces]),
        np.concatenate([piece.normals for piece in pieces]),
        np.concatenate(
            [piece.triangles + np.uint32(start) for piece, start in zip(pieces, starts.tolist(), strict=True)]
        ),
    )


def preview_mesh(shape: cq.Shape) -> Mesh:
    """Coarse, in proportion to the shape: for a look at it. Raises as `mesh_of` does."""
    tolerance = min(_COARSEST_MM, max(_FINEST_MM, shape.BoundingBox().DiagonalLength * _OF_SIZE))
    return mesh_of(shape, tolerance, _PREVIEW_RAD)


def welded(mesh: Mesh) -> tuple[Floats, Indices]:
    """Corners (k, 3) shared between faces, and the triangles that still have three of them: a closed surface."""
    grid = np.round(mesh.corners / _SAME_POINT_MM).astype(np.int64)
    order = np.lexsort(grid.T)
    new = np.ones(len(grid), bool)
    new[1:] = (np.diff(grid[order], axis=0) != 0).any(axis=1)
    same = np.empty(len(grid), np.int64)
    same[order] = np.cumsum(new) - 1
    triangles = same[mesh.triangles]
    a, b, c = triangles.T
    whole = (a != b) & (b != c) & (c != a)
    return mesh.corners[order[new]], triangles[whole].astype(np.uint32)


def _read(triangulations: list[Poly_Triangulation]) -> Iterator[Mesh]:
    """Each as it lies in the kernel, unplaced.

    One call for each node takes a hundred times as long as this: the kernel writes a shape of faces without surface
    in its own binary format (version 4, `BinTools_ShapeSet::WriteTriangulation`), and numpy reads that.
    """
    builder, all_ = BRep_Builder(), TopoDS_Compound()
    builder.MakeCompound(all_)
    for triangulation in triangulations:
        face = TopoDS_Face()
        builder.MakeFace(face, triangulation)
        builder.Add(all_, face)
    stream = io.BytesIO()
    BinTools.Write_s(all_, stream, True, True, BinTools_FormatVersion.BinTools_FormatVersion_VERSION_4)
    data = stream.getbuffer()
    title = b"\nTriangulations %d\n" % len(triangulations)
    at = bytes(data[:1000]).index(title) + len(title) if triangulations else 0

    def take(count: int, kind: str) -> NDArray[np.generic]:
        nonlocal at
        array = np.frombuffer(data, kind, count, at)
        at += array.nbytes
        return array

    for _ in triangulations:
        nodes, count, with_parameters, _, _ = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        corners = take(nodes * 3, "<f8").reshape(-1, 3)
        take(nodes * 2 if with_parameters else 0, "<f8")
        triangles = take(count * 3, "<i4").reshape(-1, 3)
        normals = take(nodes * 3, "<f4").reshape(-1, 3)
        yield Mesh(corners.astype(np.float64), normals.astype(np.float64), (triangles - 1).astype(np.uint32))


def _placed(mesh: Mesh, location: TopLoc_Location, inward: bool) -> Mesh:
    corners, normals, triangles = mesh.corners, mesh.normals, mesh.triangles
    if not location.IsIdentity():
        place = location.Transformation()
        matrix = np.array([[place.Value(row, column) for column in range(1, 5)] for row in range(1, 4)])
        corners = corners @ matrix[:, :3].T + matrix[:, 3]
        normals = normals @ matrix[:, :3].T / abs(place.ScaleFactor())
    return Mesh(corners, -normals, triangles[:, ::-1]) if inward else Mesh(corners, normals, triangles)


def creased(mesh: Mesh) -> Mesh:
    """Smooth where the triangles around a corner nearly agree; others get corners of their own and lie flat."""
    ends = mesh.corners[mesh.triangles]
    flat = np.cross(ends[:, 1] - ends[:, 0], ends[:, 2] - ends[:, 0])
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-300)
    sharp = ((mesh.normals[mesh.triangles] * flat[:, None]).sum(axis=2) < _SMOOTH).any(axis=1)
    used, shared = np.unique(mesh.triangles[~sharp], return_inverse=True)
    triangles = np.empty_like(mesh.triangles)
    triangles[~sharp] = shared.reshape(-1, 3)
    triangles[sharp] = np.arange(len(used), len(used) + 3 * int(sharp.sum())).reshape(-1, 3)
    return Mesh(
        np.concatenate([mesh.corners[used], ends[sharp].reshape(-1, 3)]),
        np.concatenate([mesh.normals[used], np.repeat(flat[sharp], 3, axis=0)]),
        triangles,
    )
