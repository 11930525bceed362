import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.errors import ScriptFailed
from fabrication.geometry.previews import checked_glb


def glb(document, blob=b"1234", **changed):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    parts = {
        "magic": b"glTF", "version": 2, "length": 28 + len(text) + len(blob), "json": b"JSON", "bin": b"BIN\0",
    } | changed  # fmt: skip
    return (
        struct.pack("<4sII", parts["magic"], parts["version"], parts["length"])
        + struct.pack("<I4s", len(text), parts["json"])
        + text
        + struct.pack("<I4s", len(blob), parts["bin"])
        + blob
    )


PLAIN = {"asset": {"version": "2.0"}, "meshes": [], "buffers": [{"byteLength": 4}]}


def test_meshes_alone_pass():
    assert checked_glb(glb(PLAIN)) == glb(PLAIN)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"glTF",
        glb(PLAIN)[:-1],
        glb(PLAIN) + b"more",
        glb(PLAIN, magic=b"GLTF"),
        glb(PLAIN, version=1),
        glb(PLAIN, length=5),
        glb(PLAIN, bin=b"XXXX"),
        glb(b"[]"),
        glb(b"{" * 100_000),
        glb(b"[" * 100_000),
        glb(b"\xff"),
        glb(PLAIN | {"images": [{"uri": "https://example.org/pixel.png"}]}),
        glb(PLAIN | {"extensionsUsed": ["KHR_draco_mesh_compression"]}),
        glb(PLAIN | {"buffers": [{"byteLength": 4, "uri": "https://example.org/x.bin"}]}),
        glb(PLAIN | {"buffers": [{"byteLength": 4}, {"byteLength": 4, "uri": "https://example.org/x.bin"}]}),
        glb({"asset": {}}),
    ],
)
def test_anything_else_does_not(data):
    with pytest.raises(ScriptFailed, match="preview was refused"):
        checked_glb(data)


@given(st.binary(max_size=200))
def test_no_bytes_get_further_than_a_refusal(data):
    with pytest.raises(ScriptFailed):
        checked_glb(glb(data) if len(data) % 2 else data)
