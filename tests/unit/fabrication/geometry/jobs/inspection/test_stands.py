import math

import cadquery as cq
import numpy as np
import pytest
import trimesh

from fabrication.geometry.jobs.inspection.stands import best_stand, stand
from fabrication.geometry.jobs.inspection.surface import surface_of
from fabrication.geometry.jobs.meshes import mesh_of


def test_a_table_hangs_over_between_its_legs(inspected):
    legs = cq.Workplane().rect(50, 30, forConstruction=True).vertices().circle(3).extrude(26)
    table = inspected(legs.union(cq.Workplane().box(60, 40, 4).translate((0, 0, 28))))
    feet = 4 * math.pi * 9
    assert table.as_modelled.contact_mm2 == pytest.approx(feet, rel=0.005)
    assert table.as_modelled.overhang_mm2 == pytest.approx(60 * 40 - feet, rel=0.005)
    assert table.best.words == "turn it upside down"
    assert table.best.overhang_mm2 == 0
    assert table.best.contact_mm2 == pytest.approx(60 * 40)


TURNS = {
    "leave it as it is": ((1, 0, 0), 180),
    "turn it upside down": ((1, 0, 0), 0),
    "lay it on its left side": ((0, 1, 0), -90),
    "lay it on its right side": ((0, 1, 0), 90),
    "lay it on its front": ((1, 0, 0), 90),
    "lay it on its back": ((1, 0, 0), -90),
    "tilt it 120° to the right": ((0, 1, 0), 60),
    "tilt it 30° to the back-left": ((1, 1, 0), 210),
}


@pytest.mark.parametrize(("words", "turn"), TURNS.items())
def test_a_mushroom_stands_on_its_head(inspected, mushroom, words, turn):
    axis, degrees = turn
    found = inspected(mushroom.rotate((0, 0, 0), axis, degrees))
    best = found.best
    assert best.words == words
    assert best.overhang_mm2 == pytest.approx(0, abs=0.5)
    assert best.contact_mm2 == pytest.approx(math.pi * 400, rel=0.005)
    assert best.size_mm == pytest.approx((40, 40, 34), abs=0.1)
    axis, degrees = best.turn
    turned = trimesh.transformations.rotation_matrix(math.radians(degrees), axis)[:3, :3] @ np.array(best.down)
    assert turned == pytest.approx([0, 0, -1], abs=1e-5)


def test_an_overhang_of_just_the_angle_is_none(inspected):
    funnel = cq.Workplane().add(cq.Solid.makeCone(5, 15, 10))  # 45° to the bed
    assert inspected(funnel).as_modelled.overhang_mm2 == 0
    slope = math.pi * (5 + 15) * math.hypot(10, 10)
    assert inspected(funnel, overhang_deg=40.0).as_modelled.overhang_mm2 == pytest.approx(slope, rel=0.01)


def test_a_flatter_one_is_counted(inspected):
    funnel = cq.Workplane().add(cq.Solid.makeCone(5, 15, 9))
    found = inspected(funnel)
    assert found.as_modelled.overhang_mm2 == pytest.approx(math.pi * 20 * math.hypot(10, 9), rel=0.01)
    assert found.best.words == "turn it upside down"


def test_a_part_is_not_stood_where_it_would_fall(mushroom):
    surface = surface_of(mesh_of(mushroom.val(), 0.02, 0.15))
    modelled = stand(surface, np.array([0.0, 0.0, -1.0]), 45.0)
    for x, words in ((0, "turn it upside down"), (19, "turn it upside down"), (21, "leave it as it is")):
        assert best_stand(surface, np.array([x, 0.0, 20.0]), modelled, 45.0).words == words


def test_nothing_is_gained_by_turning_a_cube(inspected):
    cube = inspected(cq.Workplane().box(20, 20, 20))
    assert cube.best == cube.as_modelled
    assert cube.best.contact_mm2 == pytest.approx(400)
