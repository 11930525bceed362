"""STEP (ISO 10303-214) in millimetres: one product for each part, named and in its own colour."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import cadquery as cq


def write_step(parts: Mapping[str, cq.Shape], colours: Sequence[str | None], target: Path) -> None:
    """The header's time is blanked: it would be the only thing that differs between two children."""
    assembly = cq.Assembly(name="design")
    for (name, shape), colour in zip(parts.items(), colours, strict=True):
        assembly.add(shape, name=name, color=cq.Color(colour) if colour else None)
    cq.exporters.assembly.exportAssembly(assembly, str(target))
    timeless = rb"\1'1970-01-01T00:00:00'"
    target.write_bytes(re.sub(rb"(FILE_NAME\('[^']*',)'[^']*'", timeless, target.read_bytes(), count=1))
