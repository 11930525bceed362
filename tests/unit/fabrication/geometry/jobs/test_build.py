import json
import math
import struct

import cadquery as cq
import pytest
import trimesh
from OCP.BRep import BRep_Tool
from OCP.TopLoc import TopLoc_Location

from fabrication.errors import ScriptFailed
from fabrication.geometry.jobs import build

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


TWICE = """
import cadquery as cq
ball = cq.Workplane().sphere(5)
cq.exporters.export(ball, "ball.stl")
show_object(ball, name="here")
show_object(cq.Assembly(ball, loc=cq.Location((30, 0, 0)), color=cq.Color(0, 0, 1)), name="there")
"""


def test_a_part_is_kept_without_triangles_whoever_made_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "design.py").write_text(TWICE)
    claim = build.run({"values": {}}, tmp_path)
    assert claim == {"parts": [{"name": "here", "colour": None}, {"name": "there", "colour": "#0000ff"}]}
    for index in range(2):
        shape = cq.Shape.importBrep(str(tmp_path / f"part_{index}.brep"))
        assert all(BRep_Tool.Triangulation_s(face.wrapped, TopLoc_Location()) is None for face in shape.Faces())


def test_a_file_in_the_way_of_a_part_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "design.py").write_text("result = cq.Workplane().box(1, 1, 1)")
    (tmp_path / "part_0.brep").mkdir()  # as unwritable as a file is to the job; root may write those
    with pytest.raises(ScriptFailed, match=r"no file beside the script may be called part_0\.brep"):
        build.run({"values": {}}, tmp_path)
