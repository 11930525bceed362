"""Job `export`: parts as a file for other programs. It never runs an author's code.

In: `part_<i>.brep`; request `{"format": "stl" | "step" | "3mf" | "glb" | "dxf" | "svg", "names": [name, …],
"colours": ["#rrggbb" or null, …]}`; a drawing may have `"options": {"title", "source", "licence"}` for its title block.
Out: `export.<format>`.
The same parts give the same bytes: no time, no random identifier.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from fabrication.errors import ValueRefused
from fabrication.geometry.jobs.bodies import is_mesh, read_part
from fabrication.geometry.jobs.export.drawing import Titles, write_drawing
from fabrication.geometry.jobs.export.flat import write_flat
from fabrication.geometry.jobs.export.step import write_step
from fabrication.geometry.jobs.export.stl import write_stl
from fabrication.geometry.jobs.export.threemf import write_3mf
from fabrication.geometry.jobs.files import export_file, part_file
from fabrication.geometry.jobs.glb import write_glb
from fabrication.geometry.jobs.meshes import Mesh, mesh_of

TOLERANCE_MM, ANGLE_RAD = 0.02, 0.15
"""Finer than a 0.4 mm nozzle can follow."""

MESH_WRITERS: dict[str, Callable[[Mapping[str, Mesh], Sequence[str | None]], bytes]] = {
    "stl": lambda meshes, _: write_stl(meshes),
    "3mf": write_3mf,
    "glb": write_glb,
}


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    """An empty claim: the file is all there is. Raises `ValueRefused` where the format cannot say what a part is."""
    fmt = str(request["format"])
    names: list[str] = list(request["names"])  # type: ignore[call-overload]
    colours: list[str | None] = list(request["colours"])  # type: ignore[call-overload]
    parts = {name: read_part(folder / part_file(index)) for index, name in enumerate(names)}
    target = folder / export_file(fmt)
    if fmt in MESH_WRITERS:
        meshes = {name: mesh_of(shape, TOLERANCE_MM, ANGLE_RAD) for name, shape in parts.items()}
        target.write_bytes(MESH_WRITERS[fmt](meshes, colours))
        return {}
    for name, shape in parts.items():
        if is_mesh(shape):
            raise ValueRefused({"format": f"{name} is a mesh of triangles, without exact faces: take STL, 3MF or GLB"})
    match fmt:
        case "step":
            write_step(parts, colours, target)
        case "svg":
            target.write_bytes(write_drawing(parts, msgspec.convert(request.get("options", {}), Titles)))
        case "dxf":
            target.write_bytes(write_flat(parts))
    return {}
