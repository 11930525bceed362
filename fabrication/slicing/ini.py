"""A machine, a material and print settings as PrusaSlicer's flat ini: every line of it is in this file.

The keys are those that 2.5 and 2.9 both know, but for three that only later versions know and earlier ones
ignore (`_LATER`). All custom G-code of the slicer is empty: a program's start and end belong to the
machine's owner. `layer_gcode` is the one exception: with relative extrusion the slicer refuses to work
unless each layer resets E, so it holds exactly `G92 E0`.
"""

import math
from collections.abc import Mapping

from fabrication.slicing.bundles import ACCELERATIONS, SPEEDS
from fabrication.slicing.filaments import filament
from fabrication.slicing.settings import PrintSettings
from firmware_bridge.machine import PublishedProfile, Volume

_NO_GCODE = (
    "before_layer_gcode",
    "between_objects_gcode",
    "color_change_gcode",
    "end_gcode",
    "gcode_substitutions",
    "notes",
    "pause_print_gcode",
    "post_process",
    "start_gcode",
    "template_custom_gcode",
    "thumbnails",
    "toolchange_gcode",
)
# One string for each extruder: quoted, since of an empty list 2.5 reads a first element that is not there
# and writes whatever lies in memory into the program.
_NO_FILAMENT_GCODE = ("end_filament_gcode", "start_filament_gcode")
_LATER = {"arc_fitting": "disabled", "autoemit_temperature_commands": "1", "binary_gcode": "0"}

_FIXED = {
    **dict.fromkeys(_NO_GCODE, ""),
    **dict.fromkeys(_NO_FILAMENT_GCODE, '""'),
    "gcode_comments": "0",
    "gcode_flavor": "marlin2",
    "gcode_label_objects": "0",
    "layer_gcode": "G92 E0",
    # M201, M203 and M205 would change the machine's own limits: they are for the estimate only.
    "machine_limits_usage": "time_estimate_only",
    "printer_technology": "FFF",
    "remaining_times": "0",
    "silent_mode": "0",
    "use_firmware_retraction": "0",
    "use_relative_e_distances": "1",
    "use_volumetric_e": "0",
    "wipe_tower": "0",
}

_SPEED_SHARES = {
    "bridge_speed": 0.5,
    "external_perimeter_speed": 0.6,
    "first_layer_speed": 0.4,
    "gap_fill_speed": 0.4,
    "infill_speed": 1.0,
    "perimeter_speed": 0.8,
    "small_perimeter_speed": 0.4,
    "solid_infill_speed": 0.8,
    "support_material_interface_speed": 0.6,
    "support_material_speed": 0.8,
    "top_solid_infill_speed": 0.5,
}
"""Of the owner's `speed_mm_s`, where no preset of the slicer says better."""

SHELL_MM = 0.8
"""Solid top and bottom: as thick as two walls of a common nozzle."""
BRIM_MM = 5.0
SKIRT_MM = 3.0
ROUND_CORNERS = 72
Z_SPEED_MM_S = 10.0
"""Lead screws are slow; few printers lift faster."""


