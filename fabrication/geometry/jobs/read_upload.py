"""Job `read_upload`: reads a model file that somebody brought. It runs no author's code.

In: one `upload.<ending>`, ending as in `uploads.ENDINGS`; request `{"name": what its owner calls it}`, which may be
missing. Out: `part_<i>.brep` for each body and `preview.glb` of all. Claim: `{"parts": [{"name", "colour": "#rrggbb"
or null}, …], "notes": [sentence, …], "unit": "mm"}`, parts in the order of the files.
"""

from pathlib import Path

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.files import PREVIEW, part_file
from fabrication.geometry.jobs.glb import write_glb
from fabrication.geometry.jobs.meshes import preview_mesh
from fabrication.geometry.jobs.uploads import read_upload


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    """Raises `UploadRefused` with a sentence for its owner."""
    (path,) = folder.glob("upload.*")
    name = request.get("name")
    upload = read_upload(path, name if isinstance(name, str) else None)
    meshes = {}
    for index, body in enumerate(upload.bodies):
        body.shape.exportBrep(str(folder / part_file(index)))  # before it carries the preview's triangles
        try:
            meshes[body.name] = preview_mesh(body.shape)
        except ValueError as error:
            raise UploadRefused(f"{body.name}: {error}") from None
    (folder / PREVIEW).write_bytes(write_glb(meshes, [body.colour for body in upload.bodies]))
    parts = [{"name": body.name, "colour": body.colour} for body in upload.bodies]
    return {"parts": parts, "notes": upload.notes, "unit": "mm"}
