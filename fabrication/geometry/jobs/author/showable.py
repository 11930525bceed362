"""What can be shown: anything that holds solids, taken apart into named, placed, coloured bodies."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import GeneratorType

import cadquery as cq
from OCP.TopoDS import TopoDS_Shape

from fabrication.geometry.jobs.author import colours

_UNNAMED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What CadQuery calls a node that its author gave no name."""
_BUILDERS = ("part", "sketch", "line")
"""What the builders of build123d call what they made."""
_FLAT = {"Face": "faces", "Shell": "faces", "Wire": "wires", "Edge": "edges", "Vertex": "points", "Vector": "points"}


@dataclass(frozen=True, slots=True)
class Body:
    """One part as shown: a solid, or a compound of solids; its colour "#rrggbb" or None."""

    shape: cq.Shape
    colour: str | None


Leaf = tuple[str | None, Body]


def is_showable(obj: object) -> bool:
    """Whether `obj` is a thing of CadQuery or build123d that holds a solid."""
    if not isinstance(obj, cq.Workplane | cq.Shape | cq.Assembly | TopoDS_Shape) and not _is_build123d(obj):
        return False
    try:
        return any(True for _ in leaves(obj, None, None))
    except ValueError:
        return False


def leaves(obj: object, name: str | None, colour: str | None) -> Iterator[Leaf]:
    """The bodies of `obj`, with their names where they have any. What has no name or colour of its own gets these.

    Raises `ValueError` where there is no solid to make, with what to do about it.
    """
    what = f'"{name}"' if name else "what is shown"
    match obj:
        case None:
            raise ValueError(f"{what} is None: does a function that makes it forget its `return`?")
        case cq.Assembly():
            yield from _of_assembly(obj, what, name, colour)
        case cq.Workplane():
            yield name, Body(_solids(obj.vals(), what), colour)
        case cq.Shape():
            yield name, Body(_solids([obj], what), colour)
        case cq.Sketch():
            raise ValueError(
                f"{what} is a sketch, which has no thickness: "
                "show cq.Workplane().placeSketch(sketch).extrude(height) instead"
            )
        case TopoDS_Shape():
            yield name, Body(_solids([cq.Shape.cast(obj)], what), colour)
        case Mapping():
            for key, each in obj.items():
                yield from leaves(each, str(key), colour)
        case list() | tuple() | set() | GeneratorType() if not _is_build123d(obj) or isinstance(obj, list):
            yield from _of_many(obj, what, name, colour)
        case _ if _is_build123d(obj):
            yield from _of_build123d(obj, what, name, colour)
        case _:
            raise ValueError(
                "show_object takes a Workplane, a Shape, an Assembly or a list of them, "
                f"not {'a class' if isinstance(obj, type) else type(obj).__name__}"
            )


def _of_many(objects: Iterable[object], what: str, name: str | None, colour: str | None) -> Iterator[Leaf]:
    empty = True
    for each in objects:
        empty = False
        yield from leaves(each, name, colour)
    if empty:
        raise ValueError(f"{what} is an empty list")


def _of_assembly(assembly: cq.Assembly, what: str, name: str | None, colour: str | None) -> Iterator[Leaf]:
    """Nodes are named by their path below the root; lines and faces beside solids are for the eye alone."""
    solid = False
    for shape, path, place, own in assembly:
        if not shape.Solids():
            continue
        solid = True
        root, *below = path.split("/")
        nodes = [node for node in below or [name or root] if not _UNNAMED.fullmatch(node)]
        body = Body(_solids([shape.moved(place)], what), colours.as_hex(own) if own else colour)
        yield " ".join(nodes) or name, body
    if not solid:
        raise ValueError(f"{what} is an assembly without a solid: add parts to it")


def _is_build123d(obj: object) -> bool:
    return any(base.__module__.partition(".")[0] == "build123d" for base in type(obj).__mro__)


def _of_build123d(obj: object, what: str, name: str | None, colour: str | None) -> Iterator[Leaf]:
    for builder in _BUILDERS:  # with BuildPart() as plate: … show(plate)
        if hasattr(obj, builder) and not hasattr(obj, "wrapped"):
            obj = getattr(obj, builder)
            break
    wrapped = getattr(obj, "wrapped", None)
    if wrapped is None:
        raise ValueError(f"{what} holds nothing")
    name = name or getattr(obj, "label", "") or None
    own = getattr(obj, "color", None)
    colour = colours.as_hex(own) if own is not None else colour
    children = getattr(obj, "children", ())
    if not children:
        yield name, Body(_solids([cq.Shape.cast(wrapped)], what), colour)
    place = cq.Location(wrapped.Location())
    for child in children:
        for child_name, body in _of_build123d(child, what, getattr(child, "label", "") or name, colour):
            yield child_name, Body(body.shape.moved(place), body.colour)


def _solids(objects: Iterable[object], what: str) -> cq.Shape:
    solids: list[cq.Solid] = []
    others: set[str] = set()
    for each in objects:
        found = each.Solids() if isinstance(each, cq.Shape) else []
        solids += found
        if not found:
            inner = list(each) if isinstance(each, cq.Compound) else [each]
            others |= {_FLAT[type(one).__name__] for one in inner if type(one).__name__ in _FLAT}
    if not solids:
        only = f", only {' and '.join(sorted(others))}" if others else ""
        raise ValueError(f"{what} holds no solid{only}: extrude, revolve, loft or sweep the outline first")
    return solids[0] if len(solids) == 1 else cq.Compound.makeCompound(solids)
