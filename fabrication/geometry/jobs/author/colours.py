"""Colours as authors write them → "#rrggbb", sRGB."""

from collections.abc import Mapping

import cadquery as cq
from OCP.Quantity import Quantity_ColorRGBA, Quantity_TypeOfColor
from PIL import ImageColor

_SRGB = Quantity_TypeOfColor.Quantity_TOC_sRGB


def from_options(options: Mapping[str, object]) -> str | None:
    """The colour among the options of `show_object`: `color`, or `rgba`; None where there is none that is known."""
    for key in ("color", "colour", "rgba"):
        if options.get(key) is not None:
            return as_hex(options[key])
    return None


def as_hex(colour: object) -> str | None:
    """A name (CSS or OCCT), "#rgb[a]", "#rrggbb[aa]", three or four numbers (whole ones 0–255, others 0–1, as in
    CQ-editor), or a colour of CadQuery or build123d. A colour is for the eye: an unknown one is logged and None.
    """
    try:
        red, green, blue = _rgb(colour)
    except (ValueError, TypeError) as error:
        print(f"the colour {colour!r} is not known: {error}")  # noqa: T201 (the job's log)
        return None
    return f"#{red:02x}{green:02x}{blue:02x}"


def _rgb(colour: object) -> tuple[int, int, int]:
    match colour:
        case str():
            try:
                red, green, blue, *_ = ImageColor.getrgb(colour)
            except ValueError:
                return _rgb(cq.Color(colour))
            return red, green, blue
        case (int() as red, int() as green, int() as blue, *_):
            return _byte(red), _byte(green), _byte(blue)
        case (int() | float() as red, int() | float() as green, int() | float() as blue, *_):
            return _byte(red * 255), _byte(green * 255), _byte(blue * 255)
    wrapped = getattr(colour, "wrapped", colour)
    if isinstance(wrapped, Quantity_ColorRGBA):
        red, green, blue = (_byte(part * 255) for part in wrapped.GetRGB().Values(_SRGB))
        return red, green, blue
    raise TypeError("a name, #rrggbb or a tuple of numbers is")


def _byte(part: float) -> int:
    return min(255, max(0, round(part)))
