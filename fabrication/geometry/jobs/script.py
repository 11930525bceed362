"""Running an author's script: what it shows becomes parts, what it raises becomes a sentence with its line.

Only the confined child imports this to use it.
"""

import errno
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType, ModuleType, TracebackType
from typing import NoReturn

import cadquery as cq

from fabrication.errors import ScriptFailed, SourceError
from fabrication.geometry.jobs.files import MAX_PARTS, SCRIPT, part_name
from fabrication.geometry.parameters import with_values
from fabrication.recipes import Value

_WORDS = 500

KERNEL_SAYS = {
    "StdFail_NotDone": "a fillet, chamfer, shell or offset larger than the edges beside it is the usual cause",
    "Standard_ConstructionError": "a length of zero or a direction without length is the usual cause",
    "Standard_DomainError": "a length of zero or less is the usual cause",
    "Standard_NullObject": "an operation before it gave an empty shape",
    "Standard_NoSuchObject": "an edge or face was asked for that is not there",
}
NOT_HERE: dict[type[BaseException], str] = {
    OSError: "designs can neither open files nor reach other programs or the network",
    ImportError: "designs may import cadquery, numpy and Python's own modules",
    RecursionError: "a function calls itself without end",
}


@dataclass
class Shown:
    """What a script has shown so far: named shapes, in order."""

    parts: dict[str, cq.Shape] = field(default_factory=dict)

    def show_object(self, obj: object, name: object = None, options: object = None, **_: object) -> None:
        """`show_object(obj, name="lid")` of CQ-editor; colours and other options are for the eye alone."""
        if len(self.parts) >= MAX_PARTS:
            raise ValueError(f"a design may show at most {MAX_PARTS} parts")
        shape = _shape(obj)
        self.parts[self._free(part_name(name))] = shape

    def _free(self, name: str) -> str:
        """`name`, or with the first number that no part has yet."""
        number, free = 1, name
        while free in self.parts:
            number += 1
            free = f"{name} {number}"
        return free


def run_script(script: str, values: Mapping[str, Value]) -> dict[str, cq.Shape]:
    """The parts a script shows with these values. Raises `ScriptFailed` in the author's words, with their line."""
    shown = Shown()
    try:
        code = compile(with_values(script, values), SCRIPT, "exec")
    except SourceError as error:
        raise ScriptFailed(str(error), error.line) from None
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ScriptFailed(f"the script is no Python: {error}", getattr(error, "lineno", None)) from None
    _execute(code, shown.show_object)
    if not shown.parts:
        raise ScriptFailed('the script shows nothing; end it with show_object(part, name="part")')
    return shown.parts


def _execute(code: CodeType, show_object: Callable[..., None]) -> None:
    module = ModuleType("__cqgi__")  # the name CadQuery's own gateway gives a script
    module.__dict__.update(cq=cq, cadquery=cq, show_object=show_object, debug=lambda *_, **__: None)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        exec(code, module.__dict__)  # noqa: S102 (this is the one place for it: a confined child)
    except MemoryError:
        raise  # a limit of the forge's, which has its own words for it
    except BaseException as error:  # noqa: BLE001 (SystemExit and the author's own kinds too)
        _fail(error)


def _fail(error: BaseException) -> NoReturn:
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        raise error  # the same
    line, raised_by_author = _author_line(error.__traceback__)
    raise ScriptFailed(_words(error, raised_by_author), line) from None


def _author_line(traceback: TracebackType | None) -> tuple[int | None, bool]:
    """The innermost line of the author's file, and whether it raised the error itself."""
    line, innermost = None, False
    while traceback is not None:
        innermost = traceback.tb_frame.f_code.co_filename == SCRIPT
        if innermost:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line, innermost


def _words(error: BaseException, raised_by_author: bool) -> str:
    kind = type(error).__name__
    try:
        said = " ".join(str(error).split())[:_WORDS]
    except Exception:  # noqa: BLE001 (an author's class may fail even here)
        said = ""
    if isinstance(error, SystemExit):
        return "the script ended itself; it should run to its last line"
    if isinstance(error, ValueError) and said and (raised_by_author or type(error) is ValueError):
        return said
    if kind in KERNEL_SAYS:
        return f"the geometry kernel could not do this ({kind}): {KERNEL_SAYS[kind]}"
    hints = [hint for family, hint in NOT_HERE.items() if isinstance(error, family)]
    text = f"{kind}: {said}" if said else kind
    return f"{text} ({hints[0]})" if hints else text


def _shape(obj: object) -> cq.Shape:
    """One shape of solids from whatever was shown. Raises `ValueError` where there is none."""
    match obj:
        case cq.Assembly():
            shape: cq.Shape = obj.toCompound()
        case cq.Workplane():
            shapes = [each for each in obj.vals() if isinstance(each, cq.Shape)]
            shape = shapes[0] if len(shapes) == 1 else cq.Compound.makeCompound(shapes)
        case cq.Shape():
            shape = obj
        case _:
            raise ValueError(f"show_object takes a Workplane, a Shape or an Assembly, not {type(obj).__name__}")
    solids = shape.Solids()
    if not solids:
        raise ValueError("what is shown holds no solid: extrude, revolve or loft the sketch first")
    return solids[0] if len(solids) == 1 else cq.Compound.makeCompound(solids)
