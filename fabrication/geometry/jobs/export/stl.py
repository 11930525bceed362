"""Binary STL. It has no unit and no names; designs are in millimetres, and its title says so."""

import struct
from collections.abc import Mapping

import numpy as np

from fabrication.geometry.jobs.meshes import Mesh

_TITLE = b"binary STL, millimetres, z upwards"
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def write_stl(parts: Mapping[str, Mesh]) -> bytes:
    """All parts as one file."""
    corners = np.concatenate([mesh.corners[mesh.triangles] for mesh in parts.values()])
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    records = np.zeros(len(corners), _TRIANGLE)
    records["corners"] = corners
    records["normal"] = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    return _TITLE.ljust(80, b" ") + struct.pack("<I", len(records)) + records.tobytes()
