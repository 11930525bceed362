"""What is seen of parts from one side: edges, hidden edges and round outlines, in the plane of the view.

The kernel's hidden line removal starts no thread.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cadquery as cq
import numpy as np
from numpy.typing import NDArray
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepLib import BRepLib
from OCP.GCPnts import GCPnts_QuasiUniformDeflection
from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt
from OCP.HLRAlgo import HLRAlgo_Projector
from OCP.HLRBRep import HLRBRep_Algo, HLRBRep_HLRToShape
from OCP.TopAbs import TopAbs_REVERSED
from OCP.TopoDS import TopoDS_Shape

from fabrication.geometry.jobs.export.drawing.strokes import Stroke, without_overlap

_DEFLECTION = 1 / 5000  # of the largest extent: 0.05 mm on the largest sheet
_PARALLEL = 1e-6
_ON_CIRCLE = 1e-3


@dataclass(frozen=True)
class Direction:
    """`towards` the viewer, and what is to the `right` in the view."""

    towards: tuple[float, float, float]
    right: tuple[float, float, float]


FRONT = Direction((0, -1, 0), (1, 0, 0))
TOP = Direction((0, 0, 1), (1, 0, 0))
RIGHT = Direction((1, 0, 0), (0, 1, 0))
ISOMETRIC = Direction((1, -1, 1), (1, 1, 0))


@dataclass(frozen=True)
class Round:
    """A circle of which most is seen: centre and radius in mm; a `hole`, or the outside of something round.

    `seen` are points (n, 2) on what is seen of it.
    """

    x: float
    y: float
    radius: float
    hole: bool
    seen: Stroke


@dataclass(frozen=True)
class View:
    """Strokes in mm of the design. `low` and `high` are the corners of all that is seen."""

    sharp: list[Stroke]
    smooth: list[Stroke]
    hidden: list[Stroke]
    rounds: list[Round]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def size(self) -> NDArray[np.float64]:
        """Width and height in mm."""
        return self.high - self.low


def view_of(shapes: list[cq.Shape], direction: Direction) -> View:
    """Raises `ValueError` where nothing is seen."""
    axes = gp_Ax2(gp_Pnt(), gp_Dir(*direction.towards), gp_Dir(*direction.right))
    algorithm = HLRBRep_Algo()
    for shape in shapes:
        algorithm.Add(shape.wrapped)
    algorithm.Projector(HLRAlgo_Projector(axes))
    algorithm.Update()
    algorithm.Hide()
    found = HLRBRep_HLRToShape(algorithm)
    size = max(shape.BoundingBox().DiagonalLength for shape in shapes)
    sharp = list(_strokes([found.VCompound(), found.OutLineVCompound()], size * _DEFLECTION))
    smooth = list(_strokes([found.Rg1LineVCompound()], size * _DEFLECTION))
    hidden = list(_strokes([found.HCompound(), found.OutLineHCompound()], size * _DEFLECTION))
    if not sharp:
        raise ValueError("the parts have no edges to draw")
    across, up = (np.array(each.Coord()) for each in (axes.XDirection(), axes.YDirection()))
    points = np.concatenate(sharp)
    return View(
        sharp,
        smooth,
        without_overlap(hidden, sharp),
        list(_rounds(shapes, axes, without_overlap(sharp, []))),
        *_extent(shapes, across, up, points),
    )


def _extent(shapes: list[cq.Shape], across: Stroke, up: Stroke, points: Stroke) -> tuple[Stroke, Stroke]:
    """Corners of what is seen: exactly where the view looks along an axis, else from its points."""
    if not all(np.isclose(np.abs(axis).max(), 1) for axis in (across, up)):
        return points.min(0), points.max(0)
    boxes = [shape.BoundingBox() for shape in shapes]
    low = np.min([(box.xmin, box.ymin, box.zmin) for box in boxes], axis=0)
    high = np.max([(box.xmax, box.ymax, box.zmax) for box in boxes], axis=0)
    return np.array([low @ across, low @ up]), np.array([high @ across, high @ up])


def _strokes(compounds: Iterable[TopoDS_Shape], deflection: float) -> Iterator[Stroke]:
    for compound in compounds:
        if compound is None or compound.IsNull():
            continue
        BRepLib.BuildCurves3d_s(compound, deflection)  # edges have curves in the view's plane alone until then
        for edge in cq.Shape.cast(compound).Edges():
            curve = edge._geomAdaptor()
            first, last = curve.FirstParameter(), curve.LastParameter()
            points = GCPnts_QuasiUniformDeflection(curve, deflection, first, last)
            if points.IsDone() and points.NbPoints() > 1:
                yield np.array([points.Value(i).Coord()[:2] for i in range(1, points.NbPoints() + 1)])


def _rounds(shapes: list[cq.Shape], axes: gp_Ax2, seen: list[Stroke]) -> Iterator[Round]:
    """Cylinders along the line of sight of which more than half a turn is seen: less has a radius (ISO 129-1)."""
    towards, right, up = (np.array(each.Coord()) for each in (axes.Direction(), axes.XDirection(), axes.YDirection()))
    curves = [stroke for stroke in seen if len(stroke) > 2]
    done: set[tuple[float, ...]] = set()
    for face in (face for shape in shapes for face in shape.Faces() if face.geomType() == "CYLINDER"):
        cylinder = BRepAdaptor_Surface(face.wrapped).Cylinder()
        along, place = (np.array(each.Coord()) for each in (cylinder.Axis().Direction(), cylinder.Location()))
        x, y, radius = float(place @ right), float(place @ up), float(cylinder.Radius())
        key = (round(x, 3), round(y, 3), round(radius, 3))
        if abs(abs(along @ towards) - 1) > _PARALLEL or key in done:
            continue
        done.add(key)
        arcs = [each for each in curves if np.abs(np.hypot(*(each - (x, y)).T) - radius).max() < radius * _ON_CIRCLE]
        if sum(_turn(arc - (x, y)) for arc in arcs) > np.pi + _PARALLEL:
            inward = (face.wrapped.Orientation() == TopAbs_REVERSED) == cylinder.Direct()
            yield Round(x, y, radius, inward, np.concatenate(arcs))


def _turn(arc: Stroke) -> float:
    """How far it runs round the origin, radians."""
    return float(np.abs(np.diff(np.unwrap(np.arctan2(arc[:, 1], arc[:, 0])))).sum())
