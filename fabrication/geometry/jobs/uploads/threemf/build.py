"""3MF: core 1.4 with objects, units, build items, components and transforms; paths between models of the production
extension; base materials and colour groups where they colour a whole object.

Our own reader: the ones on PyPI follow entities, unpack by name, or expand every instance before they count them.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.files import MAX_PARTS
from fabrication.geometry.jobs.uploads.limits import TRIANGLES_MAX, check_corners, check_triangles, shown
from fabrication.geometry.jobs.uploads.raw import RawMesh, Reading
from fabrication.geometry.jobs.uploads.soundness import Corners, Triangles, compact, soundness, welded
from fabrication.geometry.jobs.uploads.threemf.model import ROOT_RELATIONSHIPS, ModelPart, Reference, root_model
from fabrication.geometry.jobs.uploads.threemf.package import Package

_VISITS_MAX, _DEPTH_MAX, _MODELS_MAX = 1_000, 16, 100
_NOT_MADE = {"support", "solidsupport", "other"}
"""Object types that are no body of the model (core 1.4, 4.1)."""

Transform = NDArray[np.float64]


def read_3mf(data: bytes) -> Reading:
    """One mesh for each mesh object that the build puts down, where its items and components put it.

    Raises `UploadRefused`.
    """
    package = Package(data)
    if ROOT_RELATIONSHIPS not in package:
        raise UploadRefused(f"it is a zip, but no 3MF: it has no {ROOT_RELATIONSHIPS!r}")
    build = _Build(package, root_model(package))
    items = build.model(build.root).items
    if not items:
        raise UploadRefused("its build is empty: it puts no object down")
    for item in items:
        build.place(item, (), ())
    if not build.meshes:
        raise UploadRefused("it puts down no object with triangles")
    return Reading(build.meshes, build.notes)


@dataclass
class _Build:
    package: Package
    root: str
    models: dict[str, ModelPart] = field(default_factory=dict)
    meshes: list[RawMesh] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    visits: int = 0
    triangles: int = 0

    def model(self, path: str) -> ModelPart:
        if path not in self.models:
            if len(self.models) >= _MODELS_MAX:
                raise UploadRefused(f"it has more than {_MODELS_MAX} model files")
            read = sum(model.triangles for model in self.models.values())
            self.models[path] = model = ModelPart(self.package, path, TRIANGLES_MAX - read)
            if model.unit != self.models[self.root].unit:
                raise UploadRefused("its model files have different units")
        return self.models[path]

    def place(self, reference: Reference, placed: tuple[Transform, ...], above: tuple[tuple[str, str], ...]) -> None:
        """Put an object down with everything it refers to; counted before anything is copied.

        `above` are the objects whose component it is, `placed` their transforms, innermost first.
        """
        self.visits += 1
        if self.visits > _VISITS_MAX:
            raise UploadRefused(f"its build comes to more than {_VISITS_MAX:,} components")
        path = reference.path or (above[-1][0] if above else self.root)
        spot = (path, reference.object)
        if spot in above:
            raise UploadRefused(f"object {shown(reference.object)} is a component of itself")
        if len(above) >= _DEPTH_MAX:
            raise UploadRefused(f"its components are nested more than {_DEPTH_MAX} deep")
        model = self.model(path)
        found = model.objects.get(reference.object)
        if found is None:
            raise UploadRefused(f"object {shown(reference.object)} is referred to, but it is not there")
        if found.type in _NOT_MADE:
            self.notes.append(f"objects of type {found.type!r} were left out")
            return
        placed = (reference.transform, *placed)
        for component in found.components:
            self.place(component, placed, (*above, spot))
        if found.corners is not None and found.triangles is not None:
            self._add(found.name, model.colour(found), placed, found.corners, found.triangles)

    def _add(
        self, name: str, colour: str | None, placed: tuple[Transform, ...], corners: Corners, triangles: Triangles
    ) -> None:
        if len(self.meshes) >= MAX_PARTS:
            raise UploadRefused(f"it puts down more than {MAX_PARTS} bodies, which is the most that are taken")
        self.triangles += len(triangles)
        check_triangles(self.triangles)
        turned = False
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused in words below
            for transform in placed:
                corners = corners @ transform[:3, :3] + transform[3, :3]
                turned ^= bool(np.linalg.det(transform[:3, :3]) < 0)
            corners = corners * self.models[self.root].scale_mm
        check_corners(corners)
        if turned:
            triangles = triangles[:, ::-1]  # a mirror turns a surface inside out (core 1.4, 3.3)
        if not soundness(corners, triangles).closed:
            corners, triangles = welded(corners, triangles)
        self.meshes.append(RawMesh(name, *compact(corners, triangles), colour))
