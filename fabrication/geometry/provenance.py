"""Where a part comes from, written into its 3MF by the parent: the confined child never hears of it.

Metadata names are those of 3MF core 1.4, section 3.4.1; ours are in a namespace of their own. Of those names `Rating`
alone is not written: nobody has rated anything here, and a rating would be no part of where a file comes from.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from fabrication.errors import KernelCrashed
from fabrication.recipes import Value, engine

MODEL = "3D/3dmodel.model"
RESOURCES = b"<resources>"
"""Metadata stand before it."""

NAMESPACE = "urn:fabrication-commons:provenance:1"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the bytes depend on the content alone
_LARGEST_MODEL = 160 * 1024 * 1024
"""Twice the text of a million triangles. It is unpacked in the memory of whoever asks."""


@dataclass(frozen=True)
class Provenance:
    """What a file says of its origin. `licence` is an SPDX expression; `designers` are written in their order.

    `created` is the date (ISO 8601) of the revision, which is never modified; `revision` is the revision's name.
    """

    title: str
    designers: tuple[str, ...] = ()
    licence: str = ""
    copyright: str = ""
    description: str = ""
    created: str = ""
    revision: str = ""
    source_sha256: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)

    def entries(self) -> Iterator[tuple[str, str]]:
        """Name and text of each metadata element; names of ours begin with `fc:`."""
        yield "Title", self.title
        yield "Designer", ", ".join(self.designers)
        yield "Description", self.description
        yield "Copyright", self.copyright
        yield "LicenseTerms", self.licence
        yield "CreationDate", self.created
        yield "ModificationDate", self.created
        yield "Application", "Fabrication commons"
        yield "fc:Revision", self.revision
        yield "fc:Source", self.source_sha256
        yield "fc:Values", json.dumps(dict(self.values), sort_keys=True, ensure_ascii=False) if self.values else ""
        yield "fc:Engine", engine()


def stamp_3mf(data: bytes, provenance: Provenance) -> bytes:
    """The same 3MF with metadata in front of its objects. Raises `KernelCrashed` for what `export` never wrote."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST_MODEL:
                raise KernelCrashed("the 3MF is larger than it may be")
            files = {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise KernelCrashed(f"the 3MF cannot be read: {error}") from None
    head, found, tail = files.get(MODEL, b"").partition(RESOURCES)
    if not found:
        raise KernelCrashed("the 3MF has no model")
    head = head.replace(b"<model ", f'<model xmlns:fc="{NAMESPACE}" '.encode(), 1)
    files[MODEL] = head + "".join(_elements(provenance)).encode() + found + tail
    return package(files)


def package(files: Mapping[str, bytes]) -> bytes:
    """A zip whose bytes depend on the files alone."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED, 6)
    return out.getvalue()


def _elements(provenance: Provenance) -> Iterator[str]:
    for name, text in provenance.entries():
        if text:
            clean = "".join(letter if letter.isprintable() else " " for letter in text)
            yield f'<metadata name="{name}" preserve="1">{escape(clean)}</metadata>\n'
