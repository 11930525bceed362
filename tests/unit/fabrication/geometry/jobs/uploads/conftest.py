"""Files made by hand, byte by byte, so that each can be wrong in one place."""

import io
import struct
import zipfile
from dataclasses import dataclass

import numpy as np
import pytest

CUBE_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
CUBE_QUADS = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
CUBE_TRIANGLES = np.array([triangle for a, b, c, d in CUBE_QUADS for triangle in ((a, b, c), (a, c, d))])


@dataclass(frozen=True)
class Cube:
    """Of 10 mm, from the origin, anti-clockwise from outside."""

    corners: np.ndarray
    triangles: np.ndarray
    quads: list[tuple[int, int, int, int]]


@pytest.fixture(scope="session")
def cube() -> Cube:
    return Cube(CUBE_CORNERS * 10, CUBE_TRIANGLES, CUBE_QUADS)


class Files:
    """Writers of valid files; what they take is what a test turns wrong."""

    HEADER = b"made by hand".ljust(80)
    CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
    RELS = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Target="/3D/3dmodel.model" Id="rel0" '
        'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
    )

    def stl(self, corners, triangles, *, count=None, header=HEADER, more=b""):
        records = b"".join(
            struct.pack("<12fH", 0, 0, 0, *corners[list(triangle)].reshape(-1), 0) for triangle in triangles
        )
        return header + struct.pack("<I", len(triangles) if count is None else count) + records + more

    def ascii_stl(self, corners, triangles, name="cube", end=True):
        lines = [f"solid {name}"]
        for triangle in triangles:
            lines += [" facet normal 0 0 0", "  outer loop"]
            lines += [f"   vertex {x:g} {y:g} {z:g}" for x, y, z in corners[list(triangle)]]
            lines += ["  endloop", " endfacet"]
        return "\n".join([*lines, f"endsolid {name}\n"] if end else lines).encode()

    def obj(self, corners, faces):
        lines = [f"v {x:g} {y:g} {z:g}" for x, y, z in corners]
        return "\n".join([*lines, *("f " + " ".join(str(i + 1) for i in face) for face in faces), ""]).encode()

    def mesh(self, corners, triangles):
        return (
            "<mesh><vertices>"
            + "".join(f'<vertex x="{x:g}" y="{y:g}" z="{z:g}"/>' for x, y, z in corners)
            + "</vertices><triangles>"
            + "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in triangles)
            + "</triangles></mesh>"
        )

    def model(self, resources, items='<item objectid="1"/>', attributes='unit="millimeter"', before=""):
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>{before}<model {attributes} xmlns="{self.CORE}">'
            f"<resources>{resources}</resources><build>{items}</build></model>"
        )

    def zip(self, entries):
        """`entries`: name (or ZipInfo) → text or bytes."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in entries.items():
                file.writestr(name, data)
        return stream.getvalue()

    def threemf(self, model, more=None):
        return self.zip({"_rels/.rels": self.RELS, "3D/3dmodel.model": model, **(more or {})})


@pytest.fixture(scope="session")
def files() -> Files:
    return Files()
