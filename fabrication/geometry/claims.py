"""What confined jobs say they made, held to its shape. Everything in it is a script's word until it is checked here."""

from typing import Annotated, TypeVar

import msgspec

from fabrication.artefacts import JSON
from fabrication.errors import KernelCrashed, ScriptFailed
from fabrication.geometry.client import JobResult
from fabrication.geometry.inspection import Inspection
from fabrication.geometry.jobs.files import MAX_PARTS, PREVIEW, part_file, part_name
from fabrication.geometry.previews import checked_glb

_T = TypeVar("_T")


class Made(msgspec.Struct):
    """What a build left in the store: names, colours and BREPs of the parts, the preview, what its script printed."""

    names: list[str]
    colours: list[str | None]
    breps: list[str]
    preview: str
    log: str = ""


class Measures(msgspec.Struct):
    """Of one part; see `fabrication.geometry.service.Part`."""

    size_mm: tuple[float, float, float]
    volume_mm3: float
    valid: bool


class Measured(msgspec.Struct):
    """What the job `measure` found, a part each."""

    parts: list[Measures]


class Inspected(msgspec.Struct):
    """What the job `inspect` found, a part each, and where its picture is in the store."""

    parts: list[Inspection]
    picture: str


class Notes(msgspec.Struct):
    """What the job `read_upload` found odd."""

    notes: Annotated[list[Annotated[str, msgspec.Meta(max_length=500)]], msgspec.Meta(max_length=50)]


class UploadManifest(Notes):
    """What is kept of an upload that was read: names of its parts, and the notes."""

    parts: list[str]


class NamedPart(msgspec.Struct):
    """One part as `build` or `read_upload` claims it."""

    name: str
    colour: Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}\Z")] | None


class _Parts(msgspec.Struct):
    parts: Annotated[list[NamedPart], msgspec.Meta(min_length=1, max_length=MAX_PARTS)]


def parts_of(result: JobResult) -> tuple[list[NamedPart], list[bytes], bytes]:
    """The parts, their BREPs and the preview of all. Raises `ScriptFailed` where the result is not to be used."""
    try:
        claimed = msgspec.convert(result.claim, _Parts).parts
        breps = [result.outputs[part_file(index)] for index in range(len(claimed))]
        preview = checked_glb(result.outputs[PREVIEW])
    except (msgspec.ValidationError, KeyError) as error:
        raise ScriptFailed(f"the build left no usable result: {error}") from None
    parts = [NamedPart(part_name(each.name), each.colour) for each in claimed]
    if len({part.name for part in parts}) < len(parts):
        raise ScriptFailed("two parts go by the same name")
    return parts, breps, preview


def read(claim: dict[str, JSON], kind: type[_T]) -> _T:
    """A claim or a manifest as what it must be. Raises `KernelCrashed`."""
    try:
        return msgspec.convert(claim, kind)
    except msgspec.ValidationError as error:
        raise KernelCrashed(f"the forge gave an unusable result: {error}") from None
