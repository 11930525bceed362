"""What a script opens a model beside it with: `import_step("parent.step")`, `import_mesh("teeth.stl")`, or
`import_parts("clock.3mf")` for its bodies with their names and colours."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import cadquery as cq
from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.gp import gp_Trsf

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.bodies import is_mesh
from fabrication.geometry.jobs.uploads.limits import SOLID_TRIANGLES_MAX, shown
from fabrication.geometry.jobs.uploads.models import MESH_READERS, STEP_ENDINGS, UploadedBody, read_model

_LISTED = 10


def import_step(name: str) -> cq.Workplane:
    """The bodies of a STEP file beside the script, in mm. Raises `ValueError` in words for its author."""
    return _bodies(name, "import_step", STEP_ENDINGS, "import_mesh")


def import_mesh(name: str) -> cq.Workplane:
    """The bodies of an STL, 3MF or OBJ file beside the script, in mm. Raises `ValueError` in words for its author.

    Solids of flat faces where the triangles are closed and few; else bodies that can be moved and shown, not cut.
    """
    return _bodies(name, "import_mesh", tuple(MESH_READERS), "import_step")


def import_parts(name: str) -> list[UploadedBody]:
    """The bodies of any such file, each with `name`, `shape` and `colour` ("#rrggbb" or None). Raises `ValueError`."""
    return _read(_beside(name, "import_parts", (*STEP_ENDINGS, *MESH_READERS), ""))


def _bodies(name: str, function: str, endings: Iterable[str], other: str) -> cq.Workplane:
    return cq.Workplane("XY").newObject([body.shape for body in _read(_beside(name, function, endings, other))])


def _read(path: Path) -> list[UploadedBody]:
    try:
        bodies = read_model(path)
    except UploadRefused as error:
        raise ValueError(str(error)) from None
    if any(is_mesh(body.shape) for body in bodies):
        _teach_cadquery()
    return bodies


def _beside(name: str, function: str, endings: Iterable[str], other: str) -> Path:
    """The walls keep a script in its folder anyway; this is for the words."""
    if not isinstance(name, str):
        raise ValueError(f'{function} takes the name of a file, as in {function}("part{next(iter(endings))}")')  # noqa: TRY004 (said as it is)
    if "\0" in name or "\\" in name or name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise ValueError(f"{function} opens files beside the script by their name alone, not {shown(name)!r}")
    path, ending = Path(name), PurePosixPath(name).suffix.lower()
    if ending not in endings:
        hint = f"; {other} may be what you mean" if ending in (*STEP_ENDINGS, *MESH_READERS) else ""
        raise ValueError(f"{function} opens {', '.join(endings)}, not {shown(name)!r}{hint}")
    if not path.is_file():
        raise ValueError(f"there is no file {shown(name)!r} beside the script; {_there(endings)}")
    return path


def _there(endings: Iterable[str]) -> str:
    files = sorted(str(path) for path in Path().rglob("*") if path.is_file() and path.suffix.lower() in endings)
    if not files:
        return f"there is none that ends in {', '.join(endings)}"
    more = f" and {len(files) - _LISTED} more" if len(files) > _LISTED else ""
    return f"there is {', '.join(shown(name) for name in files[:_LISTED])}{more}"


def _teach_cadquery() -> None:
    """CadQuery moves a shape by copying its surfaces, and leaves triangles that have none where they were; and the
    kernel crashes when it cuts them. From here on both are right for such bodies, and nothing changes for others.
    """
    cq.Shape._apply_transform, cq.Shape._bool_op = _transform, _boolean


_CADQUERY_TRANSFORM, _CADQUERY_BOOLEAN = cq.Shape._apply_transform, cq.Shape._bool_op


def _transform(shape: cq.Shape, by: gp_Trsf) -> cq.Shape:
    if not is_mesh(shape):
        return _CADQUERY_TRANSFORM(shape, by)
    return shape.__class__(BRepBuilderAPI_Transform(shape.wrapped, by, True, True).Shape())


def _boolean(shape: cq.Shape, args: Iterable[cq.Shape], tools: Iterable[cq.Shape], *rest: object) -> cq.Shape:
    args, tools = list(args), list(tools)
    if any(is_mesh(each) for each in (*args, *tools)):
        raise ValueError(
            f"a mesh that is not closed, or has more than {SOLID_TRIANGLES_MAX:,} triangles, can be moved and shown, "
            "but not cut or joined: mend or reduce it in a mesh editor first"
        )
    return _CADQUERY_BOOLEAN(shape, args, tools, *rest)
