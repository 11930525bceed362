"""The files a person may take away: formats, names, and what is written into them."""

from dataclasses import dataclass

from commons.catalog.making import Wanted, geometry
from commons.errors import NotFound
from fabrication.geometry.provenance import Provenance
from fabrication.geometry.service import Build, Format

FORMATS: dict[Format, str] = {"stl": "model/stl", "step": "model/step", "3mf": "model/3mf"}
"""Format → media type, in the order they are offered."""


@dataclass(frozen=True)
class File:
    """One file to keep."""

    name: str
    mimetype: str
    data: bytes


def file_of(variant: Wanted, fmt: str, name: str, part: str | None, designers: tuple[str, ...]) -> File:
    """The whole variant, or one part of it, as `fmt`, with `designers` from the newest work to the oldest.

    Raises `NotFound` for a format or a part there is not, and every `ForgeError`.
    """
    form = next((each for each in FORMATS if each == fmt), None)
    if form is None:
        raise NotFound(f"No “{fmt}” files are made here; there are {', '.join(FORMATS)}.")
    build = variant.build()
    if part is not None and part not in {each.name for each in build.parts}:
        raise NotFound(f"There is no part “{part}”; there are {', '.join(each.name for each in build.parts)}.")
    data = geometry().export(build, form, part, _provenance(variant, build, designers))
    return File(f"{_plain(f'{name}-{part}' if part else name)}.{form}", FORMATS[form], data)


def _provenance(variant: Wanted, build: Build, designers: tuple[str, ...]) -> Provenance:
    design = variant.revision.design
    return Provenance(
        title=design.title,
        designers=designers,
        licence=design.licence,
        description=design.summary,
        source_sha256=variant.source.sha256,
        values=build.values,
    )


def _plain(name: str) -> str:
    """A file name that every system takes, and that cannot end the header it travels in."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)
