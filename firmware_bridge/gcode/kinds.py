"""Files that are taken for G-code and are none: known by their first bytes, told of in one line.

What each begins with is said where it is laid down: PNG (ISO/IEC 15948, 5.2), JPEG (ITU-T T.81, B.1.1.3), GIF89a, RIFF,
ZIP (APPNOTE 4.3.7; a 3MF is one), gzip (RFC 1952, 2.3.1), STEP (ISO 10303-21), PLY, glTF 2.0 (4.4.2), PDF, libbgcode
(specifications.md), RFC 2781 and 3629 for the marks that an editor leaves.
"""

import codecs
from pathlib import Path

_MODEL = "slice it first, or have a CAM program cut it, and give the G-code that this writes"
_OTHER = "give the G-code that your slicer or CAM program writes"
_PACKED = "unpack it, and give the G-code in it"

SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (
        b"GCDE",
        "binary G-code of Prusa's (.bgcode), which cannot be read here",
        "turn off Supports binary G-code in the slicer (Printer Settings, General), and slice anew",
    ),
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG), no G-code", _OTHER),
    (b"\xff\xd8\xff", "a picture (JPEG), no G-code", _OTHER),
    (b"GIF8", "a picture (GIF), no G-code", _OTHER),
    (b"RIFF", "a picture or sound (RIFF), no G-code", _OTHER),
    (b"%PDF-", "a document (PDF), no G-code", _OTHER),
    (b"<svg", "a drawing (SVG), no G-code", _OTHER),
    (b"<?xml", "XML (as of SVG, AMF or 3MF), no G-code", _OTHER),
    (b"<!doctype html", "a web page, no G-code", "download the file itself"),
    (b"<html", "a web page, no G-code", "download the file itself"),
    (b"PK\x03\x04", "a 3MF or another package (zip), no G-code", f"slice the model in it first; or {_PACKED}"),
    (b"\x1f\x8b", "compressed (gzip)", _PACKED),
    (b"7z\xbc\xaf\x27\x1c", "compressed (7z)", _PACKED),
    (b"Rar!\x1a\x07", "compressed (RAR)", _PACKED),
    (b"0\nsection", "a drawing (DXF), no G-code", _MODEL),
    (b"0\r\nsection", "a drawing (DXF), no G-code", _MODEL),
    (b"\x7fELF", "a program for a computer, no G-code", _OTHER),
    (b"name =", "a machine's profile, no G-code", "say it by --machine, and the G-code as FILE"),
    (b"ISO-10303-21;", "a model (STEP), no G-code", _MODEL),
    (b"solid", "a model (STL), no G-code", _MODEL),
    (b"ply\n", "a model (PLY), no G-code", _MODEL),
    (b"ply\r\n", "a model (PLY), no G-code", _MODEL),
    (b"glTF", "a model (glTF), no G-code", _MODEL),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8 in your editor"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8 in your editor"),
)
"""What such a file begins with, in capitals or not, what it is, and what to do. No program can begin so: a letter of
G-code is followed by a number."""

_STL_HEADER_BYTES, _STL_COUNT_BYTES, _STL_FACET_BYTES = 80, 4, 50


def why_no_gcode(path: Path) -> str:
    """What it is instead, and what to do; empty for what may be a program. Raises `OSError`."""
    with path.open("rb") as file:
        head = file.read(_STL_HEADER_BYTES + _STL_COUNT_BYTES)
    text = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for begins, what, mend in SIGNATURES:
        if head.startswith(begins) or text.startswith(begins.lower()):
            return f"it is {what}: {mend}"
    if _is_binary_stl(head, path.stat().st_size):
        return f"it is a model (STL), no G-code: {_MODEL}"
    return ""


def _is_binary_stl(head: bytes, size: int) -> bool:
    """A binary STL says nothing of itself, but the count after its header tells its length to the byte. Four characters
    of text, read as that count, would be of a file of 7 GB at the least."""
    facets = int.from_bytes(head[_STL_HEADER_BYTES:], "little")
    return facets > 0 and size == _STL_HEADER_BYTES + _STL_COUNT_BYTES + _STL_FACET_BYTES * facets
