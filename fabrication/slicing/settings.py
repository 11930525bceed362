"""What an order may ask of a print. The order asks, the owner's profile bounds."""

import math
from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec

from fabrication.errors import ValueRefused
from firmware_bridge.machine import Printing

LAYER_MM = (0.04, 1.0)
WALLS = (1, 20)
INFILL_PCT = (0, 100)


class PrintSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a part is to be printed; lengths mm."""

    layer_mm: Annotated[float, msgspec.Meta(ge=LAYER_MM[0], le=LAYER_MM[1])]
    walls: Annotated[int, msgspec.Meta(ge=WALLS[0], le=WALLS[1])]
    infill_pct: Annotated[int, msgspec.Meta(ge=INFILL_PCT[0], le=INFILL_PCT[1])]
    supports: bool = False
    brim: bool = False


PRESETS: dict[str, PrintSettings] = {
    "draft": PrintSettings(layer_mm=0.28, walls=2, infill_pct=12),
    "normal": PrintSettings(layer_mm=0.2, walls=3, infill_pct=20),
    "strong": PrintSettings(layer_mm=0.2, walls=5, infill_pct=45),
}


def preset(name: str, printing: Printing | None = None) -> PrintSettings:
    """The named preset, its layer brought within what the machine prints where one is given.

    Raises `ValueRefused` naming the presets there are.
    """
    try:
        settings = PRESETS[name]
    except KeyError:
        raise ValueRefused({"preset": f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}"}) from None
    if printing is None:
        return settings
    layer_mm = min(max(settings.layer_mm, printing.layer_min_mm), printing.layer_max_mm)
    return msgspec.structs.replace(settings, layer_mm=layer_mm)


def settings_from(given: Mapping[str, object], base: PrintSettings = PRESETS["normal"]) -> PrintSettings:
    """`given` (a form's strings, or JSON values) over `base`; what is absent or blank stays as in `base`.

    Raises `ValueRefused` with a sentence for each field that is unknown or out of range.
    """
    values: dict[str, object] = {}
    problems: dict[str, str] = {}
    for field, value in given.items():
        if field not in _READERS:
            problems[field] = f"there is no print setting {field!r}; there are {', '.join(_READERS)}"
        elif value is not None and value != "":
            try:
                values[field] = _READERS[field](value)
            except ValueError as error:
                problems[field] = str(error)
    if problems:
        raise ValueRefused(problems)
    return msgspec.structs.replace(base, **values)


def _number(label: str, unit: str, bounds: tuple[float, float]) -> Callable[[object], float]:
    def read(value: object) -> float:
        low, high = bounds
        try:
            number = float(value) if isinstance(value, str | int | float) else math.nan
        except ValueError:
            number = math.nan
        if isinstance(value, bool) or not low <= number <= high:
            raise ValueError(f"{label} must be a number from {low:g} to {high:g} {unit}, not {value!r}")
        return number

    return read


def _whole(label: str, unit: str, bounds: tuple[int, int]) -> Callable[[object], int]:
    number = _number(label, unit, bounds)

    def read(value: object) -> int:
        found = number(value)
        if found != int(found):
            raise ValueError(f"{label} must be a whole number, not {value!r}")
        return int(found)

    return read


_WORDS = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}


def _switch(label: str) -> Callable[[object], bool]:
    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        try:
            return _WORDS[str(value).strip().lower()]
        except KeyError:
            raise ValueError(f"{label} must be yes or no, not {value!r}") from None

    return read


_READERS: dict[str, Callable[[object], object]] = {
    "layer_mm": _number("layer height", "mm", LAYER_MM),
    "walls": _whole("walls", "lines", WALLS),
    "infill_pct": _whole("infill", "%", INFILL_PCT),
    "supports": _switch("supports"),
    "brim": _switch("brim"),
}
