import pytest

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads import read_model, read_upload


@pytest.fixture
def put(tmp_path):
    def put(name, data):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return put


def test_bodies_are_named_after_the_file_where_it_names_none(put, cube, files):
    (body,) = read_model(put("upload.stl", files.stl(cube.corners, cube.triangles)))
    assert (body.name, body.colour) == ("upload", None)
    upload = read_upload(put("upload.STL", files.stl(cube.corners, cube.triangles)), "My <Cube>.stl")
    assert upload.bodies[0].name == "My -Cube"


def test_no_two_bodies_have_one_name(put, cube, files):
    one = files.ascii_stl(cube.corners, cube.triangles, "x" * 60)
    names = [body.name for body in read_model(put("a.stl", one * 3))]
    assert len(set(names)) == 3
    assert max(map(len, names)) <= 40


def test_notes_name_the_body_and_do_not_go_on_for_ever(put, cube, files):
    open_cube = b"".join(files.ascii_stl(cube.corners, cube.triangles[1:], f"c{n}") for n in range(10))
    notes = read_upload(put("a.stl", open_cube)).notes
    assert notes[0] == "c0: 3 edges are open"
    assert (len(notes), notes[-1]) == (21, "and 10 notes more")


def test_more_bodies_than_a_design_may_have_are_refused(put, cube, files):
    many = b"".join(files.ascii_stl(cube.corners, cube.triangles, f"c{n}") for n in range(33))
    with pytest.raises(UploadRefused, match="33 bodies; at most 32"):
        read_model(put("a.stl", many))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.stl", b"", "a.stl: it is empty"),
        ("a.svg", b"x", "a.svg: models are read from .step, .stp"),
        ("a", b"x", "models are read"),
    ],
)
def test_the_sentence_names_the_file(put, name, data, words):
    with pytest.raises(UploadRefused) as refusal:
        read_model(put(name, data))
    assert words in str(refusal.value)


def test_what_its_owner_calls_it_is_shown_harmlessly(put):
    with pytest.raises(UploadRefused) as refusal:
        read_upload(put("a.stl", b""), "x\n\x1b[31m" + "y" * 500 + ".stl")
    assert str(refusal.value).startswith("x [31my")
    assert len(str(refusal.value)) < 120
