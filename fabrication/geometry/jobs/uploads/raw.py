"""What a reader of triangles makes of a file, before any geometry kernel sees it."""

from dataclasses import dataclass

from fabrication.geometry.jobs.uploads.soundness import Corners, Triangles


@dataclass(frozen=True)
class RawMesh:
    """Corners (n, 3), finite, in mm; triangles (m, 3), m > 0, indices of corners; `colour` "#rrggbb" (sRGB)."""

    name: str
    corners: Corners
    triangles: Triangles
    colour: str | None


@dataclass(frozen=True)
class Reading:
    """Meshes in the file's order; `notes` are sentences for who brought it."""

    meshes: list[RawMesh]
    notes: list[str]
