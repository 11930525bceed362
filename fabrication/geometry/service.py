"""What geometry there is to be had: previews, builds, files, pictures and findings, each made once per recipe."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, get_args

import msgspec

from fabrication.artefacts import JSON, ArtefactStore
from fabrication.errors import ArtefactAwaited, KernelCrashed, TookTooLong, ValueRefused
from fabrication.geometry import claims
from fabrication.geometry.client import ForgeClient, JobResult, Progress
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.inspection import Inspection
from fabrication.geometry.jobs.files import PICTURE, PROBLEMS, SCRIPT, export_file, part_file
from fabrication.geometry.parameters import canonical_values, read_parameters
from fabrication.geometry.provenance import Provenance, stamp_3mf
from fabrication.recipes import Source, Value, engine, geometry_key, json_values, key_of

Format = Literal["stl", "step", "3mf", "glb", "svg", "dxf"]
FORMATS: tuple[Format, ...] = get_args(Format)
Ground = Literal["plain", "transparent"]

LOG_MAX = 4_000
"""Characters of what a script printed that are kept of a build: its last."""
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
    """What a source makes of values. `values` has every parameter; `preview` is the sha256 of a GLB of all parts.

    `log` is the end of what the script printed, without control characters, which a terminal would obey.
    """

    key: str
    values: dict[str, Value]
    parts: tuple[Part, ...]
    preview: str
    log: str = ""


@dataclass(frozen=True)
class Uploaded:
    """What an uploaded model holds: names of its parts, and sentences on what is odd about it."""

    parts: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Bodies:
    """What a job that runs no author's code is given: BREPs, and the values they were built with.

    Those are no part of what is made of the bodies; a crash names them.
    """

    breps: list[str]
    values: Mapping[str, Value]


class Geometry:
    """Safe to share between threads; processes that use the same store share what is made, and making it."""

    def __init__(self, forge: ForgeClient, store: ArtefactStore) -> None:
        self._forge, self._store = forge, store

    def preview(self, source: Source, values: Mapping[str, object]) -> bytes:
        """A coarse GLB of all parts, one named node each, in metres and y-up, within a short limit.

        Raises `SourceError`, `ValueRefused`, `TookTooLong` where `build` might still do, and every `ForgeError`.
        """
        return self._store.get(self._made(*self._recipe(source, values), limits=PREVIEW_LIMITS).preview)

    def fine(self, source: Source, values: Mapping[str, object]) -> bytes:
        """The same as fine as files are; the author's code runs only if nobody has asked for a preview before.

        Raises as `preview` does.
        """
        recipe = self._recipe(source, values)
        made = self._made(*recipe, limits=PREVIEW_LIMITS)
        return self._exported("glb", made.names, made.colours, _Bodies(made.breps, recipe[1]), {})

    def build(
        self,
        source: Source,
        values: Mapping[str, object],
        *,
        limits: Limits | None = None,
        background: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Build:
        """The parts, measured; each step within `limits`. A `background` build gives way to everybody who waits.

        Raises `SourceError`, `ValueRefused`, and every `ForgeError`.
        """
        _, canonical, key = recipe = self._recipe(source, values)
        made = self._made(*recipe, limits=limits, background=background, on_progress=on_progress)
        measuring = self._measuring(made.breps)
        measured = self._once(measuring, lambda: self._measure(_Bodies(made.breps, canonical), limits), limits)
        return _build(key, canonical, made, claims.read(measured, claims.Measured))

    def find(self, source: Source, values: Mapping[str, object]) -> Build | None:
        """What was built already, or None; asks the forge nothing. Raises `SourceError`, `ValueRefused`."""
        _, canonical, key = self._recipe(source, values)
        if (found := self._store.find(key)) is None:
            return None
        made = claims.read(found, claims.Made)
        if (measured := self._store.find(self._measuring(made.breps))) is None:
            return None
        return _build(key, canonical, made, claims.read(measured, claims.Measured))

    def export(self, build: Build, fmt: Format, part: str | None = None, provenance: Provenance | None = None) -> bytes:
        """A file with one part, or with all as they lie. A 3MF carries its provenance, a drawing its title.

        Raises `ValueRefused` for a format or a part there is not, and every `ForgeError`.
        """
        if fmt not in FORMATS:
            raise ValueRefused({"format": f"there is no format {fmt!r}; there are {', '.join(FORMATS)}"})
        parts = [each for each in build.parts if part in (None, each.name)]
        if not parts:
            known = ", ".join(each.name for each in build.parts)
            raise ValueRefused({"part": f"there is no part {part!r}; the parts are {known}"})
        data = self._exported(
            fmt,
            [each.name for each in parts],
            [each.colour for each in parts],
            _Bodies([each.brep for each in parts], build.values),
            _title_block(provenance) if fmt == "svg" and provenance is not None else {},
        )
        return self._stamped(data, provenance) if fmt == "3mf" and provenance is not None else data

    def picture(self, build: Build, ground: Ground = "plain") -> bytes:
        """A PNG of all parts for the catalogue, 640 × 480. Raises every `ForgeError`."""
        asked: dict[str, JSON] = {
            "parts": len(build.parts),
            "colours": [part.colour for part in build.parts],
            "ground": ground,
        }
        return self._file("picture", asked, _bodies(build), PICTURE)

    def inspect(self, build: Build) -> tuple[Inspection, ...]:
        """What is to be known of each part before it is made. Raises every `ForgeError`."""
        return tuple(claims.read(self._inspected(build), claims.Inspected).parts)

    def problems(self, build: Build) -> bytes:
        """A PNG, 640 × 480, that colours the faces with problems; `inspection.PROBLEM_COLOURS` is its legend."""
        return self._store.get(claims.read(self._inspected(build), claims.Inspected).picture)

    def read_upload(self, name: str, data: bytes, *, limits: Limits | None = None) -> Uploaded:
        """What a model file holds; its ending says how it is read. Raises `UploadRefused`, and every `ForgeError`."""
        ending = PurePosixPath(name).suffix.lower()
        asked: dict[str, JSON] = {"name": name}
        sha256 = hashlib.sha256(data).hexdigest()  # the file itself is kept by whoever takes it into a design
        key = key_of({**asked, "kind": "read_upload", "data": sha256, "engine": engine()})

        def make() -> dict[str, JSON]:
            crashed_on: dict[str, JSON] = {"file": name}
            inputs = {f"upload{ending}": data}
            result = self._forge.run("read_upload", {**asked, "values": crashed_on}, inputs, limits=limits)
            parts, _, _ = claims.parts_of(result)
            notes = claims.read(result.claim, claims.Notes).notes
            return {"parts": [part.name for part in parts], "notes": list(notes)}

        found = claims.read(self._once(key, make, limits), claims.UploadManifest)
        return Uploaded(tuple(found.parts), tuple(found.notes))

    def _inspected(self, build: Build) -> dict[str, JSON]:
        bodies = _bodies(build)
        count = len(bodies.breps)

        def make() -> dict[str, JSON]:
            result = self._run("inspect", {"parts": count}, bodies)
            if PROBLEMS not in result.outputs:
                raise KernelCrashed(f"{PROBLEMS} was not written")
            claim = {**result.claim, "picture": self._store.put(result.outputs[PROBLEMS])}
            if len(claims.read(claim, claims.Inspected).parts) != count:
                raise KernelCrashed("the parts could not be inspected")
            return claim

        return self._store.once(key_of({"kind": "inspect", "breps": bodies.breps, "engine": engine()}), make)

    def _recipe(self, source: Source, values: Mapping[str, object]) -> tuple[Source, dict[str, Value], str]:
        canonical = canonical_values(read_parameters(source.script), values)
        return source, canonical, geometry_key("build", source, canonical)

    def _made(
        self,
        source: Source,
        values: dict[str, Value],
        key: str,
        *,
        limits: Limits | None = None,
        background: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> claims.Made:
        def make() -> dict[str, JSON]:
            inputs = {SCRIPT: source.script.encode(), **source.files}
            asked: dict[str, JSON] = {"values": json_values(values)}
            result = self._forge.run(
                "build", asked, inputs, limits=limits, background=background, on_progress=on_progress
            )
            parts, breps, preview = claims.parts_of(result)
            return {
                "names": [part.name for part in parts],
                "colours": [part.colour for part in parts],
                "breps": [self._store.put(brep) for brep in breps],
                "preview": self._store.put(preview),
                "log": "".join(each for each in result.log if each.isprintable() or each in "\n\t")[-LOG_MAX:],
            }

        return claims.read(self._once(key, make, limits), claims.Made)

    def _once(self, key: str, make: Callable[[], dict[str, JSON]], limits: Limits | None) -> dict[str, JSON]:
        """Whoever would not wait long for a build of their own does not wait longer for that of others."""
        patience_s = limits.wall_s if limits else None
        try:
            return self._store.once(key, make, patience_s=patience_s)
        except ArtefactAwaited:
            raise TookTooLong(f"somebody else's build of the same is not done after {patience_s:g} s") from None

    def _measuring(self, breps: list[str]) -> str:
        return key_of({"kind": "measure", "breps": breps, "engine": engine()})

    def _measure(self, bodies: _Bodies, limits: Limits | None) -> dict[str, JSON]:
        count = len(bodies.breps)
        found = claims.read(self._run("measure", {"parts": count}, bodies, limits).claim, claims.Measured)
        if len(found.parts) != count:
            raise KernelCrashed("the parts could not be measured")
        manifest: dict[str, JSON] = msgspec.to_builtins(found)
        return manifest

    def _exported(
        self, fmt: Format, names: list[str], colours: list[str | None], bodies: _Bodies, options: dict[str, JSON]
    ) -> bytes:
        asked: dict[str, JSON] = {"format": fmt, "names": [*names], "colours": [*colours], "options": options}
        return self._file("export", asked, bodies, export_file(fmt))

    def _file(self, kind: str, asked: dict[str, JSON], bodies: _Bodies, name: str) -> bytes:
        def make() -> dict[str, JSON]:
            outputs = self._run(kind, asked, bodies).outputs
            if name not in outputs:
                raise KernelCrashed(f"{name} was not written")
            return {"file": self._store.put(outputs[name])}

        key = key_of({**asked, "kind": kind, "breps": bodies.breps, "engine": engine()})
        return self._store.get(str(self._store.once(key, make)["file"]))

    def _stamped(self, data: bytes, provenance: Provenance) -> bytes:
        """Kept like what the forge makes: seconds of work for a large model, in the process that asks."""

        def make() -> dict[str, JSON]:
            return {"file": self._store.put(stamp_3mf(data, provenance))}

        said = [list(entry) for entry in provenance.entries()]
        key = key_of({"kind": "stamp", "of": hashlib.sha256(data).hexdigest(), "said": said})
        return self._store.get(str(self._store.once(key, make)["file"]))

    def _run(self, kind: str, asked: dict[str, JSON], bodies: _Bodies, limits: Limits | None = None) -> JobResult:
        inputs = {part_file(index): self._store.get(brep) for index, brep in enumerate(bodies.breps)}
        return self._forge.run(kind, {**asked, "values": json_values(bodies.values)}, inputs, limits=limits)


def _bodies(build: Build) -> _Bodies:
    return _Bodies([part.brep for part in build.parts], build.values)


def _build(key: str, values: dict[str, Value], made: claims.Made, measured: claims.Measured) -> Build:
    parts = (
        Part(name, brep, **msgspec.structs.asdict(measures), colour=colour)
        for name, colour, brep, measures in zip(made.names, made.colours, made.breps, measured.parts, strict=True)
    )
    return Build(key, values, tuple(parts), made.preview, made.log)


def _title_block(provenance: Provenance) -> dict[str, JSON]:
    return {"title": provenance.title, "source": provenance.source_sha256, "licence": provenance.licence}
