import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fabrication.errors import SlicerFailed
from fabrication.slicing.mesh import read_stl


def test_size_volume_and_bounds(box):
    mesh = read_stl(box(10, 20, 30, at=(5, -5, 100)))
    assert mesh.size_mm == (10, 20, 30)
    assert mesh.low == (5, -5, 100)
    assert mesh.volume_mm3 == pytest.approx(6000)


def test_on_bed_moves_and_changes_nothing_else(box):
    moved = read_stl(read_stl(box(10, 20, 30, at=(5000, -5, 100))).on_bed())
    assert moved.low == (-5, -10, 0)
    assert moved.high == (5, 10, 30)
    assert moved.volume_mm3 == pytest.approx(6000)


def test_inverted_facets_show_as_negative_volume(box):
    stl = bytearray(box())
    for facet in range(12):
        at = 84 + 50 * facet + 12
        stl[at : at + 12], stl[at + 12 : at + 24] = stl[at + 12 : at + 24], stl[at : at + 12]
    assert read_stl(bytes(stl)).volume_mm3 == pytest.approx(-8000)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("coordinate", range(9))
def test_a_corner_that_is_no_number(box, value, coordinate):
    stl = bytearray(box())
    struct.pack_into("<f", stl, 84 + 3 * 50 + 12 + 4 * coordinate, value)
    with pytest.raises(SlicerFailed, match="not a number"):
        read_stl(bytes(stl))


@pytest.mark.parametrize("length", [83, 84, 300, 683])
def test_cut_short(box, length):
    with pytest.raises(SlicerFailed, match=r"cut short|no binary STL"):
        read_stl(box()[:length])


def test_too_long(box):
    with pytest.raises(SlicerFailed, match="cut short or no binary STL"):
        read_stl(box() + b"\0")


def test_empty():
    with pytest.raises(SlicerFailed, match="no binary STL"):
        read_stl(b"")
    with pytest.raises(SlicerFailed, match="0 triangles"):
        read_stl(bytes(84))


def test_a_claim_of_four_thousand_million_triangles_costs_nothing(box):
    stl = bytearray(box())
    struct.pack_into("<I", stl, 80, 0xFFFFFFFF)
    with pytest.raises(SlicerFailed, match="4294967295 triangles take"):
        read_stl(bytes(stl))


def test_text_stl_is_said_to_be_none():
    with pytest.raises(SlicerFailed, match="binary STL"):
        read_stl(b"solid cube\n" + b"facet normal 0 0 1\n" * 50)


def test_flat_and_far(box):
    with pytest.raises(SlicerFailed, match="encloses no volume"):
        read_stl(box(10, 10, 0))
    with pytest.raises(SlicerFailed, match="kilometre"):
        read_stl(box(at=(1e9, 0, 0)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.integers(0, 683), st.integers(0, 255)), max_size=40), cut=st.integers(0, 700))
def test_whatever_bytes_come_it_is_a_mesh_or_a_sentence(box, flips, cut):
    stl = bytearray(box())
    for at, byte in flips:
        stl[at] = byte
    try:
        mesh = read_stl(bytes(stl[:cut]))
    except SlicerFailed:
        return
    assert min(mesh.size_mm) > 0
    assert len(mesh.on_bed()) == len(stl[:cut])
