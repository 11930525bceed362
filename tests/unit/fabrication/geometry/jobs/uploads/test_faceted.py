import numpy as np
import pytest

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.bodies import is_mesh
from fabrication.geometry.jobs.uploads.faceted import body_of
from fabrication.geometry.jobs.uploads.raw import RawMesh


def body(corners, triangles):
    return body_of(RawMesh("", corners, triangles, None))


def test_closed_triangles_are_a_solid_of_merged_flat_faces(cube):
    shape, notes = body(cube.corners, cube.triangles)
    assert (len(shape.Solids()), len(shape.Faces()), notes) == (1, 6, [])
    assert shape.isValid()
    assert shape.Volume() == pytest.approx(1000)
    assert not is_mesh(shape)


def test_what_lies_apart_is_several_solids_and_what_lies_inside_is_a_cavity(cube):
    inner = (cube.corners / 2 + 2, cube.triangles[:, ::-1] + 8)
    apart = (cube.corners + 40, cube.triangles + 16)
    shape, notes = body(
        np.concatenate([cube.corners, inner[0], apart[0]]), np.concatenate([cube.triangles, inner[1], apart[1]])
    )
    assert notes == []
    assert sorted(round(solid.Volume()) for solid in shape.Solids()) == [875, 1000]
    assert shape.isValid()


def test_a_cavity_outside_everything_is_no_solid(cube):
    shape, notes = body(
        np.concatenate([cube.corners, cube.corners / 2 + 40]),
        np.concatenate([cube.triangles, cube.triangles[:, ::-1] + 8]),
    )
    assert is_mesh(shape)
    assert "makes no solid" in notes[0]


def test_open_triangles_stay_as_they_are_and_are_said(cube):
    shape, notes = body(cube.corners, cube.triangles[1:])
    assert is_mesh(shape)
    assert notes[0] == "3 edges are open"
    assert "not watertight" in notes[1]
    assert "no script can cut it" in notes[2]


def test_one_triangle_turned_is_said_and_stays_turned(cube):
    triangles = cube.triangles.copy()
    triangles[0] = triangles[0, ::-1]
    shape, notes = body(cube.corners, triangles)
    assert is_mesh(shape)
    assert notes[0] == "3 edges are between triangles that disagree which side is outside"


def test_a_surface_that_is_inside_out_as_a_whole_is_turned_and_said(cube):
    shape, notes = body(cube.corners, cube.triangles[:, ::-1])
    assert shape.Volume() == pytest.approx(1000)
    assert notes == ["it was inside out: all its triangles were turned"]


def test_triangles_that_cover_nothing_are_dropped_and_said(cube):
    shape, notes = body(cube.corners, np.concatenate([cube.triangles, [[3, 3, 5]]]))
    assert shape.isValid()
    assert notes == ["1 triangles with two corners in one place were dropped"]


def test_two_cubes_that_share_an_edge_stay_a_mesh(cube):
    other = np.array([0, 1, 2, 3, 4, 5, 6, 7]) + 8
    other[[0, 1]] = [6, 7]  # the one's edge is the other's too
    shape, notes = body(
        np.concatenate([cube.corners, cube.corners + np.array([10, 10, 0])]),
        np.concatenate([cube.triangles, other[cube.triangles]]),
    )
    assert is_mesh(shape)
    assert notes[0] == "1 edge is shared by more than two triangles"


def test_more_triangles_than_a_solid_may_have_stay_a_mesh(cube, monkeypatch):
    monkeypatch.setattr("fabrication.geometry.jobs.uploads.faceted.SOLID_TRIANGLES_MAX", 11)
    shape, notes = body(cube.corners, cube.triangles)
    assert is_mesh(shape)
    assert shape.Volume() == pytest.approx(1000)
    assert notes[0] == "it has 12 triangles, more than 11"


@pytest.mark.parametrize("scale", [0, 1e-6])
def test_what_has_no_size_is_refused(cube, scale):
    with pytest.raises(UploadRefused, match=r"smaller than 0\.001 mm"):
        body(cube.corners * scale, cube.triangles)


def test_a_flat_sheet_and_slivers_are_no_solid(cube):
    flat = cube.corners * [1, 1, 0]
    shape, notes = body(flat, cube.triangles)
    assert is_mesh(shape)
    assert notes
