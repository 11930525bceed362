"""From a part's mesh to the one program for one machine: sliced, gated, stored, made once.

Two steps, so that a job can show both: `plan_slice` asks the slicer (a job is *planned*), `plan_gate` composes
the owner's start program, the body and the owner's end program through the gate (it is *ready*).
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from fabrication import recipes
from fabrication.artefacts import JSON, ArtefactStore
from fabrication.dispatch.matching import why_not
from fabrication.errors import PlanRefused
from fabrication.slicing.frame import framed
from fabrication.slicing.mesh import read_stl
from fabrication.slicing.prusaslicer import slice_stl, slicer_version
from fabrication.slicing.settings import PrintSettings
from firmware_bridge.errors import ProgramRefused, Refusal
from firmware_bridge.gcode import GATE_VERSION, GateReport, compose
from firmware_bridge.machine import PublishedProfile

REASONS_MAX = 5


@dataclass(frozen=True)
class SlicedBody:
    """A sliced part, not gated yet; `body_sha256` names what the slicer wrote (in the least frame, where the
    owner has none) in the store."""

    program_key: str
    body_sha256: str
    filament_g: float
    time_s: float
    layers: int
    slicer: str


@dataclass(frozen=True)
class Plan:
    """A gated program. `filament_g` and `time_s` are the slicer's estimate, `gate` is what the gate measured."""

    program_sha256: str
    key: str
    gate: GateReport
    filament_g: float
    time_s: float
    slicer: str


def plan_program(  # noqa: PLR0917 (a recipe's parts, in one order everywhere)
    store: ArtefactStore,
    geometry_key: str,
    part: str,
    stl: bytes,
    profile: PublishedProfile,
    material: str,
    settings: PrintSettings,
) -> Plan:
    """Both steps. Raises as `plan_slice` and `plan_gate` do."""
    sliced = plan_slice(store, geometry_key, part, stl, profile, material, settings)
    return plan_gate(store, sliced, profile, material)


def plan_slice(  # noqa: PLR0917 (a recipe's parts, in one order everywhere)
    store: ArtefactStore,
    geometry_key: str,
    part: str,
    stl: bytes,
    profile: PublishedProfile,
    material: str,
    settings: PrintSettings,
) -> SlicedBody:
    """Slice `stl` (binary, mm) for that machine, once: whoever asks for the same waits for it, or finds it.

    Raises `PlanRefused` where the machine cannot make it, `SlicerMissing`, `SlicerFailed`.
    """
    size_mm = read_stl(stl).size_mm
    reasons = why_not(size_mm, "fff", material, settings, profile)
    if reasons:
        raise PlanRefused(reasons)
    material = profile.material(material).name
    slicer = slicer_version()
    program_key = recipes.program_key(
        geometry_key=geometry_key,
        part=part,
        profile_sha256=profile.sha256(),
        material=material,
        settings=msgspec.structs.asdict(settings),
        slicer_version=slicer,
        gate_version=GATE_VERSION,
    )

    def make() -> dict[str, JSON]:
        sliced = slice_stl(stl, profile, material, settings)
        return {
            "body_sha256": store.put(framed(sliced.body, profile, size_mm[2]).encode("ascii")),
            "filament_g": sliced.filament_g,
            "time_s": sliced.time_s,
            "layers": sliced.layers,
        }

    made = store.once(recipes.key_of({"kind": "body", "program": program_key}), make)
    return msgspec.convert({**made, "program_key": program_key, "slicer": slicer}, SlicedBody)


def plan_gate(store: ArtefactStore, sliced: SlicedBody, profile: PublishedProfile, material: str) -> Plan:
    """Compose the owner's programs around the body, hold all of it against the machine, store it: once.

    Raises `PlanRefused` with what the gate refuses, in sentences for the machine's owner.
    """

    def make() -> dict[str, JSON]:
        body = store.get(sliced.body_sha256).decode("ascii").splitlines()
        program = io.BytesIO()
        try:
            report = compose(body, profile, material, program)
        except ProgramRefused as error:
            raise PlanRefused(tuple(_gate_reasons(error.refusals, profile))) from error
        store.put(program.getvalue())
        gate: dict[str, JSON] = msgspec.to_builtins(report)
        return {"gate": gate}

    made = store.once(sliced.program_key, make)
    gate = msgspec.convert(made["gate"], GateReport)
    return Plan(
        program_sha256=gate.sha256,
        key=sliced.program_key,
        gate=gate,
        filament_g=sliced.filament_g,
        time_s=sliced.time_s,
        slicer=sliced.slicer,
    )


def _gate_reasons(refusals: tuple[Refusal, ...], profile: PublishedProfile) -> Iterator[str]:
    for refusal in refusals[:REASONS_MAX]:
        what = f"{refusal.text!r} ({refusal.place} of the program)" if refusal.line else "the program"
        yield f"{profile.name} does not allow {what}: {refusal.reason}"
    if len(refusals) > REASONS_MAX:
        yield f"and {len(refusals) - REASONS_MAX} more kinds of refusal"
