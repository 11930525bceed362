"""Bodies as files: what `build` wrote, read back by the kinds that never run an author's code."""

from pathlib import Path

import cadquery as cq

from fabrication.errors import ScriptFailed


def read_part(path: Path) -> cq.Shape:
    """A shape as `build` wrote it, or as its author's script did. Raises `ScriptFailed` for anything else."""
    try:
        shape = cq.Shape.importBrep(str(path))
    except ValueError:
        shape = None
    if shape is None or not shape.Solids():
        raise ScriptFailed("a part holds no solid")
    return shape
