import math
import runpy
from pathlib import Path

import cadquery as cq
import pytest

from fabrication.geometry.findings import findings

BLOCK = cq.Workplane().box(40, 40, 20, centered=(True, True, False))
DESIGNS = Path(__file__).parents[6] / "designs"


@pytest.mark.parametrize(
    ("hollow", "hangs_mm2"),
    [
        (cq.Workplane().circle(4).extrude(12), 0),  # a bore
        (cq.Workplane().box(9, 60, 16), 0),  # a slot from front to back
        (cq.Workplane("XZ").center(0, 8).circle(3).extrude(60, both=True), 0),  # a hole that lies
        (cq.Workplane().circle(8).extrude(12), math.pi * 64),  # too wide
        (cq.Workplane().box(60, 4, 12).translate((0, 20, 0)), 40 * 2),  # a shelf along one side
        (cq.Workplane().box(12, 12, 12).translate((20, 20, 0)), 36),  # in a corner
    ],
    ids=["bore", "slot", "lying", "wide", "shelf", "corner"],
)
def test_a_roof_that_a_printer_bridges_does_not_hang_over(inspected, hollow, hangs_mm2):
    found = inspected(BLOCK.cut(hollow))
    assert found.as_modelled.overhang_mm2 == pytest.approx(hangs_mm2, rel=0.005, abs=0.01)


def test_what_hangs_over_counts_beside_a_roof_that_does_not(inspected):
    both = BLOCK.cut(cq.Workplane().circle(3).extrude(12)).union(cq.Workplane().box(60, 10, 4).translate((0, 0, 18)))
    assert inspected(both).as_modelled.overhang_mm2 == pytest.approx(200)


def test_a_hole_through_a_thin_plate_is_bridged_too(inspected):
    plate = cq.Workplane("XZ").rect(40, 40).extrude(2).cut(cq.Workplane("XZ").circle(3).extrude(2))
    assert inspected(plate).as_modelled.overhang_mm2 == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("slug", ["knob", "pipe-clamp"])
def test_a_shipped_design_prints_as_its_readme_says(inspected, slug):
    shown = []
    runpy.run_path(str(DESIGNS / slug / "design.py"), {"show_object": lambda body, **_: shown.append(body)})
    (part,) = shown
    assert findings(inspected(part)) == ()
