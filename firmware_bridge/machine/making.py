"""What a machine makes things with: its limits, its materials, its tools."""

from firmware_bridge.machine.table import Celsius, Name, NotNegative, Positive, ProgramText, Table


class Limits(Table, frozen=True, kw_only=True):
    """What no program may exceed, whoever sent it."""

    hotend_max_c: Celsius = 260.0
    bed_max_c: Celsius = 110.0
    feed_max_mm_min: Positive = 18_000.0
    acceleration_max_mm_s2: Positive = 5_000.0
    extrude_max_mm: Positive = 60.0
    """Filament pushed by any one move."""
    extrude_min_c: Celsius = 170.0
    """No extrusion while the hot end's target is below this."""
    time_max_s: Positive = 48 * 3600.0
    spindle_max_rpm: Positive = 12_000.0
    """Milling: what `$30` says."""


class Material(Table, frozen=True, kw_only=True):
    """A material this machine has, with the temperatures its owner prints it at."""

    name: Name
    hotend_c: Celsius
    bed_c: Celsius = 0.0


class Printing(Table, frozen=True, kw_only=True):
    """What a slicer needs to know of an FFF machine, and the owner's bounds on print settings."""

    nozzle_mm: Positive = 0.4
    filament_mm: Positive = 1.75
    speed_mm_s: Positive = 60.0
    travel_mm_s: Positive = 150.0
    layer_min_mm: Positive = 0.1
    layer_max_mm: Positive = 0.3
    slicer_preset: str = ""
    """Optional `Vendor:Model` of the slicer's own bundles."""


class Milling(Table, frozen=True, kw_only=True):
    """Where the zero of a router's work coordinates (G54) lies in its travel, counted from each axis' low end.

    From `safe_z_mm` above that zero on, nothing is in the way of a tool, wherever it goes.
    """

    zero_x_mm: NotNegative = 0.0
    zero_y_mm: NotNegative = 0.0
    zero_z_mm: NotNegative = 25.0
    safe_z_mm: float = 3.0


class Programs(Table, frozen=True, kw_only=True):
    """The owner's own G-code around every job; `{hotend_c}` and `{bed_c}` become the material's."""

    start: ProgramText = ""
    end: ProgramText = ""
