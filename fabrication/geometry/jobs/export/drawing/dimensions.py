"""Dimensions after ISO 129-1: extension lines, arrows, diameters on leaders. All places in mm of paper, y downwards."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fabrication.geometry.jobs.export.drawing import ink
from fabrication.geometry.jobs.export.drawing.strokes import Stroke

_AWAY = 9.0  # from the view to the dimension line
_BEYOND, _CLEAR = 2.0, 1.0  # what extension lines reach past it, and their distance from the view
_INSIDE = 11.0  # arrows stand outside where there is less between them
_ABOVE_LINE = 0.9
_TO_LABEL, _LABEL_STEP = 7.0, 6.5
_MOST_LABELS = 6
_ARC_ENDS_MM = 3.0  # more than the points on an arc are apart
_CROSS = 2.0  # what centre lines reach past their circle


@dataclass(frozen=True)
class Circle:
    """A round outline on paper, with points (n, 2) on what is seen of it; `diameter_mm` is the part's own."""

    x: float
    y: float
    radius: float
    diameter_mm: float
    hole: bool
    seen: Stroke


def across(left: float, right: float, edge: float, value: float) -> str:
    """A horizontal dimension under `edge`."""
    at = edge + _AWAY
    words = ink.number(value)
    parts = [ink.line("narrow", (x, edge + _CLEAR), (x, at + _BEYOND)) for x in (left, right)]
    if right - left >= max(_INSIDE, ink.width(words) + 2):
        parts += [
            ink.line("narrow", (left, at), (right, at)),
            ink.arrow((left, at), (-1, 0)),
            ink.arrow((right, at), (1, 0)),
        ]
        parts.append(ink.text((left + right) / 2, at - _ABOVE_LINE, words, anchor="middle"))
    else:
        end = right + 7 + ink.width(words)
        parts += [
            ink.line("narrow", (left - 6, at), (end, at)),
            ink.arrow((left, at), (1, 0)),
            ink.arrow((right, at), (-1, 0)),
        ]
        parts.append(ink.text(right + 6, at - _ABOVE_LINE, words))
    return "".join(parts)


def upright(low: float, high: float, edge: float, value: float) -> str:
    """A vertical dimension to the left of `edge`, from `low` up to `high` (which is less: y is downwards)."""
    at = edge - _AWAY
    words = ink.number(value)
    parts = [ink.line("narrow", (edge - _CLEAR, y), (at - _BEYOND, y)) for y in (low, high)]
    if low - high >= max(_INSIDE, ink.width(words) + 2):
        parts += [
            ink.line("narrow", (at, low), (at, high)),
            ink.arrow((at, low), (0, 1)),
            ink.arrow((at, high), (0, -1)),
        ]
        parts.append(ink.text(at - _ABOVE_LINE, (low + high) / 2, words, anchor="middle", turned=True))
    else:
        end = high - 7 - ink.width(words)
        parts += [
            ink.line("narrow", (at, low + 6), (at, end)),
            ink.arrow((at, low), (0, -1)),
            ink.arrow((at, high), (0, 1)),
        ]
        parts.append(ink.text(at - _ABOVE_LINE, high - 6, words, turned=True))
    return "".join(parts)


def diameters(circles: Iterable[Circle], edge: float, top: float, bottom: float) -> str:
    """Centre lines of all, and a label for each diameter to the right of a view that ends at `edge`.

    Holes come first where there is no room for every label.
    """
    groups: dict[tuple[bool, str], list[Circle]] = defaultdict(list)
    crosses: dict[tuple[float, float], Circle] = {}
    for circle in sorted(circles, key=lambda each: each.radius):
        crosses[round(circle.x, 2), round(circle.y, 2)] = circle
        groups[not circle.hole, ink.number(circle.diameter_mm)].append(circle)
    parts = [_centre(circle) for circle in crosses.values()]
    nearest = [max(group, key=lambda each: (each.x, -each.y)) for _, group in sorted(groups.items())[:_MOST_LABELS]]
    counts = {id(one): len(group) for one in nearest for group in groups.values() if one in group}
    nearest.sort(key=lambda each: each.y)
    room = max(bottom - top, _LABEL_STEP * (len(nearest) - 1))
    y = -np.inf
    for index, one in enumerate(nearest):
        last = top + room - _LABEL_STEP * (len(nearest) - 1 - index)
        y = min(max(y + _LABEL_STEP, one.y - one.radius - _LABEL_STEP / 2, top), last)
        count = counts[id(one)]
        parts.append(_leader(one, edge + _TO_LABEL, y, f"{count}× ⌀" if count > 1 else "⌀"))
    return "".join(parts)


def _leader(circle: Circle, x: float, y: float, before: str) -> str:
    """To a shelf under the words, in line with the centre; or from the nearest place where the circle is seen."""
    words = before + ink.number(circle.diameter_mm)
    label, centre = np.array([x, y]), np.array([circle.x, circle.y])
    away = (label - centre) / np.linalg.norm(label - centre)
    tip = centre + away * circle.radius
    apart = np.linalg.norm(circle.seen - tip, axis=1)
    if apart.min() > _ARC_ENDS_MM:
        tip = circle.seen[apart.argmin()]
        away = (label - tip) / np.linalg.norm(label - tip)
    shelf = (x + 1 + ink.width(words), y)
    return (
        ink.line("narrow", tuple(tip), (x, y), shelf)
        + ink.arrow(tuple(tip), (-away[0], -away[1]))
        + ink.text(x + 0.8, y - _ABOVE_LINE, words)
    )


def _centre(circle: Circle) -> str:
    reach = circle.radius + _CROSS
    kind = "centre" if circle.radius > 3 else "fine"
    x, y = circle.x, circle.y
    return ink.line(kind, (x - reach, y), (x + reach, y)) + ink.line(kind, (x, y - reach), (x, y + reach))
