"""Submissions as uploaded: a script, a zip of a design's folder, or a model file. A model is not parsed here."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Any

from commons.catalog.submissions.manifest import function_of, licensors, read_manifest, written_manifest
from commons.catalog.submissions.model import (
    MODEL_SUFFIXES,
    Submission,
    check_files,
    checked_text,
    is_source_file,
    model_name,
    script_of_model,
    slug_of,
    too_large,
)
from commons.errors import Invalid
from fabrication.recipes import FILES_BYTES_MAX

_ENTRIES_MAX = 500
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What programs that make zips write. LZMA lets a file ask for gigabytes before its first byte is read."""
_DIRECTORY_ENTRY = b"PK\1\2"  # APPNOTE.TXT 4.3.12


def submission_of_upload(
    name: str, data: bytes, *, title: str, licence: str, licensor: str, summary: str = ""
) -> Submission:
    """What the file `name` is as a design; its slug is made of the title and may be taken.

    What a zip's own `okh.toml` says stays, but for what is said here; its licensors are named before `licensor`.
    Raises `Invalid` naming the file and what is wrong with it.
    """
    name = PurePosixPath(name.replace("\\", "/")).name
    suffix = PurePosixPath(name).suffix.lower()
    if not data:
        raise Invalid(f"{name}: the file is empty")
    readme, brought = "", dict[str, Any]()
    if suffix == ".py":
        script, files = checked_text(data, name), {}
    elif suffix in MODEL_SUFFIXES:
        files = {model_name(name): data}
        script = script_of_model(model_name(name), title)
    elif suffix == ".zip":
        script, files, readme, brought = unzipped(name, data)
    else:
        known = ", ".join((".py", ".zip", *MODEL_SUFFIXES))
        raise Invalid(f"{name}: this is none of the files a design is made of ({known})")
    check_files(files, name)
    described = summary or brought.get("function") or function_of(script, name)
    manifest = brought | written_manifest(title, licence, licensor, described, name)
    if brought:
        manifest["repo"] = brought["repo"]
        manifest["licensor"] = list(dict.fromkeys([*licensors(brought), licensor]))
    return Submission(slug_of(title), script, manifest, readme, files)


def unzipped(name: str, data: bytes) -> tuple[str, dict[str, bytes], str, dict[str, Any]]:
    """Script, files beside it, readme and manifest of a folder in a zip, which may have one folder around it all."""
    # Each costs time to be read, and a directory of nothing else may hold hundreds of thousands.
    if (entries_at_least := data.count(_DIRECTORY_ENTRY)) > 2 * _ENTRIES_MAX:
        raise Invalid(f"{name}: {entries_at_least} files; at most {_ENTRIES_MAX} are looked at")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
            if len(entries) > _ENTRIES_MAX:
                raise Invalid(f"{name}: {len(entries)} files; at most {_ENTRIES_MAX} are looked at")
            paths = {PurePosixPath(entry.filename): entry for entry in entries}
            root = _root(name, list(paths))
            inside = {path.relative_to(root): entry for path, entry in paths.items() if path.is_relative_to(root)}
            wanted = {
                path: entry
                for path, entry in inside.items()
                if is_source_file(path) or str(path) in ("design.py", "okh.toml", "README.md")
            }
            if sum(entry.file_size for entry in wanted.values()) > FILES_BYTES_MAX:
                raise too_large(name)
            found = {str(path): _entry(archive, entry, name) for path, entry in wanted.items()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, ValueError) as error:
        raise Invalid(f"{name}: this zip cannot be read: {error}") from None
    script = checked_text(found.pop("design.py"), "design.py")
    readme = checked_text(found.pop("README.md", b""), "README.md")
    okh = found.pop("okh.toml", None)
    manifest = read_manifest(checked_text(okh, "okh.toml"), "okh.toml") if okh is not None else {}
    return script, found, readme, manifest


def _root(name: str, paths: list[PurePosixPath]) -> PurePosixPath:
    """Where `design.py` lies: at the top, or in the one folder there."""
    roots = [path.parent for path in paths if path.name == "design.py" and len(path.parts) <= 2]
    if not roots:
        raise Invalid(f"{name}: there is no design.py at the top of this zip")
    return min(roots, key=lambda root: len(root.parts))


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    """One file, read no further than the size its entry states, which may lie."""
    if entry.compress_type not in _COMPRESSIONS:
        raise Invalid(f"{name}: {entry.filename} is packed in a way that is not read here; make the zip with deflate")
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)
    if len(data) > entry.file_size:
        raise Invalid(f"{name}: {entry.filename} is larger than the zip says")
    return data
