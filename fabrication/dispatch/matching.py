"""Which machine could make which part: pure rules over published profiles. Lengths mm, temperatures °C."""

from fabrication.slicing.ini import BRIM_MM
from fabrication.slicing.settings import PrintSettings
from firmware_bridge.errors import ProfileError
from firmware_bridge.machine import PublishedProfile

PROCESSES = {"fff": "3D printing", "milling": "milling"}


def why_not(
    part_size_mm: tuple[float, float, float],
    process: str,
    material: str,
    settings: PrintSettings,
    profile: PublishedProfile,
) -> tuple[str, ...]:
    """Why that machine cannot make the part as asked: sentences for an owner; empty where it could.

    The part is taken as it stands: nothing is turned to fit. That a machine could is no promise: its program
    is still planned and gated.
    """
    if profile.process != process:
        wanted, has = PROCESSES.get(process, process), PROCESSES[profile.process]
        return (f"the job is for {wanted}; {profile.name} does {has}",)
    return (
        *_size_reasons(part_size_mm, settings, profile),
        *_material_reasons(material, profile),
        *_layer_reasons(settings.layer_mm, profile),
    )


def _size_reasons(
    part_size_mm: tuple[float, float, float], settings: PrintSettings, profile: PublishedProfile
) -> tuple[str, ...]:
    """Why a part of that size, with the brim that is asked for, is too large for that machine; empty where it fits."""
    edge = 2 * BRIM_MM if settings.brim else 0.0
    needed = (part_size_mm[0] + edge, part_size_mm[1] + edge, part_size_mm[2])
    if profile.volume.holds(needed):
        return ()
    what = "the part with its brim" if settings.brim else "the part"
    return (f"{what} is {_size(needed)}; {profile.name} holds {profile.volume.in_words()}",)


def _material_reasons(material: str, profile: PublishedProfile) -> tuple[str, ...]:
    try:
        found = profile.material(material)
    except ProfileError as error:
        return (str(error),)
    limits = profile.limits
    reasons = []
    if found.hotend_c > limits.hotend_max_c:
        reasons.append(
            f"{found.name} prints at {found.hotend_c:g} °C; "
            f"{profile.name} allows its hot end {limits.hotend_max_c:g} °C"
        )
    if found.bed_c > limits.bed_max_c:
        reasons.append(
            f"{found.name} wants the bed at {found.bed_c:g} °C; {profile.name} allows it {limits.bed_max_c:g} °C"
        )
    if found.hotend_c < limits.extrude_min_c:
        reasons.append(
            f"{found.name} prints at {found.hotend_c:g} °C; "
            f"{profile.name} pushes no filament below {limits.extrude_min_c:g} °C"
        )
    return tuple(reasons)


def _layer_reasons(layer_mm: float, profile: PublishedProfile) -> tuple[str, ...]:
    low, high = profile.printing.layer_min_mm, profile.printing.layer_max_mm
    if low <= layer_mm <= high:
        return ()
    return (f"layers of {layer_mm:g} mm are asked for; {profile.name} prints {low:g} to {high:g} mm",)


def _size(lengths_mm: tuple[float, float, float]) -> str:
    return " × ".join(f"{length:.2f}".rstrip("0").rstrip(".") for length in lengths_mm) + " mm"
