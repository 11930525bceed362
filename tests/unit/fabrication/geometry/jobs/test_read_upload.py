import cadquery as cq
import pytest

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs import measure, read_upload
from fabrication.geometry.previews import checked_glb


def test_a_step_becomes_parts_and_a_preview(tmp_path):
    made = cq.Assembly()
    made.add(cq.Workplane().box(1, 2, 3), name="lid", color=cq.Color("red"))
    made.add(cq.Workplane().box(4, 5, 6), name="base", loc=cq.Location((10, 0, 0)))
    made.export(str(tmp_path / "upload.step"))
    claim = read_upload.run({"name": "my box.step"}, tmp_path)
    assert claim == {
        "parts": [{"name": "lid", "colour": "#ff0000"}, {"name": "base", "colour": None}],
        "notes": [],
        "unit": "mm",
    }
    found = measure.run({"parts": 2}, tmp_path)["parts"]
    assert [each["volume_mm3"] for each in found] == pytest.approx([6, 120])
    assert checked_glb((tmp_path / "preview.glb").read_bytes())


def test_an_open_mesh_becomes_a_part_that_is_not_valid(tmp_path):
    (tmp_path / "upload.obj").write_text("o sail\nv 0 0 0\nv 10 0 0\nv 0 10 0\nv 0 0 9\nf 1 2 3\nf 1 4 2\n")
    claim = read_upload.run({}, tmp_path)
    assert claim["parts"] == [{"name": "sail", "colour": None}]
    assert claim["notes"][0] == "sail: 4 edges are open"
    assert measure.run({"parts": 1}, tmp_path)["parts"][0]["valid"] is False


def test_the_sentence_names_the_file_as_its_owner_does(tmp_path):
    (tmp_path / "upload.stl").write_bytes(b"")
    with pytest.raises(UploadRefused, match=r"lid v2\.stl: it is empty"):
        read_upload.run({"name": "lid v2.stl"}, tmp_path)
