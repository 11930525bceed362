"""STL, binary and ASCII (3D Systems' StereoLithography Interface Specification, 1989).

Our own reader and not trimesh's: that one believes the count of a binary header, takes what an ASCII file has for a
number, and says nothing a person could use.
"""

import re
import struct

import numpy as np
from numpy.typing import NDArray

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads.limits import check_corners, check_triangles, shown
from fabrication.geometry.jobs.uploads.raw import RawMesh, Reading
from fabrication.geometry.jobs.uploads.soundness import compact, welded

_HEADER, _COUNT, _RECORD = 80, struct.Struct("<I"), 50
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_SOLID_LINE = re.compile(rb"^[ \t]*(end)?solid\b[ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_LOOKED_AT, _PIECE = 64 * 1024, 1024 * 1024
_COORDINATES = [8, 9, 10, 12, 13, 14, 16, 17, 18]
_WORDS = {
    0: b"facet", 1: b"normal", 5: b"outer", 6: b"loop", 7: b"vertex", 11: b"vertex", 15: b"vertex", 19: b"endloop",
    20: b"endfacet",
}  # fmt: skip
_TOKENS = 21


def read_stl(data: bytes) -> Reading:
    """One mesh of a binary file, one for each `solid` of an ASCII one. Raises `UploadRefused`.

    Its stored normals are ignored: the order of the corners says the same. It has no unit; millimetres are taken.
    """
    start = _HEADER + _COUNT.size
    declared = _COUNT.unpack_from(data, _HEADER)[0] if len(data) >= start else -1
    exact = declared >= 0 and len(data) == start + declared * _RECORD
    # Many binary files begin with "solid" too, so the length decides first.
    begins = data[:_LOOKED_AT]
    words = begins[:_HEADER].lstrip().lower().startswith(b"solid") and b"\0" not in begins
    if not exact and words and re.search(rb"\bfacet\b", begins, re.IGNORECASE):
        return _ascii(data)
    if not exact and words and re.search(rb"^[ \t]*endsolid\b", begins, re.MULTILINE | re.IGNORECASE):
        raise UploadRefused("it has no triangles")
    if declared < 0:
        raise UploadRefused("it is no STL: it is shorter than an STL's header, and no text")
    return _binary(data[start:], declared)


def _binary(body: bytes, declared: int) -> Reading:
    if declared * _RECORD > len(body):
        raise UploadRefused(
            f"its header says {declared:,} triangles, but it has room for {len(body) // _RECORD:,}: "
            "it is cut short, or no STL"
        )
    if declared == 0 and body:
        raise UploadRefused(f"its header says 0 triangles, but {len(body):,} bytes follow")
    check_triangles(declared)
    notes = []
    if over := len(body) - declared * _RECORD:
        notes.append(f"{over:,} bytes after the last triangle were ignored")
    corners = np.frombuffer(body, _TRIANGLE, declared)["corners"].reshape(-1, 3).astype(np.float64)
    return Reading([_soup("", corners)], notes)


def _ascii(data: bytes) -> Reading:
    notes: list[str] = []
    meshes: list[RawMesh] = []
    marks = list(_SOLID_LINE.finditer(data))
    total = 0
    for number, mark in enumerate(marks):
        if mark[1]:
            continue
        last = number + 1 == len(marks)
        if last or not marks[number + 1][1]:
            notes.append("a solid has no end; the file may be cut short")
        corners = _facets(data, mark.end(), len(data) if last else marks[number + 1].start(), total)
        total += len(corners) // 3
        if len(corners):
            meshes.append(_soup(shown(mark[2].decode("utf-8", "replace")), corners))
    check_triangles(total)
    return Reading(meshes, list(dict.fromkeys(notes)))


def _facets(data: bytes, start: int, end: int, before: int) -> NDArray[np.float64]:
    """Corners (3·m, 3) of the facets between two places, piece by piece so that the words of few exist at once."""
    pieces = [np.empty((0, 3))]
    count = before
    while start < end:
        stop = data.find(b"endfacet", min(start + _PIECE, end), end)
        stop = end if stop < 0 else stop + len(b"endfacet")
        if stop - start > 4 * _PIECE:
            raise UploadRefused(f"after triangle {count:,} comes no other within {_PIECE:,} bytes")
        pieces.append(_numbers(data[start:stop].split(), count))
        count += len(pieces[-1]) // 3
        check_triangles(count or 1)
        start = stop
    return np.concatenate(pieces)


def _numbers(words: list[bytes], before: int) -> NDArray[np.float64]:
    if len(words) % _TOKENS:
        # The first facet that is none names the place better than the number of words does.
        whole = len(words) // _TOKENS * _TOKENS
        _numbers(words[:whole], before)
        raise UploadRefused(f"triangle {before + whole // _TOKENS + 1:,} is not complete: {_some(words[whole:])}")
    if not words:
        return np.empty((0, 3))
    if max(map(len, words)) > 64:
        raise UploadRefused(f"near triangle {before + 1:,} is a word that is no number: {_some([max(words, key=len)])}")
    table = np.array(words).reshape(-1, _TOKENS)
    for column, word in _WORDS.items():
        wrong = np.char.lower(table[:, column]) != word
        if wrong.any():
            row = int(wrong.argmax())
            raise UploadRefused(
                f"triangle {before + row + 1:,} has {_some([bytes(table[row, column])])} "
                f"where {word.decode()!r} belongs"
            )
    try:
        return table[:, _COORDINATES].astype(np.float64).reshape(-1, 3)
    except ValueError as error:
        raise UploadRefused(f"after triangle {before + 1:,} comes what is no number ({shown(str(error))})") from None


def _some(words: list[bytes]) -> str:
    return repr(shown(b" ".join(words[:6]).decode("utf-8", "replace")))


def _soup(name: str, corners: NDArray[np.float64]) -> RawMesh:
    check_corners(corners)
    triangles = np.arange(len(corners)).reshape(-1, 3)
    return RawMesh(name, *compact(*welded(corners, triangles)), None)
