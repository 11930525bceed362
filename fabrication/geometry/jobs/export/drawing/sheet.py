"""Where the views go: third angle, one of the standard scales, A4 or A3 on its side. All in mm of paper.

Frame after ISO 5457 (20 mm at the left, 10 mm elsewhere), scales of ISO 5455, title block 180 mm wide (ISO 7200).
"""

from collections.abc import Mapping
from dataclasses import dataclass

SCALES = (
    "100:1", "50:1", "20:1", "10:1", "5:1", "2:1", "1:1", "1:2", "1:5", "1:10", "1:20", "1:50", "1:100", "1:200",
    "1:500", "1:1000", "1:2000", "1:5000",
)  # fmt: skip
SHEETS = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
LEFT, EDGE = 20.0, 10.0
TITLE_WIDTH, TITLE_HEIGHT = 180.0, 32.0
BESIDE, BETWEEN, BELOW, ABOVE = 18.0, 14.0, 18.0, 8.0
"""Room for the dimensions left of the views, between their rows, under them, and over them."""
GUTTER = 27.0
"""Room for diameters to the right of each view."""

Size = tuple[float, float]


@dataclass(frozen=True)
class Place:
    """Where a view's lower left corner is (y downwards, as in SVG), and its scale."""

    x: float
    y: float
    scale: float


@dataclass(frozen=True)
class Sheet:
    """`scale` and `isometric_scale` are names out of SCALES."""

    name: str
    width: float
    height: float
    scale: str
    isometric_scale: str
    front: Place
    top: Place
    right: Place
    isometric: Place


def factor(scale: str) -> float:
    """Paper over part."""
    paper, part = scale.split(":")
    return int(paper) / int(part)


def sheet_for(size: tuple[float, float, float], isometric: Size) -> Sheet:
    """For parts that measure `size` (x, y, z) mm and `isometric` (width, height) mm as seen in that view.

    A4 unless that would shrink them and A3 would less. Raises `ValueError` for what is larger than 5 km of paper.
    """
    fitting = [sheet for name in SHEETS if (sheet := _fitted(name, size, isometric)) is not None]
    if not fitting:
        raise ValueError("the parts are too large for a drawing")
    best = fitting[0]
    for other in fitting[1:]:
        if factor(best.scale) < 1 and factor(other.scale) > factor(best.scale):
            best = other
    return best


def _fitted(name: str, size: tuple[float, float, float], isometric: Size) -> Sheet | None:
    width, height = SHEETS[name]
    inside = (width - LEFT - EDGE, height - 2 * EDGE - TITLE_HEIGHT)
    for index, scale in enumerate(SCALES):
        x, y, z = (length * factor(scale) for length in size)
        free = (inside[0] - BESIDE - x - 2 * GUTTER - y, inside[1] - ABOVE - y - BETWEEN - z - BELOW)
        if min(free) < 0:
            continue
        cell = (inside[0] - BESIDE - x - GUTTER - free[0] / 3, inside[1] - BELOW - z - BETWEEN - free[1] / 3)
        for smaller in SCALES[index : index + 3]:
            drawn = tuple(length * factor(smaller) for length in isometric)
            if drawn[0] <= cell[0] - EDGE and drawn[1] <= cell[1] - EDGE:
                left, top = LEFT + BESIDE + free[0] / 3, EDGE + ABOVE + free[1] / 3
                column, row = left + x + GUTTER, top + y + BETWEEN + free[1] / 3 + z
                places: Mapping[str, Place] = {
                    "top": Place(left, top + y, factor(scale)),
                    "front": Place(left, row, factor(scale)),
                    "right": Place(column + free[0] / 3, row, factor(scale)),
                    "isometric": Place(
                        width - EDGE - (cell[0] + drawn[0]) / 2, EDGE + (cell[1] + drawn[1]) / 2, factor(smaller)
                    ),
                }
                return Sheet(name, width, height, scale, smaller, **places)
    return None
