"""Job `export`: parts as a file for other programs. It never runs an author's code.

In: `part_<i>.brep`; request `{"format": "stl" | "step" | "3mf" | "glb", "names": [name, …]}`. Out: `export.<format>`.
The same parts give the same bytes: no time, no random identifier.
"""

import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import cadquery as cq
import numpy as np

from fabrication.geometry.jobs.bodies import read_part
from fabrication.geometry.jobs.files import export_file, part_file
from fabrication.geometry.jobs.glb import write_glb
from fabrication.geometry.jobs.meshes import Mesh, mesh_of
from fabrication.geometry.jobs.threemf import write_3mf

TOLERANCE_MM, ANGLE_RAD = 0.02, 0.15
"""Finer than a 0.4 mm nozzle can follow."""

_STL_TITLE = b"binary STL, millimetres, z upwards"
_STL_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    """An empty claim: the file is all there is."""
    names: list[str] = list(request["names"])  # type: ignore[call-overload]
    parts = {name: read_part(folder / part_file(index)) for index, name in enumerate(names)}
    target = folder / export_file(str(request["format"]))
    if request["format"] == "step":
        write_step(parts, target)
    else:
        meshes = {name: mesh_of(shape, TOLERANCE_MM, ANGLE_RAD) for name, shape in parts.items()}
        target.write_bytes(MESH_WRITERS[str(request["format"])](meshes))
    return {}


def write_stl(parts: Mapping[str, Mesh]) -> bytes:
    """All parts as one binary STL."""
    corners = np.concatenate([mesh.corners[mesh.triangles] for mesh in parts.values()])
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    records = np.zeros(len(corners), _STL_TRIANGLE)
    records["corners"] = corners
    records["normal"] = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    return _STL_TITLE.ljust(80, b" ") + struct.pack("<I", len(records)) + records.tobytes()


def write_step(parts: Mapping[str, cq.Shape], target: Path) -> None:
    """One product for each part, named. The header's time is blanked: it would be the only thing that differs."""
    assembly = cq.Assembly(name="design")
    for name, shape in parts.items():
        assembly.add(shape, name=name)
    cq.exporters.assembly.exportAssembly(assembly, str(target))
    timeless = rb"\1'1970-01-01T00:00:00'"
    target.write_bytes(re.sub(rb"(FILE_NAME\('[^']*',)'[^']*'", timeless, target.read_bytes(), count=1))


MESH_WRITERS: dict[str, Callable[[Mapping[str, Mesh]], bytes]] = {
    "stl": write_stl,
    "3mf": write_3mf,
    "glb": write_glb,
}
