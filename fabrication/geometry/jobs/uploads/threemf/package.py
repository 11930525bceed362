"""The zip around a 3MF (Open Packaging Conventions, ECMA-376-2), read without unpacking anything to disk."""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads.limits import shown

_ENTRIES_MAX = 1_000
_TOTAL_MAX = 512 * 1024 * 1024
_RATIO_MAX, _RATIO_FROM = 200, 1024 * 1024
"""Triangles in XML shrink by 4 to 30; what shrinks by more is no model. Small entries may shrink as they like."""
_PIECE = 256 * 1024
_CENTRAL_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1


class Package:
    """The entries of a zip by name, none read yet. Raises `UploadRefused` for a zip that means harm or is damaged."""

    def __init__(self, data: bytes) -> None:
        # Counted before the zip's reader makes an object of each.
        if data.count(_CENTRAL_ENTRY) > _ENTRIES_MAX:
            raise UploadRefused(f"it packs more than {_ENTRIES_MAX:,} files")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, OSError, EOFError) as error:
            raise UploadRefused(f"it is no zip, as a 3MF must be ({shown(str(error))})") from None
        entries = self._zip.infolist()
        self._entries = {_key(entry.filename): entry for entry in entries}
        if len(self._entries) < len(entries):
            raise UploadRefused("two of the files it packs have the same name")
        for entry in entries:
            _check(entry)
        if (total := sum(entry.file_size for entry in entries)) > _TOTAL_MAX:
            raise UploadRefused(
                f"unpacked it would have {total / 1024**2:,.0f} MiB; at most {_TOTAL_MAX // 1024**2} are taken"
            )

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._entries

    def pieces(self, name: str) -> Iterator[bytes]:
        """What is packed as `name`, piece by piece, never more than it said. Raises `UploadRefused`."""
        entry = self._entries.get(_key(name))
        if entry is None:
            raise UploadRefused(f"it does not pack {shown(name)!r}, which it refers to")
        try:
            with self._zip.open(entry) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            ValueError,
            OSError,
            EOFError,
            zlib.error,
        ) as error:
            raise UploadRefused(f"{shown(name)!r} in it is damaged ({shown(str(error))})") from None


def _key(name: str) -> str:
    """Part names are absolute and their case does not count (ECMA-376-2, 6.2.2.3)."""
    return name.lstrip("/").lower()


def _check(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if (
        name.startswith("/")
        or "\\" in entry.orig_filename
        or "\0" in entry.orig_filename
        or ":" in name
        or ".." in PurePosixPath(name).parts
    ):
        raise UploadRefused(f"it packs a file under the name {shown(entry.orig_filename)!r}, which leads out of it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UploadRefused(f"it packs a link, {shown(name)!r}, instead of a file")
    if entry.flag_bits & _ENCRYPTED:
        raise UploadRefused(f"{shown(name)!r} in it is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UploadRefused(f"{shown(name)!r} in it is packed in a way that a 3MF may not use")
    if entry.file_size > _RATIO_FROM and entry.file_size > _RATIO_MAX * entry.compress_size:
        raise UploadRefused(f"{shown(name)!r} in it would unpack to more than {_RATIO_MAX} times its size")