def slicer_ini(
    profile: PublishedProfile,
    material: str,
    settings: PrintSettings,
    part_mm: tuple[float, float, float],
    preset: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Every key and value the slicer is given, for a part of that size in mm, standing mid-bed.

    `preset` holds values of the slicer's own printer profile (`bundles.printer_preset`); they refine the
    table, and the owner's speeds and limits still bound them. Raises `ProfileError` for an unknown material.
    """
    return {
        **_FIXED,
        **_LATER,
        **_machine(profile),
        **_material(profile, material),
        **_quality(settings, profile),
        **_edge(settings, profile, part_mm),
        **_motion(profile, preset or {}),
    }


def render(ini: Mapping[str, str]) -> str:
    """The file's text. A value never spans lines, so no value can bring a key of its own."""
    for key, value in ini.items():
        if not (key.isidentifier() and value.isprintable()):
            raise ValueError(f"not a line of an ini: {key!r} = {value!r}")
    return "".join(f"{key} = {value}\n" for key, value in sorted(ini.items()))


def _machine(profile: PublishedProfile) -> dict[str, str]:
    volume, printing, limits = profile.volume, profile.printing, profile.limits
    feed = _text(limits.feed_max_mm_min / 60)
    acceleration = _text(min(limits.acceleration_max_mm_s2, 1500))
    return {
        "bed_shape": ",".join(f"{_text(x)}x{_text(y)}" for x, y in _outline(volume)),
        "max_print_height": _text(volume.z_mm),
        "nozzle_diameter": _text(printing.nozzle_mm),
        "filament_diameter": _text(printing.filament_mm),
        "min_layer_height": _text(printing.layer_min_mm),
        "max_layer_height": _text(printing.layer_max_mm),
        "machine_max_feedrate_x": feed,
        "machine_max_feedrate_y": feed,
        "machine_max_feedrate_z": _text(min(Z_SPEED_MM_S, limits.feed_max_mm_min / 60)),
        "machine_max_acceleration_extruding": acceleration,
        "machine_max_acceleration_travel": acceleration,
        "machine_max_acceleration_x": acceleration,
        "machine_max_acceleration_y": acceleration,
    }


def _outline(volume: Volume) -> list[tuple[float, float]]:
    """The corners of the bed; of a round one, those of a polygon within it."""
    if volume.bed == "round":
        angles = (2 * math.pi * each / ROUND_CORNERS for each in range(ROUND_CORNERS))
        return [(volume.x_mm / 2 * math.cos(angle), volume.x_mm / 2 * math.sin(angle)) for angle in angles]
    x, y = volume.bed_low
    return [(x, y), (x + volume.x_mm, y), (x + volume.x_mm, y + volume.y_mm), (x, y + volume.y_mm)]


def _material(profile: PublishedProfile, material: str) -> dict[str, str]:
    temperatures = profile.material(material)
    kind = filament(material)
    # Whole degrees, rounded down: up could pass a limit.
    hotend, bed = str(int(temperatures.hotend_c)), str(int(temperatures.bed_c))
    return {
        "temperature": hotend,
        "first_layer_temperature": hotend,
        "bed_temperature": bed,
        "first_layer_bed_temperature": bed,
        "filament_type": kind.kind,
        "filament_density": _text(kind.density_g_cm3),
        "filament_max_volumetric_speed": _text(kind.flow_max_mm3_s),
        "cooling": "1",
        "fan_always_on": "1" if kind.fan_min_pct else "0",
        "min_fan_speed": str(kind.fan_min_pct),
        "max_fan_speed": str(kind.fan_max_pct),
        "bridge_fan_speed": str(kind.fan_max_pct),
        "disable_fan_first_layers": "1",
        "slowdown_below_layer_time": "8",
        "min_print_speed": "10",
    }


def _quality(settings: PrintSettings, profile: PublishedProfile) -> dict[str, str]:
    layer = settings.layer_mm
    solid = str(max(3, math.ceil(SHELL_MM / layer - 1e-9)))
    return {
        "layer_height": _text(layer),
        # A thin first layer forgives no uneven bed.
        "first_layer_height": _text(max(layer, min(0.2, profile.printing.layer_max_mm))),
        "perimeters": str(settings.walls),
        "perimeter_generator": "arachne",
        "top_solid_layers": solid,
        "bottom_solid_layers": solid,
        "fill_density": f"{settings.infill_pct}%",
        # Long straight lines keep a serial link ahead of the machine; at 100 % only parallel lines fill.
        "fill_pattern": "rectilinear" if settings.infill_pct == 100 else "cubic",
        "support_material": str(int(settings.supports)),
        "support_material_auto": "1",
        "support_material_threshold": "45",
        "support_material_style": "grid",
        # Steps finer than 1/80 mm only make the program longer (and a slow link starve).
        "gcode_resolution": "0.0125",
    }


def _edge(settings: PrintSettings, profile: PublishedProfile, part_mm: tuple[float, float, float]) -> dict[str, str]:
    """A brim where asked; else one line around the part, to have the nozzle full, where the bed has room."""
    around = 2 * (SKIRT_MM + 2)
    skirt = not settings.brim and profile.volume.holds((part_mm[0] + around, part_mm[1] + around, part_mm[2]))
    return {
        "brim_type": "outer_only",
        "brim_width": _text(BRIM_MM) if settings.brim else "0",
        "skirts": str(int(skirt)),
        "skirt_distance": _text(SKIRT_MM),
        "skirt_height": "1",
        "draft_shield": "disabled",
    }


def _motion(profile: PublishedProfile, preset: Mapping[str, str]) -> dict[str, str]:
    fastest = profile.limits.feed_max_mm_min / 60
    printing = min(profile.printing.speed_mm_s, fastest)
    motion = {"retract_length": "2", "retract_speed": "35", "retract_before_travel": "2", "wipe": "0"}
    motion |= {key: _text(printing * share) for key, share in _SPEED_SHARES.items()}
    # The machine's own acceleration, unless the slicer's preset for it says better.
    motion |= dict.fromkeys(ACCELERATIONS, "0")
    motion |= preset
    motion |= {key: _at_most(motion[key], printing) for key in SPEEDS}
    motion |= {key: _at_most(motion[key], profile.limits.acceleration_max_mm_s2) for key in ACCELERATIONS}
    motion |= {key: _at_most(motion.get(key, "0"), fastest) for key in ("retract_speed", "deretract_speed")}
    motion["retract_length"] = _at_most(motion["retract_length"], profile.limits.extrude_max_mm)
    motion["max_print_speed"] = _text(printing)
    motion["travel_speed"] = _text(min(profile.printing.travel_mm_s, fastest))
    motion["travel_speed_z"] = _text(min(Z_SPEED_MM_S, fastest))
    return motion


def _at_most(value: str, most: float) -> str:
    """A bounded number; a share (`60%` of another bounded speed) is bounded with that one."""
    if value.endswith("%"):
        return _text(min(float(value[:-1]), 100)) + "%"
    return _text(min(float(value), most))


def _text(number: float) -> str:
    return f"{round(number, 5) + 0.0:.5f}".rstrip("0").rstrip(".")  # -0 becomes 0
