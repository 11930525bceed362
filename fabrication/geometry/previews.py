"""Holds a preview to what the forge itself writes. An author's script could have written any bytes in its place."""

import json
import struct

from fabrication.errors import ScriptFailed

_PARTS = {"asset", "scene", "scenes", "nodes", "meshes", "materials", "accessors", "bufferViews", "buffers"}
_HEADER = struct.Struct("<4sII I4s")
_CHUNK = struct.Struct("<I4s")


def checked_glb(data: bytes) -> bytes:
    """`data`, if it is a binary glTF 2.0 with nothing in it but meshes, and nothing that a viewer would fetch.

    Raises `ScriptFailed` for anything else: only a script that meddles with the forge's own code comes to that.
    """
    try:
        magic, version, length, size, kind = _HEADER.unpack_from(data)
        document = json.loads(data[_HEADER.size : _HEADER.size + size])
        blob_size, blob_kind = _CHUNK.unpack_from(data, _HEADER.size + size)
    except (struct.error, ValueError, RecursionError):
        raise _refused("it is no binary glTF") from None
    whole = length == len(data) == _HEADER.size + size + _CHUNK.size + blob_size
    if (magic, version, kind, blob_kind) != (b"glTF", 2, b"JSON", b"BIN\0") or not whole:
        raise _refused("it is no binary glTF")
    if not isinstance(document, dict) or document.keys() - _PARTS:
        raise _refused("it holds more than meshes")
    if document.get("buffers") != [{"byteLength": blob_size}]:
        raise _refused("its data are not in the file")
    return data


def _refused(why: str) -> ScriptFailed:
    return ScriptFailed(f"the preview was refused: {why}")
