import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads.obj import read_obj
from fabrication.geometry.jobs.uploads.soundness import soundness


def volumes(data):
    return [(mesh.name, round(soundness(mesh.corners, mesh.triangles).volume_mm3, 6)) for mesh in read_obj(data).meshes]


def refused(data):
    with pytest.raises(UploadRefused) as refusal:
        read_obj(data)
    return str(refusal.value)


def test_triangles_and_polygons_make_the_same_cube(cube, files):
    assert volumes(files.obj(cube.corners, cube.triangles)) == [("", 1000)]
    assert volumes(files.obj(cube.corners, cube.quads)) == [("", 1000)]


def test_textures_normals_materials_and_comments_are_left_alone(cube, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = files.obj(cube.corners, []).decode() + "# a comment\nvn 0 0 1\nvt 0.5 0.5\nmtllib /etc/passwd\nmtllib ../x\n"
    text += "usemtl red\ns off\n" + "".join(
        "f " + " ".join(f"{i + 1}/1/1" if n % 2 else f"{i + 1}//1" for i in face) + "\n"
        for n, face in enumerate(cube.quads)
    )
    assert volumes(text.encode()) == [("", 1000)]


def test_negative_indices_count_back_from_the_face(cube, files):
    faces = "".join("f " + " ".join(str(i - 8) for i in face) + "\n" for face in cube.quads)
    assert volumes(files.obj(cube.corners, []) + faces.encode()) == [("", 1000)]


def test_a_line_can_go_on_in_the_next(cube, files):
    assert volumes(
        files.obj(cube.corners, cube.quads).replace(b"f 1 2", b"f 1 \\\r\n 2").replace(b"v 10", b"v \\\n10")
    ) == [("", 1000)]


def two(cube, files, word):
    return b"".join(
        f"{word} {name}\n".encode() + files.obj(cube.corners + shift, [[i - 9 for i in face] for face in cube.quads])
        for name, shift in (("lower half", 0), ("upper", 30))
    )


@pytest.mark.parametrize("word", ["o", "g"])
def test_objects_or_groups_that_are_closed_are_parts(cube, files, word):
    assert volumes(two(cube, files, word)) == [("lower half", 1000), ("upper", 1000)]


def test_groups_that_share_a_surface_stay_together(cube, files):
    faces = b"".join(
        f"g side {n}\n".encode() + files.obj(np.empty((0, 3)), [face]) for n, face in enumerate(cube.quads)
    )
    reading = read_obj(files.obj(cube.corners, []) + faces)
    assert len(reading.meshes) == 1
    assert reading.notes == ["its 6 groups were joined into one part: not each of them is closed by itself"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("f 1 2 9", "line 9: a face names corner 9, but 8 corners come before it"),
        ("f 1 2 0", "a face names corner 0"),
        ("f 1 2 -9", "a face names corner -9"),
        ("f 1 2", "a face has 2 corners; it needs 3"),
        ("f 1 2 x", "line 9 has what is no number: 'f 1 2 x'"),
        ("f 1 2 1e2", "no number"),
        (f"f 1 2 {'9' * 5000}", "no number"),
        ("v 1 2", "2 coordinates instead of 3"),
        ("v nan 0 0\nf 1 2 3", "corner 9 has a coordinate that is no finite number"),
        ("v 1e400 0 0\nf 1 2 3", "no finite number"),
        ("v 1e30 0 0\nf 1 2 3", "1e\\+30 mm from the origin"),
        ("v nan 0 0\nf 1 2 3 9", "no finite number"),
        ("".join(f"g {n}\nf 1 2 3\n" for n in range(10_001)), "more than 10,000 groups of faces"),
        ("# only corners", "no triangle"),
        ("x" * 70_000, "line 9 has more than 65,536 bytes"),
        ("f 1 \\\n" * 30_000, "more than 65,536 bytes"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(cube, files, line, words):
    import re

    message = refused(files.obj(cube.corners, []) + line.encode())
    assert re.search(words, message)
    assert len(message) < 300


@pytest.mark.parametrize("data", [b"", b"hello", b"\0" * 100, b"f 1 2 3", b"\\"])
def test_what_is_no_obj_is_refused(data):
    assert refused(data)


def test_a_polygon_with_more_triangles_than_are_taken_is_refused(cube, files, monkeypatch):
    monkeypatch.setattr("fabrication.geometry.jobs.uploads.limits.TRIANGLES_MAX", 5)
    assert "it has 6 triangles; at most 5" in refused(files.obj(cube.corners, [[0, 1, 2, 3, 4, 5, 6, 7]]))


@given(st.binary(max_size=300) | st.text("vfog \n-123/.e\\#", max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data):
    try:
        reading = read_obj(data)
    except UploadRefused as refusal:
        assert len(str(refusal)) < 400
    else:
        for mesh in reading.meshes:
            assert np.isfinite(mesh.corners).all()
            assert 0 <= mesh.triangles.min() <= mesh.triangles.max() < len(mesh.corners)
