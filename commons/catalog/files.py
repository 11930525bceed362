"""The files a person may take away: formats, names, and what is written into them."""

from dataclasses import dataclass

from commons.catalog.making import Wanted, geometry
from commons.errors import NotFound

FORMATS = {"stl": "model/stl", "step": "model/step", "3mf": "model/3mf"}
"""Format → media type, in the order they are offered."""


@dataclass(frozen=True)
class File:
    """One file to keep."""

    name: str
    mimetype: str
    data: bytes


def file_of(variant: Wanted, fmt: str, name: str, part: str | None) -> File:
    """The whole variant, or one part of it, as `fmt`. Raises `NotFound` for a part it does not have."""
    build = variant.build()
    if part is not None and part not in {each.name for each in build.parts}:
        raise NotFound(f"There is no part “{part}”; there are {', '.join(each.name for each in build.parts)}.")
    data = geometry().export(build, fmt, part)
    stem = f"{name}-{part}" if part else name
    return File(f"{_plain(stem)}.{fmt}", FORMATS[fmt], data)


def _plain(name: str) -> str:
    """A file name that every system takes, and that cannot end the header it travels in."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)
