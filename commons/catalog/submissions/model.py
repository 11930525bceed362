"""What a submission is, whatever it was read from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from commons.errors import Invalid
from fabrication.errors import SourceError
from fabrication.recipes import FILES_BYTES_MAX, Source

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_MAX = 64
SCRIPT_BYTES_MAX = 256 * 1024
MODEL_SUFFIXES = (".step", ".stp", ".stl", ".3mf", ".obj")
"""Models that may be a design without a script of their author's."""
DATA_SUFFIXES = (*MODEL_SUFFIXES, ".dxf", ".svg", ".brep", ".csv", ".json", ".toml", ".txt", ".ttf", ".otf")
"""Files beside a script that a script may read; a photo or a licence's text is no part of what is built."""
_NOT_SOURCE = re.compile(r"okh\.toml|readme\b.*|licen[cs]e\b.*|copying\b.*|changelog\b.*", re.IGNORECASE)


@dataclass(frozen=True)
class Submission:
    """One state of a design: `files` by their path beside the script, `parents` the revisions it was made from."""

    slug: str
    script: str
    manifest: dict[str, Any]
    readme: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    parents: tuple[str, ...] = ()

    @property
    def source(self) -> Source:
        """What its geometry is made from. Raises `SourceError`."""
        return Source(self.script, self.files)


def slug_of(title: str) -> str:
    """A slug made of any title: its letters and digits, or `design` where it has none of ours."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words)[: SLUG_MAX - 4].strip("-") or "design"  # room for a number behind it


def is_source_file(path: PurePosixPath) -> bool:
    """Whether a file beside `design.py` is part of what is built."""
    if any(part.startswith(".") or part == "__pycache__" for part in path.parts) or str(path) == "design.py":
        return False
    if len(path.parts) == 1 and _NOT_SOURCE.fullmatch(path.name):
        return False
    return path.suffix.lower() in (".py", *DATA_SUFFIXES)


def model_name(name: str) -> str:
    """What a model file is called beside its script: as its owner calls it, where that is a name we take."""
    path = PurePosixPath(name)
    kept = f"{path.stem}{path.suffix.lower()}"
    try:
        Source("", {kept: b""})
    except SourceError:
        return f"model{path.suffix.lower()}"
    return kept


def script_of_model(name: str, title: str) -> str:
    """The script of a design that is a model file and nothing more; parameters come with a remix by code."""
    return (
        f'"""{" ".join(title.replace(chr(92), " ").replace(chr(34), " ").split())}, a model as it was drawn."""\n\n'
        f'for part in import_parts("{name}"):\n'
        '    show_object(part.shape, name=part.name, options={"color": part.colour})\n'
    )


def model_alone(source: Source) -> str | None:
    """The file of a design that is a model as it was uploaded, with no script of its author's; else None."""
    name = next(iter(source.files), "")
    is_ours = source.script.splitlines()[1:] == script_of_model(name, "").splitlines()[1:]  # below its title
    return name if len(source.files) == 1 and is_ours else None


def checked_text(data: bytes, name: str) -> str:
    """The text of a script, a manifest or a readme. Raises `Invalid` naming the file."""
    if len(data) > SCRIPT_BYTES_MAX:
        raise Invalid(f"{name}: {len(data):,} bytes; at most {SCRIPT_BYTES_MAX:,} are taken")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(f"{name}: not UTF-8 text") from None
    if "\0" in text:
        raise Invalid(f"{name}: it holds a NUL character; remove it")
    return text


def check_files(files: Mapping[str, bytes], where: str) -> None:
    """Raises `Invalid` for names and sizes that no source may have."""
    try:
        Source("", files)
    except SourceError as error:
        raise Invalid(f"{where}: {error}") from None


def too_large(where: str) -> Invalid:
    """The refusal of files that are not even read."""
    return Invalid(f"{where}: the files in it have more than {FILES_BYTES_MAX // 1024**2} MiB")
