import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fabrication.geometry.jobs.uploads.soundness import compact, shells, soundness, volume, welded, winding


def test_a_cube_is_sound(cube):
    found = soundness(cube.corners, cube.triangles)
    assert found.sound
    assert found.volume_mm3 == pytest.approx(1000)
    assert (found.open_edges, found.turned_edges, found.crowded_edges) == (0, 0, 0)


def test_what_is_wrong_is_counted(cube):
    lacking = soundness(cube.corners, cube.triangles[1:])
    assert (lacking.open_edges, lacking.closed) == (3, False)
    turned = cube.triangles.copy()
    turned[0] = turned[0, ::-1]
    assert (soundness(cube.corners, turned).turned_edges, soundness(cube.corners, turned).closed) == (3, False)
    twice = soundness(cube.corners, np.concatenate([cube.triangles, cube.triangles]))
    assert (twice.crowded_edges, twice.closed, twice.sound) == (18, True, False)
    inside_out = soundness(cube.corners, cube.triangles[:, ::-1])
    assert (inside_out.closed, inside_out.sound) == (True, False)
    assert inside_out.volume_mm3 == pytest.approx(-1000)


def test_volume_is_exact_far_from_the_origin(cube):
    assert volume(cube.corners + 1e6, cube.triangles) == pytest.approx(1000)


@settings(max_examples=30)
@given(st.integers(1, 12), st.randoms())
def test_shells_are_found_in_any_order(cube, many, random):
    order = list(range(12 * many))
    random.shuffle(order)
    triangles = np.concatenate([cube.triangles + 8 * number for number in range(many)])[order]
    found = shells(triangles)
    assert sorted(len(shell) for shell in found) == [12] * many
    assert all(len({int(index) // 8 for index in shell.flat}) == 1 for shell in found)


def test_a_long_strip_is_one_shell():
    strip = np.array([(i, i + 1, i + 2) if i % 2 else (i + 1, i, i + 2) for i in range(5_000)])
    assert len(shells(np.random.default_rng(0).permutation(strip))) == 1


def test_winding_tells_inside_from_outside(cube):
    assert winding(np.array([5.0, 5, 5]), cube.corners, cube.triangles) == pytest.approx(1)
    assert winding(np.array([15.0, 5, 5]), cube.corners, cube.triangles) == pytest.approx(0)


@settings(max_examples=50)
@given(st.lists(st.tuples(*[st.sampled_from([0.0, -0.0, 1.0, 1e-45, 2.5])] * 3), min_size=3, max_size=30))
def test_welding_joins_equal_corners_only(places):
    corners = np.array(places)
    triangles = np.arange(len(places) // 3 * 3).reshape(-1, 3)
    joined, same = welded(corners, triangles)
    assert len(joined) == len({tuple(place) for place in (corners + 0.0).tolist()})
    assert (joined[same] == corners[triangles]).all()
    assert (compact(joined, same)[0][compact(joined, same)[1]] == corners[triangles]).all()
