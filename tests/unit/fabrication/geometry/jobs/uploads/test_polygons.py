import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads.polygons import Polygons

L = [(0, 0, 0), (2, 0, 0), (2, 1, 0), (1, 1, 0), (1, 2, 0), (0, 2, 0)]


def triangulated(indices, places):
    return Polygons(np.array(places, float)).triangles(np.array([list(indices)]))


def area(triangles, places):
    corners = np.array(places, float)[triangles]
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2


def rolled(places, by):
    return places[by:] + places[:by]


@pytest.mark.parametrize("by", range(6))
@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 0, 2)])
def test_a_concave_polygon_is_covered_once(by, axes):
    places = [tuple(place[axis] for axis in axes) for place in rolled(L, by)]
    found = area(triangulated(range(6), places), places)
    assert np.linalg.norm(found.sum(axis=0)) == pytest.approx(3)
    assert np.linalg.norm(found, axis=1).sum() == pytest.approx(3)


def test_a_hole_that_is_joined_to_the_outline_stays_a_hole():
    outer, inner = [(0, 0, 0), (3, 0, 0), (3, 3, 0), (0, 3, 0)], [(1, 1, 0), (1, 2, 0), (2, 2, 0), (2, 1, 0)]
    keyhole = [*outer, outer[0], *inner, inner[0]]
    assert np.linalg.norm(area(triangulated(range(10), keyhole), keyhole), axis=1).sum() == pytest.approx(8)


def test_a_long_concave_outline_is_refused_and_a_long_convex_one_is_not():
    angles = np.linspace(0, 2 * np.pi, 600, endpoint=False)
    circle = [(np.cos(a), np.sin(a), 0.0) for a in angles]
    assert len(triangulated(range(600), circle)) == 598
    star = [(x * (1 + i % 2), y * (1 + i % 2), 0.0) for i, (x, y, _) in enumerate(circle)]
    with pytest.raises(UploadRefused, match="600 corners and is not convex"):
        triangulated(range(600), star)


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.floats(-10, 10, width=16)] * 3), min_size=3, max_size=12))
def test_any_polygon_gives_two_triangles_less_than_corners(places):
    found = triangulated(range(len(places)), places)
    assert len(found) == len(places) - 2
    assert {int(index) for index in found.flat} == set(range(len(places)))


def test_many_polygons_at_once_keep_their_shapes():
    square = [(0, 0, 0), (2, 0, 0), (2, 2, 0), (0, 2, 0)]
    arrow = [(5, 0, 0), (7, 1, 0), (5, 2, 0), (5.5, 1, 0)]
    places = np.array(square + arrow, float)
    found = Polygons(places).triangles(np.array([[0, 1, 2, 3], [4, 5, 6, 7], [3, 2, 1, 0]]))
    assert np.linalg.norm(area(found, places), axis=1).sum() == pytest.approx(4 + 1.5 + 4)
    assert area(found, places).sum(axis=0)[2] == pytest.approx(4 + 1.5 - 4)


def test_more_concave_corners_than_can_be_worked_through_are_refused():
    angles = np.linspace(0, 2 * np.pi, 500, endpoint=False)
    star = np.array([(np.cos(a) * (1 + i % 2), np.sin(a) * (1 + i % 2), 0.0) for i, a in enumerate(angles)])
    with pytest.raises(UploadRefused, match="too many faces that are not convex"):
        Polygons(star).triangles(np.tile(np.arange(500), (5, 1)))
