"""Job `build`: runs the author's script with values, and writes what it shows.

In: `design.py` and the files beside it; request `{"values": {name: value}}`. Out: `part_<i>.brep` for each part and
`preview.glb` of all. Claim: `{"parts": [{"name": name, "colour": "#rrggbb" or null}, …]}` in the order of the files.
The script could have forged every bit of it, so nothing in the claim is believed but which name and colour a file
goes by.
"""

from pathlib import Path

from OCP.BRepTools import BRepTools

from fabrication.errors import ScriptFailed
from fabrication.geometry.jobs.author.script import run_script
from fabrication.geometry.jobs.files import PREVIEW, SCRIPT, part_file
from fabrication.geometry.jobs.glb import write_glb
from fabrication.geometry.jobs.meshes import preview_mesh
from fabrication.recipes import Value


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    """Raises `ScriptFailed` with the author's line and words."""
    values: dict[str, Value] = dict(request["values"])  # type: ignore[call-overload]
    parts = run_script((folder / SCRIPT).read_text(encoding="utf-8"), values, folder)
    for index, (name, body) in enumerate(parts.items()):
        BRepTools.Clean_s(body.shape.wrapped)  # of triangles that the script made, for an export of its own
        if not body.shape.exportBrep(str(folder / part_file(index))):
            raise ScriptFailed(f"{name} cannot be written: no file beside the script may be called {part_file(index)}")
    meshes = {}
    for name, body in parts.items():  # not before: two parts may be the same body in two places
        try:
            meshes[name] = preview_mesh(body.shape)
        except ValueError as error:
            raise ScriptFailed(f"{name}: {error}") from None
    (folder / PREVIEW).write_bytes(write_glb(meshes, [body.colour for body in parts.values()]))
    return {"parts": [{"name": name, "colour": body.colour} for name, body in parts.items()]}
