"""What a script died of, as one sentence for its author, with the file and the line."""

import os
import traceback
from pathlib import Path

from pyparsing import ParseBaseException

from fabrication.errors import ScriptFailed
from fabrication.geometry.jobs.author.stage import NotHere
from fabrication.geometry.jobs.files import SCRIPT
from fabrication.geometry.parameters import python_says

_WORDS = 500
_LISTED, _QUOTED = 8, 60

_SELECTORS = 'selectors are like ">Z", "|X", "#Y" or "%CIRCLE", joined by "and", "or", "not", "exc"'

KERNEL_SAYS = {
    "StdFail_NotDone": "a fillet, chamfer, shell or offset larger than the edges beside it is the usual cause",
    "Standard_ConstructionError": "a length of zero or a direction without length is the usual cause",
    "gp_VectorWithNullMagnitude": "a direction without length is the usual cause",
    "Standard_DomainError": "a length of zero or less is the usual cause",
    "Standard_NullObject": "an operation before it gave an empty shape",
    "Standard_NoSuchObject": "an edge or face was asked for that is not there",
    "Standard_TypeMismatch": "a curve or face is of another kind than this operation takes",
    "Standard_OutOfRange": "an edge, face or number was asked for that is not there",
}
HINTS: dict[type[BaseException], str] = {
    RecursionError: "a function calls itself without end",
    EOFError: "nobody is there to answer; make it a parameter",
    PermissionError: (
        "a design reads the files beside it, makes no folders and writes nowhere else; "
        "what it shows can be had in every format"
    ),
    OSError: "a design can open only the files that came with it",
}


def failure(error: BaseException, folder: Path) -> ScriptFailed:
    """`error`, raised while the script in `folder` (absolute) ran; the line is that of its `design.py`."""
    inside = f"{folder}{os.sep}"
    frames = [
        (frame.filename.removeprefix(inside), frame.lineno) if frame.filename.startswith(inside) else None
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    places = [place for place in frames if place]
    words = sentence(error, by_author=bool(frames) and frames[-1] is not None, folder=folder)
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(inside):
        places.append((str(error.filename).removeprefix(inside), error.lineno))
    line = next((line for file, line in reversed(places) if file == SCRIPT), None)
    if places and places[-1][0] != SCRIPT:
        words = f"{places[-1][0]}, line {places[-1][1]}: {words}"
    return ScriptFailed(words, line)


def sentence(error: BaseException, *, by_author: bool, folder: Path) -> str:
    """Without its place. `by_author`: raised in the author's own code, where a `ValueError` is a word to people."""
    kind = type(error).__name__
    try:
        said = " ".join(python_says(error).split())[:_WORDS]
    except Exception:  # noqa: BLE001 (an author's class may fail even here)
        said = ""
    text = f"{kind}: {said}" if said else kind
    match error:
        case SystemExit():
            return _of_exit(error)
        case SyntaxError():
            return f"this is no Python: {said}"
        case FileNotFoundError() if error.filename is not None:
            return _of_missing(str(error.filename), folder)
        case NotHere():
            return said
        case ValueError() if said and (by_author or type(error) is ValueError):
            return said
        case ParseBaseException():
            text = f"CadQuery cannot read {error.pstr[:_QUOTED]!r}; {_SELECTORS}"
        case _ if kind in KERNEL_SAYS:
            text = f"the geometry kernel could not do this ({kind}): {KERNEL_SAYS[kind]}"
    hint = next((hint for family, hint in HINTS.items() if isinstance(error, family)), None)
    return f"{text} ({hint})" if hint else text


def _of_exit(error: SystemExit) -> str:
    if isinstance(error.code, str) and error.code.strip():
        return " ".join(error.code.split())[:_WORDS]
    return "the script ended itself before its last line; it should show its parts and run to the end"


def _of_missing(name: str, folder: Path) -> str:
    if not (folder / name).parent.is_dir():
        parent = str(Path(name).parent)
        return f"there is no folder {parent!r} with this design; what it shows can be had in every format without it"
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    others = [file for file in files if file != SCRIPT]
    listed = ", ".join(others[:_LISTED]) + (" …" if len(others) > _LISTED else "")
    beside = f"beside it lie {listed}" if others else "nothing lies beside it"
    return f"there is no file {name!r} with this design; {beside}"


def unreadable(error: Exception) -> ScriptFailed:
    """`error`, raised while `design.py` itself was compiled."""
    return ScriptFailed(f"the script is no Python: {python_says(error)}", getattr(error, "lineno", None))
