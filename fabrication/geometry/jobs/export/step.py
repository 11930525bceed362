"""STEP (ISO 10303-214) in millimetres: one product for each part, named and in its own colour.

The same parts give the same bytes. The kernel's writer dates the file, and puts the styles of coloured parts at its end
in an order that depends on where they lie in memory (`STEPCAFControl_Writer` maps them by address, OCCT 7.9).
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cadquery as cq

_DATE = re.compile(rb"(FILE_NAME\('[^']*',)'[^']*'")
_STYLES = re.compile(rb"^#(\d+) = MECHANICAL_DESIGN_GEOMETRIC_PRESENTATION_REPRESENTATION", re.MULTILINE)
_STARTS = re.compile(rb"^#\d+ = ", re.MULTILINE)
_REFERENCE = re.compile(rb"#(\d+)")  # part names hold no #: see `files.part_name`


def write_step(parts: Mapping[str, cq.Shape], colours: Sequence[str | None], target: Path) -> None:
    """Writes the file `target`."""
    assembly = cq.Assembly(name="design")
    for (name, shape), colour in zip(parts.items(), colours, strict=True):
        assembly.add(shape, name=name, color=cq.Color(colour) if colour else None)
    cq.exporters.assembly.exportAssembly(assembly, str(target))
    timeless = _DATE.sub(rb"\1'1970-01-01T00:00:00'", target.read_bytes(), count=1)
    target.write_bytes(_with_styles_in_order(timeless))


def _with_styles_in_order(data: bytes) -> bytes:
    """The styles in the order of the parts they belong to, each before what it refers to first, and so numbered."""
    first_style = _STYLES.search(data)
    if first_style is None:
        return data
    first, begin, end = int(first_style[1]), first_style.start(), data.rindex(b"ENDSEC;")
    texts = [b"".join(map(bytes.strip, text.split(b"\n"))) for text in _STARTS.split(data[begin:end])[1:]]
    referred = [[int(number) for number in _REFERENCE.findall(text)] for text in texts]

    def reach(number: int) -> Iterator[int]:
        yield number
        if number >= first:
            yield from itertools.chain.from_iterable(map(reach, referred[number - first]))

    styles = [list(reach(int(style[1]))) for style in _STYLES.finditer(data, begin)]
    styles.sort(key=min)  # of all that a style refers to, its part was written first
    ordered = dict.fromkeys(number for style in styles for number in style if number >= first)
    numbers = {old: new for new, old in enumerate(ordered, first)}

    def renumbered(reference: re.Match[bytes]) -> bytes:
        old = int(reference[1])
        return b"#%d" % numbers.get(old, old)

    lines = (b"#%d = %s\n" % (numbers[old], _REFERENCE.sub(renumbered, texts[old - first])) for old in ordered)
    return data[:begin] + b"".join(lines) + data[end:]
