"""DXF read back by ezdxf's reader and held against the face it was drawn from."""

import io
import math
from dataclasses import dataclass

import cadquery as cq
import ezdxf
import numpy as np
import pytest
from ezdxf import path

from fabrication.errors import ValueRefused
from fabrication.geometry.jobs.export.flat import write_flat


def read(data):
    return ezdxf.read(io.StringIO(data.decode()))


@dataclass
class Polygon:
    points: np.ndarray

    @property
    def area(self):
        x, y = (self.points - self.points[0]).T
        return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2

    @property
    def bounds(self):
        return (*self.points.min(0), *self.points.max(0))


def loops(document, layer):
    """Closed loops on a layer, as polygons."""
    rest = [path.make_path(each) for each in document.modelspace().query(f'*[layer=="{layer}"]')]
    found = []
    while rest:
        chain = rest.pop(0)
        while not chain.end.isclose(chain.start, abs_tol=1e-6):
            after = next(
                each
                for each in rest
                if chain.end.isclose(each.start, abs_tol=1e-6) or chain.end.isclose(each.end, abs_tol=1e-6)
            )
            rest.remove(after)
            chain.append_path(after if chain.end.isclose(after.start, abs_tol=1e-6) else after.reversed())
        found.append(Polygon(np.array([(p.x, p.y) for p in chain.flattening(0.001)])))
    return found


def area(document, outline="OUTLINE", holes="HOLES"):
    (outer,) = loops(document, outline)
    inner = loops(document, holes)
    return outer.area - sum(each.area for each in inner)


@pytest.fixture(scope="module")
def sheet():
    """120 × 80 × 3, rounded, a slot and two holes."""
    return (
        cq.Workplane().box(120, 80, 3).edges("|Z").fillet(6)
        .faces(">Z").workplane().pushPoints([(-40, 20), (40, -20)]).hole(8)
        .faces(">Z").workplane().slot2D(30, 6, 20).cutThruAll()
    )  # fmt: skip


def test_a_sheet_is_its_outline_and_its_holes_in_millimetres(sheet):
    document = read(write_flat({"sheet": sheet.val()}))
    assert document.units == ezdxf.units.MM
    entities = {
        layer: sorted(e.dxftype() for e in document.modelspace().query(f'*[layer=="{layer}"]'))
        for layer in ("OUTLINE", "HOLES")
    }
    assert entities == {"OUTLINE": ["LWPOLYLINE"], "HOLES": ["CIRCLE", "CIRCLE", "LWPOLYLINE"]}
    assert area(document) == pytest.approx(sheet.faces(">Z").val().Area(), rel=1e-4)
    assert loops(document, "OUTLINE")[0].bounds == pytest.approx((0, 0, 120, 80), abs=0.01)
    centres = sorted(
        (round(c.dxf.center.x, 6), round(c.dxf.center.y, 6)) for c in document.modelspace().query("CIRCLE")
    )
    assert centres == [(20, 60), (100, 20)], "not mirrored"


@pytest.mark.parametrize("turn", [((1, 0, 0), 90), ((0, 1, 0), 90), ((1, 0, 0), 180), ((1, 2, 3), 77)])
def test_however_a_part_lies_its_face_is_whole(sheet, turn):
    axis, degrees = turn
    document = read(write_flat({"sheet": sheet.val().rotate((0, 0, 0), axis, degrees)}))
    assert area(document) == pytest.approx(sheet.faces(">Z").val().Area(), rel=1e-4)
    assert {round(v[2], 6) for e in document.modelspace().query("LWPOLYLINE") for v in e.vertices_in_wcs()} == {0}


def test_a_face_is_seen_from_outside():
    """Engraved text would come out mirrored otherwise. This L has its foot to the right."""
    foot = cq.Workplane().polyline([(0, 0), (20, 0), (20, 5), (5, 5), (5, 30), (0, 30)]).close().extrude(2)
    one_sided = foot.union(cq.Workplane().box(1, 1, 5).translate((2, 20, 3)))  # the lower face is now the larger
    (seen,) = loops(read(write_flat({"l": one_sided.val()})), "OUTLINE")
    corners = {(round(x), round(y)) for x, y in seen.points}
    assert (20, 30) in corners, "turned over about x, so the foot is at the top"
    assert (20, 0) not in corners


def test_arcs_of_more_than_half_a_turn():
    keyhole = cq.Workplane().box(40, 40, 2).faces(">Z").workplane().circle(8).rect(6, 30).cutThruAll()
    document = read(write_flat({"plate": keyhole.val()}))
    assert area(document) == pytest.approx(keyhole.faces(">Z").val().Area(), rel=1e-4)
    head = (
        cq.Workplane().moveTo(-2, 0).lineTo(-2, -10).lineTo(2, -10).lineTo(2, 0).threePointArc((0, 12), (-2, 0)).close()
    )
    head = head.extrude(3)
    document = read(write_flat({"head": head.val()}))
    assert area(document) == pytest.approx(head.faces(">Z").val().Area(), rel=1e-4)


def test_other_curves_stay_curves():
    egg = (
        cq.Workplane()
        .ellipse(30, 20)
        .extrude(2)
        .faces(">Z")
        .workplane()
        .spline([(-10, 0), (0, 8), (10, 0)])
        .close()
        .cutThruAll()
    )
    document = read(write_flat({"egg": egg.val()}))
    assert {e.dxftype() for e in document.modelspace()} == {"ELLIPSE", "SPLINE", "LINE"}
    assert area(document) == pytest.approx(egg.faces(">Z").val().Area(), rel=1e-3)


def test_parts_lie_side_by_side_on_layers_of_their_own():
    parts = {
        "lid": cq.Workplane().box(20, 10, 2).val(),
        "base": cq.Workplane().box(30, 10, 2).faces(">Z").hole(3).val(),
    }
    document = read(write_flat(parts))
    (lid,), (base,) = loops(document, "lid OUTLINE"), loops(document, "base OUTLINE")
    assert lid.bounds == pytest.approx((0, 0, 20, 10))
    assert base.bounds == pytest.approx((30, 0, 60, 10))
    (hole,) = loops(document, "base HOLES")
    assert hole.area == pytest.approx(math.pi * 1.5**2, rel=0.01)


def test_a_part_without_a_flat_face_is_refused_by_name():
    with pytest.raises(ValueRefused, match="ball has no flat face"):
        write_flat({"ball": cq.Workplane().sphere(5).val()})


def test_the_same_part_gives_the_same_bytes(sheet):
    assert write_flat({"sheet": sheet.val()}) == write_flat({"sheet": sheet.val()})
