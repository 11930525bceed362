import json
import math
import struct

import pytest
import trimesh

PLATE = 30 * 10 * 5 - math.pi * 2**2 * 5
PIN = math.pi * 5**2 * 10


def test_each_part_is_kept_exactly(shapes):
    assert [shape.Volume() for shape in shapes] == pytest.approx([PLATE, PIN])


def test_the_preview_is_a_node_for_each_part_in_metres_and_upright(built):
    scene = trimesh.load(built / "preview.glb")
    assert set(scene.geometry) == {"plate", "pin 2"}
    low, high = scene.bounds * 1000
    # z of the design is y of the preview, and its y is -z: 30 × 10 and a pin of 5 mm radius at x = 40
    assert low == pytest.approx([-15, 0, -5], abs=0.1)
    assert high == pytest.approx([45, 10, 5], abs=0.1)


def test_the_preview_holds_nothing_that_a_viewer_would_fetch(built):
    data = (built / "preview.glb").read_bytes()
    length, _ = struct.unpack_from("<I4s", data, 12)
    document = json.loads(data[20 : 20 + length])
    assert "uri" not in json.dumps(document)
    assert document["buffers"] == [{"byteLength": len(data) - 20 - length - 8}]


def test_preview_normals_point_outwards(built):
    for mesh in trimesh.load(built / "preview.glb").geometry.values():
        given = mesh.vertex_normals[mesh.faces].mean(axis=1)
        assert ((given * mesh.face_normals).sum(axis=1) > 0.8).all()
