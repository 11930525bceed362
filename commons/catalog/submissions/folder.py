"""Submissions on disk: a design's folder (`design.py`, `okh.toml`, `README.md`, modules, data), a zip of it, a script,
a model."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from commons.catalog.submissions.manifest import function_of, read_manifest, written_manifest
from commons.catalog.submissions.model import (
    MODEL_SUFFIXES,
    SLUG,
    SLUG_MAX,
    Submission,
    check_files,
    checked_text,
    is_source_file,
    model_name,
    script_of_model,
    too_large,
)
from commons.catalog.submissions.upload import unzipped
from commons.errors import Invalid
from fabrication.recipes import FILES_BYTES_MAX, FILES_MAX, Source

_VISITED_MAX = 1_000
"""Files and folders looked at in one design's folder: nobody meant their home."""


def read_submission(path: Path, *, licence: str | None = None, licensor: str = "") -> Submission:
    """The submission at `path`: a folder, a zip of one, a `.py` file, or a model file (STEP, STL, 3MF, OBJ).

    `licence` (SPDX) is needed where there is no `okh.toml`. Raises `Invalid` naming the file and what is wrong with it.
    """
    slug = (path.resolve().name if path.is_dir() else path.stem).replace("_", "-").lower()
    if not SLUG.fullmatch(slug) or len(slug) > SLUG_MAX:
        raise Invalid(
            f"{path}: its name must be words of a to z and digits joined by hyphens, {SLUG_MAX} letters at most"
        )
    if path.is_dir():
        source, okh, readme = read_source(path), path / "okh.toml", path / "README.md"
        said = _text(readme) if readme.exists() else ""
        return Submission(slug, source.script, read_manifest(_text(okh), str(okh)), said, source.files)
    if _is_zip(path):
        script, files, said, manifest = _unzipped(path)
    else:
        source, said, manifest = read_source(path), "", dict[str, Any]()
        script, files = source.script, dict(source.files)
    if not manifest:
        if not licence:
            raise Invalid(f"{path}: say under which licence with --licence, for example --licence CERN-OHL-S-2.0")
        title = slug.replace("-", " ").capitalize()
        manifest = written_manifest(title, licence, licensor, function_of(script, str(path)), str(path))
    return Submission(slug, script, manifest, said, files)


def read_source(path: Path) -> Source:
    """What is built: of a folder, or a zip of one, `design.py` with what lies beside it, of a script itself, of a model
    a script for it.

    Raises `Invalid`.
    """
    if path.is_dir():
        files = _files_beside(path)
        check_files(files, str(path))
        return Source(_text(path / "design.py"), files)
    if path.suffix.lower() in MODEL_SUFFIXES:
        name = model_name(path.name)
        files = {name: _bytes(path, FILES_BYTES_MAX)}
        return Source(script_of_model(name, path.stem), files)
    if _is_zip(path):
        script, files, _, _ = _unzipped(path)
        return Source(script, files)
    return Source(_text(path))


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and not path.is_dir()


def _unzipped(path: Path) -> tuple[str, dict[str, bytes], str, dict[str, Any]]:
    """Script, files beside it, readme and manifest."""
    script, files, readme, manifest = unzipped(str(path), _bytes(path, FILES_BYTES_MAX))
    check_files(files, str(path))
    return script, files, readme, manifest


def _files_beside(folder: Path) -> dict[str, bytes]:
    """By path, in order. A link is left out: it may lead anywhere."""
    files: dict[str, bytes] = {}
    size = 0
    for path in _walk(folder):
        size += path.stat().st_size
        if size > FILES_BYTES_MAX:
            raise too_large(str(folder))
        files[path.relative_to(folder).as_posix()] = _bytes(path, FILES_BYTES_MAX)
        if len(files) > FILES_MAX:
            raise Invalid(f"{folder}: more than {FILES_MAX} files lie beside the script")
    return files


def _walk(folder: Path) -> Iterator[Path]:
    visited = 0
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        visited += len(folders) + len(names)
        if visited > _VISITED_MAX:
            raise Invalid(f"{folder}: more than {_VISITED_MAX} files; is this one design's folder?")
        for name in sorted(names):
            path = Path(where) / name
            if is_source_file(PurePosixPath(path.relative_to(folder))) and path.is_file() and not path.is_symlink():
                yield path


def _text(path: Path) -> str:
    return checked_text(_bytes(path), str(path))


def _bytes(path: Path, at_most: int | None = None) -> bytes:
    try:
        if at_most is not None and path.stat().st_size > at_most:
            raise too_large(str(path))
        return path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror}") from None
