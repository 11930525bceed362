"""Frame and title block (ISO 7200 in the fields that are known), with the symbol of third-angle projection."""

from dataclasses import dataclass

from fabrication.geometry.jobs.export.drawing import ink
from fabrication.geometry.jobs.export.drawing.sheet import EDGE, LEFT, TITLE_HEIGHT, TITLE_WIDTH, Sheet

_SOURCE_LETTERS = 12


@dataclass(frozen=True)
class Titles:
    """What is written into the block; each may be empty. `source` is the sha256 of the design's source."""

    title: str = ""
    source: str = ""
    licence: str = ""


def frame(sheet: Sheet) -> str:
    """The edge of the drawing."""
    right, bottom = sheet.width - EDGE, sheet.height - EDGE
    return ink.line("wide", (LEFT, EDGE), (right, EDGE), (right, bottom), (LEFT, bottom), (LEFT, EDGE))


def block(sheet: Sheet, parts: list[str], titles: Titles) -> str:
    """In the lower right corner."""
    left, top = sheet.width - EDGE - TITLE_WIDTH, sheet.height - EDGE - TITLE_HEIGHT
    right, bottom = left + TITLE_WIDTH, top + TITLE_HEIGHT
    middle, narrow = top + TITLE_HEIGHT / 2, left + 108
    columns = (narrow, left + 132, left + 156)
    out = [
        ink.line("wide", (left, bottom), (left, top), (right, top)),
        ink.line("narrow", (left, middle), (right, middle)),
        *(ink.line("narrow", (x, top if x == narrow else middle), (x, bottom)) for x in columns),
        ink.line("narrow", (columns[2], top), (columns[2], middle)),
    ]

    names = ", ".join(parts)
    out += [
        _field((left, top), narrow, "Title", titles.title or names, 5.0),
        _field((left, middle), narrow, "Part" if len(parts) == 1 else f"Parts ({len(parts)})", names),
        _field((narrow, top), columns[2], "Source", titles.source[:_SOURCE_LETTERS]),
        _field((narrow, middle), columns[1], "Scale", sheet.scale),
        _field((columns[1], middle), columns[2], "Units", "mm"),
        _field((columns[2], middle), right, "Sheet", sheet.name),
    ]
    out.append(ink.text(columns[2] + 1.5, top + 3.5, "Third angle", 1.8))
    out.append(_third_angle(columns[2] + 12, top + 9.8))
    words = "Overall sizes and diameters; all others are in the model."
    out.append(ink.text(left - 3, bottom - 2, words, 1.8, anchor="end"))
    if titles.licence:
        out.append(ink.text(left - 3, bottom - 6, ink.fitted(titles.licence, left - LEFT - 6, 1.8), 1.8, anchor="end"))
    return "".join(out)


def _field(corner: tuple[float, float], right: float, name: str, words: str, height: float = ink.TEXT_MM) -> str:
    x, y = corner[0] + 1.5, corner[1]
    return ink.text(x, y + 3.5, name, 1.8) + ink.text(x, y + 11.5, ink.fitted(words, right - x - 1.5, height), height)


def _third_angle(x: float, y: float) -> str:
    """ISO 5456-2: a cone's small end seen from the left, drawn on the left."""
    circles, cone, small, large = x - 4.5, x + 2.0, 1.8, 3.6
    return (
        ink.circle(circles, y, small, "narrow")
        + ink.circle(circles, y, large, "narrow")
        + ink.line(
            "narrow",
            (cone, y - small),
            (cone + 6, y - large),
            (cone + 6, y + large),
            (cone, y + small),
            (cone, y - small),
        )
        + ink.line("centre", (circles - large - 1, y), (cone + 7, y))
        + ink.line("centre", (circles, y - large - 1), (circles, y + large + 1))
    )
