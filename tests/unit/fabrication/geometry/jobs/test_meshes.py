"""Triangles are where the surface is, face outwards, and are a function of the shape and the tolerance alone."""

import cadquery as cq
import numpy as np
import pytest
import trimesh

from fabrication.geometry.jobs.bodies import solid_of_mesh
from fabrication.geometry.jobs.meshes import mesh_of, welded

FINE = (0.02, 0.15)


@pytest.fixture(scope="module")
def filleted():
    """A box that lies elsewhere than it was made, with a mirrored twin: both orientations of face, and a location."""
    box = cq.Workplane().box(6, 4, 3).edges("|Z").fillet(1).faces(">Z").hole(1.5).val()
    placed = box.moved(cq.Location((20, -5, 3), (1, 2, 3), 40))
    return cq.Compound.makeCompound([box, placed, box.mirror("YZ", (-10, 0, 0))])


def test_the_surface_is_closed_and_holds_the_volume(filleted):
    corners, triangles = welded(mesh_of(filleted, *FINE))
    mesh = trimesh.Trimesh(corners, triangles, process=False)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume == pytest.approx(filleted.Volume(), rel=0.003)
    box = filleted.BoundingBox()
    assert mesh.bounds == pytest.approx(
        np.array([[box.xmin, box.ymin, box.zmin], [box.xmax, box.ymax, box.zmax]]), abs=0.02
    )


def test_normals_are_of_length_one_and_point_out(filleted):
    mesh = mesh_of(filleted, *FINE)
    assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1.0, abs=1e-6)
    ends = mesh.corners[mesh.triangles]
    flat = np.cross(ends[:, 1] - ends[:, 0], ends[:, 2] - ends[:, 0])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    assert (mesh.normals[mesh.triangles] * flat[:, None]).sum(axis=2).min() > 0.95


def test_what_a_shape_was_meshed_for_before_changes_nothing():
    fresh, used = (cq.Workplane().sphere(5).val() for _ in range(2))
    mesh_of(used, 0.001, 0.05)
    first, second = mesh_of(fresh, *FINE), mesh_of(used, *FINE)
    assert (first.corners == second.corners).all()
    assert (first.triangles == second.triangles).all()


def test_a_body_of_triangles_keeps_them_where_it_lies():
    ball, cube = trimesh.creation.icosphere(3), trimesh.creation.box((2, 2, 2))
    both = cq.Compound.makeCompound(
        [
            solid_of_mesh(ball.vertices, ball.faces).moved(cq.Location((10, 0, 0))),
            solid_of_mesh(cube.vertices, cube.faces),
        ]
    )
    mesh = mesh_of(both, *FINE)
    assert len(mesh.triangles) == len(ball.faces) + 12
    assert mesh.corners.max(0) == pytest.approx([11, 1, 1])
    assert len(mesh.corners) == len(ball.vertices) + 36, "a ball is smooth to the eye and a cube is not"
    of_cube = mesh.normals[-36:]
    assert np.abs(of_cube).max(axis=1) == pytest.approx(1.0)
    corners, triangles = welded(mesh)
    assert len(corners) == len(ball.vertices) + 8
    assert trimesh.Trimesh(corners, triangles, process=False).is_watertight


def test_triangles_and_surfaces_in_one_shape():
    cube = trimesh.creation.box((2, 2, 2))
    both = cq.Compound.makeCompound([solid_of_mesh(cube.vertices, cube.faces), cq.Workplane().box(1, 1, 1).val()])
    assert len(mesh_of(both, *FINE).triangles) == 24


def test_a_shape_without_surface_is_refused():
    with pytest.raises(ValueError, match="no surface"):
        mesh_of(cq.Compound.makeCompound([]), *FINE)
