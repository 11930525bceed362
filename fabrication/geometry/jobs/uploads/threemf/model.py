"""One model file of a 3MF as its XML says it, nothing placed yet."""

import re
from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads.limits import check_triangles, shown
from fabrication.geometry.jobs.uploads.threemf.package import Package
from fabrication.geometry.jobs.uploads.threemf.xml import SEPARATOR, listen

_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_MATERIAL = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
_PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
_KNOWN_EXTENSIONS = {_CORE, _MATERIAL, _PRODUCTION}
_RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_MODEL_TYPE = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
ROOT_RELATIONSHIPS = "_rels/.rels"
MM = {"micron": 0.001, "millimeter": 1.0, "centimeter": 10.0, "inch": 25.4, "foot": 304.8, "meter": 1000.0}
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")
_THINGS_MAX = 10_000


@dataclass(frozen=True)
class Reference:
    """To an object of this file or of `path`, put down with `transform` (4, 4), which row vectors are multiplied by."""

    object: str
    path: str | None
    transform: NDArray[np.float64]


@dataclass
class Object:
    """Corners (n, 3) in the file's own unit and triangles (m, 3), or components; or neither."""

    name: str
    type: str
    colour: tuple[str, int]
    components: list[Reference] = field(default_factory=list)
    corners: NDArray[np.float64] | None = None
    triangles: NDArray[np.int64] | None = None


