"""A dimensioned drawing of parts as they lie, on one sheet, as SVG: front, top, right and isometric, third angle."""

from collections.abc import Iterator, Mapping

import cadquery as cq
import numpy as np

from fabrication.geometry.jobs.export.drawing import dimensions, ink, titles
from fabrication.geometry.jobs.export.drawing.sheet import Place, Sheet, sheet_for
from fabrication.geometry.jobs.export.drawing.strokes import Stroke
from fabrication.geometry.jobs.export.drawing.titles import Titles
from fabrication.geometry.jobs.export.drawing.views import FRONT, ISOMETRIC, RIGHT, TOP, View, view_of

__all__ = ["Titles", "write_drawing"]


def write_drawing(parts: Mapping[str, cq.Shape], said: Titles) -> bytes:
    """The whole file, a function of the arguments alone. Raises `ValueError` where there is nothing to draw."""
    shapes = list(parts.values())
    front, top, right, isometric = (view_of(shapes, each) for each in (FRONT, TOP, RIGHT, ISOMETRIC))
    x, z = front.size.tolist()
    sheet = sheet_for((x, top.size[1].item(), z), (isometric.size[0].item(), isometric.size[1].item()))
    body = [
        titles.frame(sheet),
        *_drawn(front, sheet.front),
        *_drawn(top, sheet.top),
        *_drawn(right, sheet.right),
        *_drawn(isometric, sheet.isometric, hidden=False),
        *_sizes(sheet, front, top),
        *(_diameters(view, place) for view, place in ((front, sheet.front), (top, sheet.top), (right, sheet.right))),
        titles.block(sheet, list(parts), said),
    ]
    if sheet.isometric_scale != sheet.scale:
        body.append(ink.text(sheet.isometric.x, sheet.isometric.y + 6, sheet.isometric_scale, ink.SMALL_MM))
    paper = f'width="{sheet.width:g}mm" height="{sheet.height:g}mm" viewBox="0 0 {sheet.width:g} {sheet.height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {paper}>\n<style>{ink.STYLE}</style>\n'
    white = '<rect width="100%" height="100%" fill="#fff"/>\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{white}{"".join(body)}</svg>\n'.encode()


def _drawn(view: View, place: Place, *, hidden: bool = True) -> Iterator[str]:
    if hidden:
        yield ink.lines(_on_paper(view.hidden, view, place), "hidden")
    yield ink.lines(_on_paper(view.smooth, view, place), "fine")
    yield ink.lines(_on_paper(view.sharp, view, place), "wide")


def _on_paper(strokes: list[Stroke], view: View, place: Place) -> list[Stroke]:
    corner, scale = np.array([place.x, place.y]), place.scale * np.array([1, -1])
    return [(stroke - view.low) * scale + corner for stroke in strokes]


def _sizes(sheet: Sheet, front: View, top: View) -> Iterator[str]:
    """Each overall size once: width and height at the front view, depth at the top view."""
    (x, z), y = front.size.tolist(), top.size[1].item()
    yield dimensions.across(sheet.front.x, sheet.front.x + x * sheet.front.scale, sheet.front.y, x)
    yield dimensions.upright(sheet.front.y, sheet.front.y - z * sheet.front.scale, sheet.front.x, z)
    yield dimensions.upright(sheet.top.y, sheet.top.y - y * sheet.top.scale, sheet.top.x, y)


def _diameters(view: View, place: Place) -> str:
    circles = [
        dimensions.Circle(
            place.x + (each.x - view.low[0]) * place.scale,
            place.y - (each.y - view.low[1]) * place.scale,
            each.radius * place.scale,
            each.radius * 2,
            each.hole,
            _on_paper([each.seen], view, place)[0],
        )
        for each in view.rounds
    ]
    edge, top = place.x + view.size[0] * place.scale, place.y - view.size[1] * place.scale
    return dimensions.diameters(circles, edge, top, place.y)
