"""What geometry there is to be had: previews, builds, files and pictures, each made once per recipe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar, get_args

import msgspec

from fabrication.artefacts import JSON, ArtefactStore
from fabrication.errors import KernelCrashed, ScriptFailed, ValueRefused
from fabrication.geometry.client import ForgeClient, JobResult
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.jobs.files import MAX_PARTS, PICTURE, PREVIEW, SCRIPT, export_file, part_file, part_name
from fabrication.geometry.parameters import canonical_values, read_parameters
from fabrication.geometry.previews import checked_glb
from fabrication.geometry.provenance import Provenance, stamp_3mf
from fabrication.recipes import Source, Value, engine, geometry_key, json_values, key_of

Format = Literal["stl", "step", "3mf", "glb"]
FORMATS: tuple[Format, ...] = get_args(Format)

_T = TypeVar("_T")

PREVIEW_LIMITS = Limits(cpu_s=5, wall_s=8.0)
"""A person is waiting for a preview with a slider in hand."""


@dataclass(frozen=True)
class Part:
    """One body: `brep` is the sha256 of its exact shape; `valid` when the kernel finds it closed and consistent.

    `colour` is what its author gave it, as "#rrggbb" (sRGB), or None.
    """

    name: str
    brep: str
    size_mm: tuple[float, float, float]
    volume_mm3: float
    valid: bool
    colour: str | None = None


@dataclass(frozen=True)
class Build:
    """What a source makes of values. `values` has every parameter; `preview` is the sha256 of a GLB of all parts."""

    key: str
    values: dict[str, Value]
    parts: tuple[Part, ...]
    preview: str


class _Made(msgspec.Struct):
    """What the job `build` left behind: names, colours and BREPs of the parts, and the preview."""

    names: list[str]
    colours: list[str | None]
    breps: list[str]
    preview: str


class _Measures(msgspec.Struct):
    size_mm: tuple[float, float, float]
    volume_mm3: float
    valid: bool


class _Inspected(msgspec.Struct):
    parts: list[_Measures]


class _Named(msgspec.Struct):
    name: str
    colour: Annotated[str, msgspec.Meta(pattern="^#[0-9a-f]{6}$")] | None


class _Claimed(msgspec.Struct):
    parts: Annotated[list[_Named], msgspec.Meta(min_length=1, max_length=MAX_PARTS)]


class Geometry:
    """Safe to share between threads; processes that use the same store share what is made, and making it."""

    def __init__(self, forge: ForgeClient, store: ArtefactStore) -> None:
        self._forge, self._store = forge, store

    def preview(self, source: Source, values: Mapping[str, object]) -> bytes:
        """A GLB of all parts, one named node each, in metres and y-up, within a short limit.

        Raises `SourceError`, `ValueRefused`, and every `ForgeError`.
        """
        return self._store.get(self._made(*self._recipe(source, values), PREVIEW_LIMITS).preview)

    def build(self, source: Source, values: Mapping[str, object]) -> Build:
        """The parts, measured. Raises `SourceError`, `ValueRefused`, and every `ForgeError`."""
        _, canonical, key = recipe = self._recipe(source, values)
        made = self._made(*recipe, None)
        measured = _read(self._store.once(*self._inspection(made.breps)), _Inspected)
        parts = (
            Part(name, brep, **msgspec.structs.asdict(measures), colour=colour)
            for name, colour, brep, measures in zip(made.names, made.colours, made.breps, measured.parts, strict=True)
        )
        return Build(key, canonical, tuple(parts), made.preview)

    def export(self, build: Build, fmt: Format, part: str | None = None, provenance: Provenance | None = None) -> bytes:
        """A file with one part, or with all as they lie. Only a 3MF can carry its provenance.

        Raises `ValueRefused` for a format or a part there is not, and every `ForgeError`.
        """
        if fmt not in FORMATS:
            raise ValueRefused({"format": f"there is no format {fmt!r}; there are {', '.join(FORMATS)}"})
        parts = [each for each in build.parts if part in (None, each.name)]
        if not parts:
            known = ", ".join(each.name for each in build.parts)
            raise ValueRefused({"part": f"there is no part {part!r}; the parts are {known}"})
        breps = [each.brep for each in parts]
        asked: dict[str, JSON] = {
            "format": fmt,
            "names": [each.name for each in parts],
            "colours": [each.colour for each in parts],
        }
        data = self._file(
            key_of({**asked, "kind": "export", "breps": breps, "engine": engine()}),
            lambda: self._run("export", asked, breps),
            export_file(fmt),
        )
        return stamp_3mf(data, provenance) if fmt == "3mf" and provenance is not None else data

    def picture(self, build: Build) -> bytes:
        """A PNG of all parts for the catalogue, 640 × 480. Raises every `ForgeError`."""
        breps = [part.brep for part in build.parts]
        asked: dict[str, JSON] = {"parts": len(breps), "colours": [part.colour for part in build.parts]}
        return self._file(
            key_of({**asked, "kind": "picture", "breps": breps, "engine": engine()}),
            lambda: self._run("picture", asked, breps),
            PICTURE,
        )

    def _recipe(self, source: Source, values: Mapping[str, object]) -> tuple[Source, dict[str, Value], str]:
        canonical = canonical_values(read_parameters(source.script), values)
        return source, canonical, geometry_key("build", source, canonical)

    def _made(self, source: Source, values: dict[str, Value], key: str, limits: Limits | None) -> _Made:
        def make() -> dict[str, JSON]:
            inputs = {SCRIPT: source.script.encode(), **source.files}
            return self._kept(self._forge.run("build", {"values": json_values(values)}, inputs, limits=limits))

        return _read(self._store.once(key, make), _Made)

    def _inspection(self, breps: list[str]) -> tuple[str, Callable[[], dict[str, JSON]]]:
        def inspect() -> dict[str, JSON]:
            found = _read(self._run("measure", {"parts": len(breps)}, breps).claim, _Inspected)
            if len(found.parts) != len(breps):
                raise KernelCrashed("the parts could not be measured")
            manifest: dict[str, JSON] = msgspec.to_builtins(found)
            return manifest

        return key_of({"kind": "measure", "breps": breps, "engine": engine()}), inspect

    def _kept(self, result: JobResult) -> dict[str, JSON]:
        """Everything in the result is the script's word: names are made harmless, files must be there."""
        try:
            claimed = msgspec.convert(result.claim, _Claimed).parts
            breps = [result.outputs[part_file(index)] for index in range(len(claimed))]
            preview = checked_glb(result.outputs[PREVIEW])
        except (msgspec.ValidationError, KeyError) as error:
            raise ScriptFailed(f"the build left no usable result: {error}") from None
        names = [part_name(each.name) for each in claimed]
        if len(set(names)) < len(names):
            raise ScriptFailed("two parts go by the same name")
        return {
            "names": list(names),
            "colours": [each.colour for each in claimed],
            "breps": [self._store.put(brep) for brep in breps],
            "preview": self._store.put(preview),
        }

    def _file(self, key: str, make: Callable[[], JobResult], name: str) -> bytes:
        def keep() -> dict[str, JSON]:
            outputs = make().outputs
            if name not in outputs:
                raise KernelCrashed(f"{name} was not written")
            return {"file": self._store.put(outputs[name])}

        return self._store.get(str(self._store.once(key, keep)["file"]))

    def _run(self, kind: str, request: dict[str, JSON], breps: list[str]) -> JobResult:
        inputs = {part_file(index): self._store.get(brep) for index, brep in enumerate(breps)}
        return self._forge.run(kind, request, inputs)


def _read(manifest: dict[str, JSON], kind: type[_T]) -> _T:
    try:
        return msgspec.convert(manifest, kind)
    except msgspec.ValidationError as error:
        raise KernelCrashed(f"the forge gave an unusable result: {error}") from None
