"""What the kernel knows of a body exactly: mass properties, faults, holes, edges. Nothing is changed on it."""

from collections import defaultdict
from typing import Any

import cadquery as cq
import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepCheck import BRepCheck_Analyzer, BRepCheck_Status
from OCP.BRepGProp import BRepGProp
from OCP.GCPnts import GCPnts_AbscissaPoint
from OCP.GeomAbs import GeomAbs_Cylinder
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_REVERSED, TopAbs_SHELL, TopAbs_SOLID, TopAbs_VERTEX, TopAbs_WIRE
from OCP.TopExp import TopExp
from OCP.TopTools import TopTools_IndexedMapOfShape

_CONTEXTS = (TopAbs_SOLID, TopAbs_SHELL, TopAbs_FACE, TopAbs_WIRE, TopAbs_EDGE, TopAbs_VERTEX)


def mass_of(shape: cq.Shape) -> tuple[float, NDArray[np.float64]]:
    """The volume of all solids together, mm³, negative where they are inside out, and its centre (3,), mm."""
    total = GProp_GProps()
    for solid in shape.Solids():
        one = GProp_GProps()
        BRepGProp.VolumeProperties_s(solid.wrapped, one)
        total.Add(one)
    return total.Mass(), np.array(total.CentreOfMass().Coord())


def area_of(shape: cq.Shape) -> float:
    """mm²."""
    found = GProp_GProps()
    BRepGProp.SurfaceProperties_s(shape.wrapped, found)
    return float(found.Mass())


def faults_of(shape: cq.Shape) -> tuple[str, ...]:
    """The kernel's names for what keeps it from being a valid solid, without their prefix, in order; see `FAULTS`."""
    faults: set[str] = set()
    analyzer = BRepCheck_Analyzer(shape.wrapped, True, False)
    if not analyzer.IsValid():
        found = TopTools_IndexedMapOfShape()
        TopExp.MapShapes_s(shape.wrapped, found)
        for index in range(1, found.Extent() + 1):
            part = found.FindKey(index)
            if part.ShapeType() in _CONTEXTS:
                faults.update(_statuses(analyzer.Result(part)))
        faults = faults or {"CheckFail"}
    inside = {face for solid in shape.Solids() for face in solid.Faces()}
    if any(face not in inside for face in shape.Faces()):
        faults.add("LooseFaces")
    return tuple(sorted(faults))


def _statuses(result: Any) -> set[str]:
    statuses = set(result.Status())
    result.InitContextIterator()
    while result.MoreShapeInContext():
        statuses.update(result.StatusOnShape())
        result.NextShapeInContext()
    return {status.name.removeprefix("BRepCheck_") for status in statuses - {BRepCheck_Status.BRepCheck_NoError}}


def smallest_hole_mm(shape: cq.Shape) -> float | None:
    """The least diameter of a hollow cylinder that goes at least half round: a hole, or the end of a slot.

    Faces that share an axis count together. A hollow fillet goes a quarter round and is no hole.
    """
    spans: dict[tuple[float, ...], float] = defaultdict(float)
    for face in shape.Faces():
        adaptor = BRepAdaptor_Surface(face.wrapped, True)
        if adaptor.GetType() != GeomAbs_Cylinder:
            continue
        cylinder = adaptor.Cylinder()
        hollow = (face.wrapped.Orientation() == TopAbs_REVERSED) == cylinder.Position().Direct()
        if hollow:
            direction = np.array(cylinder.Axis().Direction().Coord())
            direction *= 1 if tuple(np.round(direction, 4) + 0.0) > (0.0, 0.0, 0.0) else -1
            place = np.array(cylinder.Axis().Location().Coord())
            nearest = place - (place @ direction) * direction  # the axis' own point that is nearest to the origin
            key = (*np.round(direction, 4), *np.round(nearest, 3), round(cylinder.Radius(), 4))
            spans[tuple(float(value) + 0.0 for value in key)] += adaptor.LastUParameter() - adaptor.FirstUParameter()
    return min((round(2 * key[-1], 4) for key, span in spans.items() if span > np.pi - 0.01), default=None)


def shortest_edge_mm(shape: cq.Shape) -> float | None:
    """The shortest edge between two faces. A seam, where a face meets itself, is none; nor is the tip of a cone."""
    lengths = []
    seen: set[cq.Edge] = set()
    for face in shape.Faces():
        for edge in face.Edges():
            if edge not in seen and not BRep_Tool.Degenerated_s(edge.wrapped):
                seen.add(edge)
                if not BRep_Tool.IsClosed_s(edge.wrapped, face.wrapped):
                    lengths.append(GCPnts_AbscissaPoint.Length_s(BRepAdaptor_Curve(edge.wrapped)))
    return round(min(lengths), 6) if lengths else None