class ModelPart:
    """What the file `path` of `package` says. Raises `UploadRefused`, also for more than `triangles_max` triangles."""

    def __init__(self, package: Package, path: str, triangles_max: int) -> None:
        self.unit: str | None = None
        self.objects: dict[str, Object] = {}
        self.items: list[Reference] = []
        self.triangles = 0
        self._triangles_max = triangles_max
        self._colours: dict[str, list[str | None]] = {}
        self._group: list[str | None] = []
        self._prefixes: dict[str, str] = {}
        self._open: Object | None = None
        self._coordinates, self._indices = array("d"), array("q")
        self._called = shown(path)
        listen(package.pieces(path), self, self._called)
        if self.unit is None:
            raise UploadRefused(f"{self._called!r} in it is no 3MF model")

    @property
    def scale_mm(self) -> float:
        """Of the file's unit."""
        return MM[self.unit or "millimeter"]

    def colour(self, of: Object) -> str | None:
        """As "#rrggbb", where the object as a whole has one."""
        group, index = of.colour
        colours = self._colours.get(group, [])
        return colours[index] if 0 <= index < len(colours) else None

    def namespace(self, prefix: str, uri: str) -> None:
        """Which prefixes the model's own element has."""
        if self.unit is None:
            self._prefixes[prefix] = uri

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """Elements of unknown extensions are passed over, as the core asks for (core 1.4, 2.3.1)."""
        if name not in _ELEMENTS:
            return
        try:
            _ELEMENTS[name](self, attributes)
        except KeyError as error:
            raise UploadRefused(f"{self._called!r} in it lacks the attribute {error}") from None
        except (ValueError, OverflowError) as error:
            raise UploadRefused(f"{self._called!r} in it has what is no number ({shown(str(error))})") from None

    def end(self, name: str) -> None:
        """A mesh is checked when it is complete: a triangle may come before its corners."""
        if self._open is None or name not in (_MESH, _OBJECT):
            return
        if name == _OBJECT:
            self._open = None
            return
        corners = np.array(self._coordinates, np.float64).reshape(-1, 3)
        triangles = np.array(self._indices, np.int64).reshape(-1, 3)
        self._coordinates, self._indices = array("d"), array("q")
        if len(triangles):
            if triangles.min() < 0 or triangles.max() >= len(corners):
                raise UploadRefused(f"a triangle of an object names a corner that is not among its {len(corners):,}")
            self._open.corners, self._open.triangles = corners, triangles

    def on_model(self, attributes: dict[str, str]) -> None:
        self.unit = attributes.get("unit", "millimeter")
        if self.unit not in MM:
            raise UploadRefused(f"its unit is {shown(self.unit)!r}; a 3MF has {', '.join(MM)}")
        for prefix in attributes.get("requiredextensions", "").split():
            uri = self._prefixes.get(prefix, prefix)
            if uri not in _KNOWN_EXTENSIONS:
                raise UploadRefused(f"it requires the 3MF extension {shown(uri)!r}, which is not read here")

    def on_colours(self, attributes: dict[str, str]) -> None:
        self._group = self._colours[attributes["id"]] = []
        self._count(len(self._colours), "groups of colours")

    def on_colour(self, attributes: dict[str, str]) -> None:
        text = attributes.get("displaycolor", attributes.get("color", ""))
        self._group.append(text[:7].lower() if _COLOUR.fullmatch(text) else None)
        self._count(len(self._group), "colours in a group")

    def on_object(self, attributes: dict[str, str]) -> None:
        number = attributes["id"]
        if number in self.objects:
            raise UploadRefused(f"two objects have the number {shown(number)}")
        colour = attributes.get("pid", ""), int(attributes.get("pindex", "0"))
        self._open = Object(shown(attributes.get("name", "")), attributes.get("type", "model"), colour)
        self.objects[number] = self._open
        self._count(len(self.objects), "objects")

    def on_vertex(self, attributes: dict[str, str]) -> None:
        self._coordinates.extend((float(attributes["x"]), float(attributes["y"]), float(attributes["z"])))
        self._count(len(self._coordinates) // 3, "corners", 3 * self._triangles_max)

    def on_triangle(self, attributes: dict[str, str]) -> None:
        self._indices.extend((int(attributes["v1"]), int(attributes["v2"]), int(attributes["v3"])))
        self.triangles += 1
        if self.triangles > self._triangles_max:
            check_triangles(self.triangles + self._triangles_max)

    def on_component(self, attributes: dict[str, str]) -> None:
        if self._open is not None:
            self._open.components.append(_reference(attributes))
            self._count(len(self._open.components), "components in an object")

    def on_item(self, attributes: dict[str, str]) -> None:
        self.items.append(_reference(attributes))
        self._count(len(self.items), "items in its build")

    def _count(self, number: int, what: str, most: int = _THINGS_MAX) -> None:
        if number > most:
            raise UploadRefused(f"it has more than {most:,} {what}")


def _reference(attributes: dict[str, str]) -> Reference:
    """Raises `UploadRefused` for a transform that is none (core 1.4, 3.3: twelve numbers, row by row)."""
    transform = np.eye(4)
    if "transform" in attributes:
        words = attributes["transform"].split()
        if len(words) != 12:
            raise UploadRefused(f"a transform has {len(words)} numbers instead of 12")
        transform[:, :3] = np.array([float(word) for word in words]).reshape(4, 3)
        with np.errstate(over="ignore", invalid="ignore"):
            size = np.linalg.det(transform[:3, :3])
        if not np.isfinite(transform).all() or not np.isfinite(size) or size == 0:
            raise UploadRefused(f"a transform, {shown(attributes['transform'])!r}, flattens what it moves")
    path = attributes.get(f"{_PRODUCTION}{SEPARATOR}path")
    return Reference(attributes["objectid"], path, transform)


def root_model(package: Package) -> str:
    """Where the package says that its model is. Raises `UploadRefused`."""
    found: list[str] = []

    class Relationships:
        def namespace(self, prefix: str, uri: str) -> None:
            pass

        def begin(self, name: str, attributes: dict[str, str]) -> None:
            internal = attributes.get("TargetMode", "Internal") == "Internal"
            if name == _RELATIONSHIP and attributes.get("Type") == _MODEL_TYPE and internal:
                found.append(attributes.get("Target", ""))

        def end(self, name: str) -> None:
            pass

    listen(package.pieces(ROOT_RELATIONSHIPS), Relationships(), ROOT_RELATIONSHIPS)
    if not found:
        raise UploadRefused("it is a zip, but no 3MF: it does not say which of its files is the model")
    return found[0]


_MESH, _OBJECT = f"{_CORE}{SEPARATOR}mesh", f"{_CORE}{SEPARATOR}object"
_ELEMENTS = {
    f"{_CORE}{SEPARATOR}model": ModelPart.on_model,
    f"{_CORE}{SEPARATOR}basematerials": ModelPart.on_colours,
    f"{_CORE}{SEPARATOR}base": ModelPart.on_colour,
    f"{_MATERIAL}{SEPARATOR}colorgroup": ModelPart.on_colours,
    f"{_MATERIAL}{SEPARATOR}color": ModelPart.on_colour,
    _OBJECT: ModelPart.on_object,
    f"{_CORE}{SEPARATOR}vertex": ModelPart.on_vertex,
    f"{_CORE}{SEPARATOR}triangle": ModelPart.on_triangle,
    f"{_CORE}{SEPARATOR}component": ModelPart.on_component,
    f"{_CORE}{SEPARATOR}item": ModelPart.on_item,
}
