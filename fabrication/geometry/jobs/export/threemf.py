"""3MF core: an object for each part, in millimetres and its own colour, as one deterministic zip.

A colour is the `displaycolor` of a base material (core 1.4, section 5.1). Metadata come later, from the parent.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from fabrication.geometry.jobs.meshes import Mesh, welded
from fabrication.geometry.provenance import MODEL, RESOURCES, package

_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_FIXED = {
    "[Content_Types].xml": (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Target="/{MODEL}" Id="rel0" '
        'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
    ),
}


def write_3mf(parts: Mapping[str, Mesh], colours: Sequence[str | None]) -> bytes:
    """The whole file. Names hold letters, digits, space, `-` and `_` alone, so they need no escaping."""
    model = "".join(_model(parts, colours)).encode()
    return package({**{name: text.encode() for name, text in _FIXED.items()}, MODEL: model})


def _model(parts: Mapping[str, Mesh], colours: Sequence[str | None]) -> Iterator[str]:
    palette = list(dict.fromkeys(colour for colour in colours if colour))
    materials = len(parts) + 1
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<model unit="millimeter" xml:lang="en" xmlns="{_CORE}">\n'
    yield f"{RESOURCES.decode()}\n"
    if palette:
        yield f'<basematerials id="{materials}">\n'
        yield from (f'<base name="{colour}" displaycolor="{colour.upper()}"/>\n' for colour in palette)
        yield "</basematerials>\n"
    for number, ((name, mesh), colour) in enumerate(zip(parts.items(), colours, strict=True), start=1):
        corners, triangles = welded(mesh)
        corners = np.round(corners, 6) + 0.0  # the kernel's zero is often -3e-15, and plus 0.0 no number is -0
        material = f' pid="{materials}" pindex="{palette.index(colour)}"' if colour else ""
        yield f'<object id="{number}" name="{name}" type="model"{material}><mesh><vertices>\n'
        yield from (f'<vertex x="{x:.6g}" y="{y:.6g}" z="{z:.6g}"/>\n' for x, y, z in corners.tolist())
        yield "</vertices><triangles>\n"
        yield from (f'<triangle v1="{a}" v2="{b}" v3="{c}"/>\n' for a, b, c in triangles.tolist())
        yield "</triangles></mesh></object>\n"
    yield "</resources>\n<build>\n"
    yield from (f'<item objectid="{number}" partnumber="{name}"/>\n' for number, name in enumerate(parts, start=1))
    yield "</build>\n</model>\n"
