import cadquery as cq
import numpy as np
import pytest
import trimesh

from fabrication.geometry.jobs.bodies import solid_of_mesh
from fabrication.geometry.jobs.inspect import inspect


@pytest.fixture(scope="session")
def inspected():
    """What is found of a body, without a picture."""

    def found(body, overhang_deg=45.0):
        return inspect(body.val() if isinstance(body, cq.Workplane) else body, overhang_deg)[0]

    return found


@pytest.fixture(scope="session")
def mushroom():
    """A disc of radius 20 on top of a stem of radius 4, as high as 34."""
    stem = cq.Workplane().circle(4).extrude(30)
    return stem.faces(">Z").workplane().circle(20).extrude(4)


@pytest.fixture(scope="session")
def potato():
    """A closed mesh that is no simple body, off the origin, measured by somebody else's code."""
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=20)
    mesh.vertices *= 1 + 0.2 * np.sin(mesh.vertices[:, [0]] / 7)
    mesh.apply_translation([100, -30, 5])
    return mesh


@pytest.fixture(scope="session")
def as_body():
    """A trimesh mesh as a body that is triangles alone."""
    return lambda mesh: solid_of_mesh(np.asarray(mesh.vertices), np.asarray(mesh.faces))
