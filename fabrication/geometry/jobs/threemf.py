"""3MF core: a mesh for each part, in millimetres, as one deterministic zip. Metadata come later, from the parent."""

from collections.abc import Iterator, Mapping

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


def write_3mf(parts: Mapping[str, Mesh]) -> bytes:
    """The whole file. Names hold letters, digits, space, `-` and `_` alone, so they need no escaping."""
    model = "".join(_model(parts)).encode()
    return package({**{name: text.encode() for name, text in _FIXED.items()}, MODEL: model})


def _model(parts: Mapping[str, Mesh]) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<model unit="millimeter" xml:lang="en" xmlns="{_CORE}">\n'
    yield f"{RESOURCES.decode()}\n"
    for number, (name, mesh) in enumerate(parts.items(), start=1):
        corners, triangles = welded(mesh)
        yield f'<object id="{number}" name="{name}" type="model"><mesh><vertices>\n'
        yield from (f'<vertex x="{x:.6g}" y="{y:.6g}" z="{z:.6g}"/>\n' for x, y, z in corners.tolist())
        yield "</vertices><triangles>\n"
        yield from (f'<triangle v1="{a}" v2="{b}" v3="{c}"/>\n' for a, b, c in triangles.tolist())
        yield "</triangles></mesh></object>\n"
    yield "</resources>\n<build>\n"
    yield from (f'<item objectid="{number}"/>\n' for number in range(1, len(parts) + 1))
    yield "</build>\n</model>\n"
