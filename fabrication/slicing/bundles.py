"""What the slicer's own printer profiles know of a machine, for `slicer_preset = "Vendor:Model"`.

The bundles come with the slicer and are read where it keeps them; nothing of them is copied here. Of a
preset only the numbers named in `TAKEN` are used: no G-code, no script, no text of theirs gets through.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from fabrication.errors import PlanRefused

# Speeds in mm/s, accelerations in mm/s², the rest mm, shares (25%) or switches.
SPEEDS = (
    "bridge_speed",
    "external_perimeter_speed",
    "first_layer_speed",
    "gap_fill_speed",
    "infill_speed",
    "perimeter_speed",
    "small_perimeter_speed",
    "solid_infill_speed",
    "support_material_interface_speed",
    "support_material_speed",
    "top_solid_infill_speed",
)
ACCELERATIONS = (
    "bridge_acceleration",
    "default_acceleration",
    "first_layer_acceleration",
    "infill_acceleration",
    "perimeter_acceleration",
)
TAKEN = frozenset(
    {
        *SPEEDS,
        *ACCELERATIONS,
        "bridge_flow_ratio",
        "deretract_speed",
        "elefant_foot_compensation",
        "external_perimeter_extrusion_width",
        "extrusion_width",
        "first_layer_extrusion_width",
        "infill_extrusion_width",
        "infill_overlap",
        "perimeter_extrusion_width",
        "retract_before_travel",
        "retract_before_wipe",
        "retract_layer_change",
        "retract_length",
        "retract_lift",
        "retract_speed",
        "solid_infill_extrusion_width",
        "support_material_contact_distance",
        "support_material_extrusion_width",
        "support_material_xy_spacing",
        "top_infill_extrusion_width",
        "wipe",
    }
)
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?%?")
_SECTION = re.compile(r"\[(\w+):(.+)\]")

Sections = dict[tuple[str, str], dict[str, str]]


def printer_preset(profiles: Path, name: str, nozzle_mm: float) -> dict[str, str]:
    """The `TAKEN` values of the slicer's printer `Vendor:Model` with that nozzle, and of its default print preset.

    Raises `PlanRefused` where the slicer has no such printer, saying which it has.
    """
    vendor, _, model = name.partition(":")
    bundles = {path.stem: path for path in sorted(profiles.glob("*.ini"))}
    if vendor not in bundles:
        raise PlanRefused((f"slicer_preset {name!r}: the slicer knows the vendors {_listed(bundles)}",))
    sections = _read(bundles[vendor])
    models: set[str] = set()
    for kind, title in sections:
        if kind != "printer" or title.startswith("*"):
            continue
        printer = _resolved(sections, (kind, title))
        models.add(printer.get("printer_model", ""))
        if printer.get("printer_model") == model and _first(printer.get("nozzle_diameter", "")) == f"{nozzle_mm:g}":
            default = printer.get("default_print_profile", "").strip('"')
            return _taken(_resolved(sections, ("print", default)) | printer)
    if model in models:
        raise PlanRefused((f"slicer_preset {name!r}: the slicer has no {nozzle_mm:g} mm nozzle for it",))
    raise PlanRefused((f"slicer_preset {name!r}: of {vendor} the slicer knows {_listed(models - {''})}",))


def _taken(values: dict[str, str]) -> dict[str, str]:
    first = {key: _first(values[key]) for key in sorted(TAKEN & values.keys())}
    return {key: value for key, value in first.items() if _NUMBER.fullmatch(value)}


def _first(value: str) -> str:
    """The first extruder's (or the normal mode's) value of a list."""
    return value.partition(",")[0].strip()


def _resolved(sections: Sections, section: tuple[str, str], seen: tuple[tuple[str, str], ...] = ()) -> dict[str, str]:
    """A section over those it inherits from; of several parents a later one wins."""
    own = sections.get(section, {})
    if section in seen:
        return {}
    values: dict[str, str] = {}
    for parent in filter(None, (name.strip() for name in own.get("inherits", "").split(";"))):
        values |= _resolved(sections, (section[0], parent), (*seen, section))
    return values | own


@lru_cache(maxsize=8)
def _read(path: Path) -> Sections:
    """The bundles are one `key = value` a line; configparser is too strict for them and would interpolate."""
    sections: Sections = {}
    current: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        heading = _SECTION.fullmatch(line.strip())
        if heading:
            current = sections.setdefault((heading[1], heading[2]), {})
        elif line.startswith("["):
            current = {}
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            current[key.strip()] = value.strip()
    return sections


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
