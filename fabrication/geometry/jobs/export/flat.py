"""DXF for laser, water jet and router: the largest flat face of each part, seen from outside, in millimetres.

Of a sheet that is its outline. The outer loop and the holes are on layers of their own. A loop of lines and arcs is
one closed polyline, a round one a circle; only other curves are left as single ellipses and splines.
"""

import io
from collections.abc import Iterator, Mapping

import cadquery as cq
import ezdxf
from cadquery.occ_impl.exporters.dxf import DxfDocument

from fabrication.errors import ValueRefused

OUTLINE, HOLES = "OUTLINE", "HOLES"
_COLOURS = {OUTLINE: 7, HOLES: 1}  # AutoCAD's index: black or white, red
_GAP_MM = 10.0
_SAME = 1e-6


def write_flat(parts: Mapping[str, cq.Shape]) -> bytes:
    """The faces side by side, from the origin to the right; the layers of several parts begin with their names.

    Raises `ValueRefused` for a part that has no flat face.
    """
    # ezdxf's own name for leaving time and random identifiers out; this process ends with the file
    ezdxf.options.write_fixed_meta_data_for_testing = True  # type: ignore[attr-defined]
    dxf = DxfDocument(dxfversion="AC1024", doc_units=ezdxf.units.MM)
    left = 0.0
    for name, shape in parts.items():
        face = _laid(_largest(name, shape))
        box = face.BoundingBox()
        face = face.moved(cq.Location((left - box.xmin, -box.ymin, 0)))
        left += box.xlen + _GAP_MM
        outline, holes = ((f"{name} {layer}" if len(parts) > 1 else layer) for layer in (OUTLINE, HOLES))
        dxf.add_layer(outline, color=_COLOURS[OUTLINE]).add_layer(holes, color=_COLOURS[HOLES])
        _draw(dxf, face.outerWire(), outline)
        for wire in sorted(face.innerWires(), key=lambda each: _rounded(each.Center().toTuple())):
            _draw(dxf, wire, holes)
    text = io.StringIO()
    dxf.document.write(text)
    return bytes(dxf.document.encode(text.getvalue()))


def _largest(name: str, shape: cq.Shape) -> cq.Face:
    """Of faces alike, the one that looks most upwards, then backwards, then to the right."""
    flat = [face for face in shape.Faces() if face.geomType() == "PLANE"]
    if not flat:
        raise ValueRefused({"format": f"{name} has no flat face to draw: take STEP, STL or 3MF"})
    area = max(face.Area() for face in flat)
    alike = [face for face in flat if face.Area() > area * (1 - _SAME)]
    return max(alike, key=lambda face: _rounded((*face.normalAt().toTuple()[::-1], *face.Center().toTuple())))


def _laid(face: cq.Face) -> cq.Face:
    """In the plane z = 0, its outside upwards; x stays x where it can."""
    normal = face.normalAt()
    along = cq.Vector(0, 1, 0) if abs(normal.x) > 1 - _SAME else cq.Vector(1, 0, 0)
    plane = cq.Plane(face.Center(), along - normal * along.dot(normal), normal)
    return face.moved(cq.Location(plane).inverse)


def _draw(dxf: DxfDocument, wire: cq.Wire, layer: str) -> None:
    edges = list(wire)  # in their order along the wire
    kinds = {edge.geomType() for edge in edges}
    if len(edges) == 1 and kinds == {"CIRCLE"}:
        centre = edges[0].arcCenter()
        dxf.msp.add_circle((centre.x, centre.y), edges[0].radius(), {"layer": layer})
    elif kinds <= {"LINE", "CIRCLE"}:
        dxf.msp.add_lwpolyline(list(_corners(edges)), "xyb", close=True, dxfattribs={"layer": layer})
    else:
        dxf.add_shape(cq.Workplane(wire), layer)


def _corners(edges: list[cq.Edge]) -> Iterator[tuple[float, float, float]]:
    """x, y and bulge of each corner: the tangent of a quarter of the arc's angle, positive anti-clockwise."""
    for edge in edges:
        start, end = edge.startPoint(), edge.endPoint()  # as the wire runs
        bulge = 0.0
        if edge.geomType() == "CIRCLE":
            chord, half = end - start, edge.positionAt(0.5) - start
            bulge = -2 * chord.cross(half).z / chord.dot(chord)
        yield start.x, start.y, bulge


def _rounded(numbers: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(number, 4) for number in numbers)
