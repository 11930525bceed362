import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads.soundness import soundness
from fabrication.geometry.jobs.uploads.stl import read_stl


def read(data):
    (mesh,) = read_stl(data).meshes
    return mesh


def refused(data):
    with pytest.raises(UploadRefused) as refusal:
        read_stl(data)
    return str(refusal.value)


@pytest.mark.parametrize(
    "header", [b"".ljust(80, b"\0"), b"solid but binary".ljust(80), b"solid facet normal".ljust(80)]
)
def test_a_binary_cube_is_read_whatever_its_header_says(cube, files, header):
    mesh = read(files.stl(cube.corners, cube.triangles, header=header))
    found = soundness(mesh.corners, mesh.triangles)
    assert (len(mesh.corners), len(mesh.triangles)) == (8, 12)
    assert found.sound
    assert found.volume_mm3 == pytest.approx(1000)


def test_an_ascii_cube_is_the_same_cube(cube, files):
    mesh = read(files.ascii_stl(cube.corners, cube.triangles, name="my cube"))
    assert mesh.name == "my cube"
    assert soundness(mesh.corners, mesh.triangles).volume_mm3 == pytest.approx(1000)


@pytest.mark.parametrize("change", [bytes.upper, lambda text: text.replace(b"\n", b"\r\n"), lambda text: b"\n " + text])
def test_ascii_is_read_in_other_spellings(cube, files, change):
    assert len(read(change(files.ascii_stl(cube.corners, cube.triangles))).triangles) == 12


def test_each_solid_of_an_ascii_file_is_a_mesh(cube, files):
    both = files.ascii_stl(cube.corners, cube.triangles, "a") + files.ascii_stl(cube.corners + 20, cube.triangles, "b")
    assert [(mesh.name, len(mesh.triangles)) for mesh in read_stl(both).meshes] == [("a", 12), ("b", 12)]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (13, "says 13 triangles, but it has room for 12"),
        (2**32 - 1, "says 4,294,967,295 triangles, but it has room for 12"),
        (0, "says 0 triangles, but 600 bytes follow"),
    ],
)
def test_a_lying_count_is_refused(cube, files, count, words):
    assert words in refused(files.stl(cube.corners, cube.triangles, count=count))


def test_bytes_after_the_last_triangle_are_ignored_and_said(cube, files):
    reading = read_stl(files.stl(cube.corners, cube.triangles, more=b"trailer"))
    assert len(reading.meshes[0].triangles) == 12
    assert reading.notes == ["7 bytes after the last triangle were ignored"]


def test_a_count_that_is_too_low_reads_that_many(cube, files):
    reading = read_stl(files.stl(cube.corners, cube.triangles, count=4))
    assert len(reading.meshes[0].triangles) == 4
    assert reading.notes == ["400 bytes after the last triangle were ignored"]


def test_more_triangles_than_are_taken_are_refused_before_they_are_read():
    count = 500_001
    assert "at most 500,000 are taken" in refused(b" " * 80 + struct.pack("<I", count) + bytes(50 * count))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_coordinates_that_are_no_numbers_are_refused(cube, files, value):
    corners = cube.corners.copy()
    corners[3, 1] = value
    assert "corner 3 has a coordinate that is no finite number" in refused(files.stl(corners, cube.triangles))
    assert "no finite number" in refused(files.ascii_stl(corners, cube.triangles))


def test_huge_coordinates_are_refused_and_tiny_ones_are_not(cube, files):
    assert "3.4e+38 mm from the origin" in refused(files.stl(cube.corners * 3.4e37, cube.triangles))
    corners = cube.corners.copy()
    corners[0] = 1e-45
    assert len(read(files.stl(corners, cube.triangles)).triangles) == 12


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "shorter than an STL's header"),
        (b"solid", "shorter than an STL's header"),
        (b" " * 84, "no STL|room for"),
        (b"\0" * 84, "no triangle"),
        (b"solid x\nendsolid x\n", "it has no triangles"),
        (b"solid x\nfacet\nendsolid x\n", "triangle 1 is not complete: 'facet'"),
        (b"solid facet\nendsolid\n", "no triangle"),
    ],
)
def test_what_is_hardly_a_file_is_refused(data, words):
    import re

    assert re.search(words, refused(data))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"vertex", b"vortex", "triangle 1 has 'vortex' where 'vertex' belongs"),
        (b"vertex 0 0 0", b"vertex 0 zero 0", "no number"),
        (b"vertex 0 0 0", b"vertex 0 0", "not complete|where"),
        (b"vertex 0 0 0", b"vertex 0 0 " + b"9" * 70, "a word that is no number"),
    ],
)
def test_ascii_with_something_else_in_it_is_refused_with_the_place(cube, files, old, new, words):
    import re

    assert re.search(words, refused(files.ascii_stl(cube.corners, cube.triangles).replace(old, new, 1)))


def test_ascii_that_is_cut_short_is_said_or_refused(cube, files):
    text = files.ascii_stl(cube.corners, cube.triangles, end=False)
    assert read_stl(text).notes == ["a solid has no end; the file may be cut short"]
    assert "triangle 12 is not complete" in refused(text[:-30])


@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda data: b"solid x\n facet " + data))
def test_any_bytes_are_read_or_refused(data):
    try:
        read_stl(data)
    except UploadRefused as refusal:
        assert len(str(refusal)) < 400


@given(st.data())
def test_any_change_to_a_file_is_read_or_refused(cube, files, data):
    valid = bytearray(data.draw(st.sampled_from([files.stl, files.ascii_stl]))(cube.corners, cube.triangles))
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(valid) - 1), st.integers(0, 255)), max_size=8)):
        valid[place] = value
    try:
        meshes = read_stl(bytes(valid[: data.draw(st.integers(0, len(valid)) | st.just(len(valid)))])).meshes
    except UploadRefused:
        return
    for mesh in meshes:
        assert np.isfinite(mesh.corners).all()
        assert 0 <= mesh.triangles.min() <= mesh.triangles.max() < len(mesh.corners)
