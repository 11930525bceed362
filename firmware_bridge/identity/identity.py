"""What is known of a machine from its own answers."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Answers = Mapping[str, Sequence[str]]
"""Question → the lines of its answer, without the `ok`."""


class Travel(msgspec.Struct, frozen=True):
    """mm."""

    low: float
    high: float


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """mm, mm/min, mm/s², rpm. What the firmware does not tell is None or empty.

    `machine` is what its builder called it, `build` the text an owner has put into a Grbl, `settings` Grbl's `$n`,
    `offsets` its `$#` by name (G54, TLO, …).
    """

    firmware: Literal["marlin", "grbl"]
    version: str = ""
    machine: str = ""
    build: str = ""
    uuid: str = ""
    capabilities: dict[str, bool] = {}
    extruders: int | None = None
    has_bed: bool | None = None
    is_delta: bool = False
    travel: dict[str, Travel] = {}
    travel_enforced: bool | None = None
    """Whether the firmware itself holds moves within its travel (M211 S1, `$20`)."""
    feed_max_mm_min: dict[str, float] = {}
    acceleration_max_mm_s2: dict[str, float] = {}
    spindle_max_rpm: float | None = None
    receive_bytes: int | None = None
    settings: dict[str, str] = {}
    offsets: dict[str, list[float]] = {}
