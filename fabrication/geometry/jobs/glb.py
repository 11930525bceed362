"""Binary glTF 2.0: one node, named, for each part.

glTF is in metres with y upwards; designs are in millimetres with z upwards. The root node turns and scales, so that
the numbers inside are the design's own millimetres.
"""

import json
import struct
from collections.abc import Mapping, Sequence

import numpy as np

from fabrication.geometry.jobs.meshes import Mesh

MM_TO_M = 0.001
_Z_UP_TO_Y_UP = [-(0.5**0.5), 0.0, 0.0, 0.5**0.5]
_FLOAT, _UINT32, _VERTICES, _INDICES = 5126, 5125, 34962, 34963

RGB = tuple[float, float, float]
COLOURS: tuple[RGB, ...] = ((0.90, 0.34, 0.07), (0.06, 0.33, 0.52), (0.27, 0.46, 0.16), (0.52, 0.18, 0.34))
"""For parts that have none of their own, in turn; linear RGB."""


def colours_of(count: int, given: Sequence[str | None] = ()) -> list[RGB]:
    """The colour of each of `count` parts, linear RGB: what is given as "#rrggbb" (sRGB), else one of `COLOURS`."""
    own = [*given, *[None] * (count - len(given))]
    return [_linear(colour) if colour else COLOURS[number % len(COLOURS)] for number, colour in enumerate(own)]


def write_glb(parts: Mapping[str, Mesh], colours: Sequence[str | None] = ()) -> bytes:
    """The whole file. `colours` are the parts' own, in their order; see `colours_of`."""
    blob = bytearray()
    views: list[dict[str, int]] = []
    accessors: list[dict[str, object]] = []

    def add(array: np.ndarray, target: int, component: int, kind: str, **bounds: object) -> int:
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": array.nbytes, "target": target})
        blob.extend(array.tobytes())
        accessors.append(
            {"bufferView": len(views) - 1, "componentType": component, "count": len(array), "type": kind, **bounds}
        )
        return len(accessors) - 1

    meshes = []
    for number, (name, mesh) in enumerate(parts.items()):
        corners = mesh.corners.astype("<f4")
        bounds = {"min": corners.min(0).tolist(), "max": corners.max(0).tolist()}
        position = add(corners, _VERTICES, _FLOAT, "VEC3", **bounds)
        normal = add(mesh.normals.astype("<f4"), _VERTICES, _FLOAT, "VEC3")
        indices = add(mesh.triangles.astype("<u4").reshape(-1), _INDICES, _UINT32, "SCALAR")
        drawn = {"POSITION": position, "NORMAL": normal}
        meshes.append({"name": name, "primitives": [{"attributes": drawn, "indices": indices, "material": number}]})
    count = len(parts)
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [count]}],
        "nodes": [
            *({"name": name, "mesh": number} for number, name in enumerate(parts)),
            {"name": "design", "children": list(range(count)), "rotation": _Z_UP_TO_Y_UP, "scale": [MM_TO_M] * 3},
        ],
        "meshes": meshes,
        "materials": [
            {"pbrMetallicRoughness": {"baseColorFactor": [*rgb, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.6}}
            for rgb in colours_of(count, colours)
        ],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    size = 12 + 8 + len(text) + 8 + len(blob)  # every array is a multiple of four bytes already
    header = struct.pack("<4sII", b"glTF", 2, size)
    return header + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(blob), b"BIN\0") + blob


def _linear(colour: str) -> RGB:
    """IEC 61966-2-1, to four places: a quarter of what eight bits can tell apart."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (round(s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4, 4) for s in shares)
    return red, green, blue
