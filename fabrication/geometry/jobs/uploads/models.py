"""Any uploaded model, by the ending of its name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cadquery as cq

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.files import MAX_PARTS, part_name
from fabrication.geometry.jobs.uploads.faceted import body_of
from fabrication.geometry.jobs.uploads.limits import NOTES_MAX, shown
from fabrication.geometry.jobs.uploads.obj import read_obj
from fabrication.geometry.jobs.uploads.raw import Reading
from fabrication.geometry.jobs.uploads.step import read_step
from fabrication.geometry.jobs.uploads.stl import read_stl
from fabrication.geometry.jobs.uploads.threemf import read_3mf

MESH_READERS: dict[str, Callable[[bytes], Reading]] = {".stl": read_stl, ".3mf": read_3mf, ".obj": read_obj}
STEP_ENDINGS = (".step", ".stp")
ENDINGS = (*STEP_ENDINGS, *MESH_READERS)


@dataclass(frozen=True)
class UploadedBody:
    """`name` is fit for a part and no other body's; `colour` is "#rrggbb" (sRGB) or None."""

    name: str
    shape: cq.Shape
    colour: str | None


@dataclass(frozen=True)
class Upload:
    """Bodies in the file's order, in mm; `notes` are sentences on what is odd about them."""

    bodies: list[UploadedBody]
    notes: list[str]


def read_model(path: Path) -> list[UploadedBody]:
    """The bodies of `read_upload`, without what there is to say of them."""
    return read_upload(path).bodies


def read_upload(path: Path, called: str | None = None) -> Upload:
    """The bodies of a STEP, STL, 3MF or OBJ file; `called` is what its owner calls it.

    Raises `UploadRefused`, whose sentence names the file, for anything else; and `MemoryError`.
    """
    called = shown(called or path.name)
    try:
        return _read(path, Path(called).stem)
    except UploadRefused as error:
        raise UploadRefused(f"{called}: {error}") from None


def _read(path: Path, stem: str) -> Upload:
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UploadRefused(f"models are read from {', '.join(ENDINGS)}, not {shown(ending)!r}")
    if not path.stat().st_size:
        raise UploadRefused("it is empty")
    bodies: list[UploadedBody] = []
    if ending in STEP_ENDINGS:
        found, notes = read_step(path)
        for each in found:
            bodies.append(UploadedBody(_free(each.name or stem, bodies), each.shape, each.colour))
        return Upload(bodies, notes)
    reading = MESH_READERS[ending](path.read_bytes())
    if len(reading.meshes) > MAX_PARTS:
        raise UploadRefused(f"it holds {len(reading.meshes)} bodies; at most {MAX_PARTS} are taken")
    notes = list(reading.notes)
    for mesh in reading.meshes:
        name = _free(mesh.name or stem, bodies)
        shape, of_it = body_of(mesh)
        bodies.append(UploadedBody(name, shape, mesh.colour))
        notes += [f"{name}: {note}" for note in of_it]
    return Upload(bodies, _some(notes))


def _free(name: str, bodies: list[UploadedBody]) -> str:
    """`name` as a part's, or with the first number that no body has yet."""
    taken = {body.name for body in bodies}
    free, number = part_name(name), 1
    while free in taken:
        number += 1
        free = f"{part_name(name)[:34]} {number}"
    return free


def _some(notes: list[str]) -> list[str]:
    notes = list(dict.fromkeys(notes))
    return notes if len(notes) <= NOTES_MAX else [*notes[:NOTES_MAX], f"and {len(notes) - NOTES_MAX} notes more"]
