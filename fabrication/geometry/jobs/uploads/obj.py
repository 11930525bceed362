"""Wavefront OBJ: corners and faces. Everything else in it, materials above all, is left alone.

`mtllib` names another file and is never followed. Our own reader and not trimesh's, which follows it.
"""

from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.files import MAX_PARTS
from fabrication.geometry.jobs.uploads.limits import TRIANGLES_MAX, check_corners, check_triangles, shown
from fabrication.geometry.jobs.uploads.polygons import Polygons
from fabrication.geometry.jobs.uploads.raw import RawMesh, Reading
from fabrication.geometry.jobs.uploads.soundness import Triangles, compact, soundness, welded

_LINE_MAX = 64 * 1024
_CORNERS_MAX, _KINDS_MAX = 3 * TRIANGLES_MAX, 10_000
_NO_SURFACE = {b"p": "points", b"l": "lines", b"curv": "curves", b"surf": "free-form surfaces"}


class _Groups:
    """Faces as they come, by the object (else the group) they come under."""

    def __init__(self) -> None:
        self.corners: list[tuple[float, float, float]] = []
        self.faces: dict[tuple[str, str], dict[int, array[int]]] = {}
        """Object and group → number of corners → the corners of all faces with so many, one after the other."""
        self.object, self.group, self.count, self.kinds = "", "", 0, 0
        self.ignored: set[str] = set()

    def corner(self, words: list[bytes]) -> None:
        if len(words) < 3:
            raise UploadRefused(f"a corner has {len(words)} coordinates instead of 3")
        self.corners.append((float(words[0]), float(words[1]), float(words[2])))
        if len(self.corners) > _CORNERS_MAX:
            raise UploadRefused(f"it has more than {_CORNERS_MAX:,} corners")

    def face(self, words: list[bytes]) -> None:
        if len(words) < 3:
            raise UploadRefused(f"a face has {len(words)} corners; it needs 3")
        polygon = [self._index(word) for word in words]
        self.count += len(polygon) - 2
        check_triangles(self.count)
        sizes = self.faces.setdefault((self.object, self.group), {})
        if len(polygon) not in sizes:
            sizes[len(polygon)] = array("q")
            self.kinds += 1
            if self.kinds > _KINDS_MAX:
                raise UploadRefused(f"it has more than {_KINDS_MAX:,} groups of faces")
        sizes[len(polygon)].extend(polygon)

    def _index(self, word: bytes) -> int:
        number = int(word.split(b"/", 1)[0])
        index = number - 1 if number > 0 else len(self.corners) + number
        if number == 0 or not 0 <= index < len(self.corners):
            raise UploadRefused(f"a face names corner {number}, but {len(self.corners):,} corners come before it")
        return index


def read_obj(data: bytes) -> Reading:
    """One mesh an object (or group, where no object is named) if each is closed by itself; else one of all.

    Raises `UploadRefused` with the line. It has no unit; millimetres are taken.
    """
    groups = _Groups()
    for number, line in _lines(data):
        try:
            _read(groups, line)
        except UploadRefused as error:
            raise UploadRefused(f"line {number:,}: {error}") from None
        except (ValueError, OverflowError):
            words = shown(line[:200].decode("utf-8", "replace"))
            raise UploadRefused(f"line {number:,} has what is no number: {words!r}") from None
    if not groups.corners:
        raise UploadRefused("it is no OBJ: no line in it begins with `v`")
    check_triangles(groups.count)
    corners = np.array(groups.corners, np.float64)
    check_corners(corners)
    notes = [f"{what} were left out: they have no surface of triangles" for what in sorted(groups.ignored)]
    return _parted(corners, groups, notes)


def _read(groups: _Groups, line: bytes) -> None:
    words = line.split()
    if not words:
        return
    match words[0]:
        case b"v":
            groups.corner(words[1:])
        case b"f":
            groups.face(words[1:])
        case b"o":
            groups.object = _name(words[1:])
        case b"g":
            groups.group = _name(words[1:])
        case word if word in _NO_SURFACE:
            groups.ignored.add(_NO_SURFACE[word])


def _name(words: list[bytes]) -> str:
    return shown(b" ".join(words)[:200].decode("utf-8", "replace"))


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, where continued ones (a backslash at the end) are one. Raises `UploadRefused`."""
    start, number, held = 0, 0, b""
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        number += 1
        if len(held) + end - start > _LINE_MAX:
            raise UploadRefused(f"line {number:,} has more than {_LINE_MAX:,} bytes")
        line = held + data[start:end].rstrip(b"\r")
        start = end + 1
        held = b""
        if line.endswith(b"\\"):
            held = line[:-1] + b" "
        elif line and not line.startswith(b"#"):
            yield number, line
    if held:
        yield number, held


def _parted(corners: NDArray[np.float64], groups: _Groups, notes: list[str]) -> Reading:
    polygons = Polygons(corners)
    corners, welding = welded(corners, np.arange(len(corners)))
    several_groups = len({name for _, name in groups.faces}) > 1
    by_object = len({name for name, _ in groups.faces}) > 1 or not several_groups
    parts: dict[str, list[Triangles]] = {}
    for (of_object, of_group), faces in groups.faces.items():
        part = parts.setdefault((of_object or of_group) if by_object else of_group, [])
        for count, same in faces.items():
            part.append(welding[polygons.triangles(np.array(same, np.int64).reshape(-1, count))])
    pieces = {name: np.concatenate(some) for name, some in parts.items()}
    if len(pieces) > 1:
        if len(pieces) <= MAX_PARTS and all(soundness(corners, piece).closed for piece in pieces.values()):
            return Reading([RawMesh(name, *compact(corners, piece), None) for name, piece in pieces.items()], notes)
        notes.append(f"its {len(pieces)} groups were joined into one part: not each of them is closed by itself")
    name = next(iter(pieces)) if len(pieces) == 1 else ""
    return Reading([RawMesh(name, *compact(corners, np.concatenate(list(pieces.values()))), None)], notes)
