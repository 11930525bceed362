import json
import struct

import numpy as np
import pytest

from fabrication.geometry.jobs.glb import COLOURS, colours_of, write_glb
from fabrication.geometry.jobs.meshes import Mesh
from fabrication.geometry.previews import checked_glb

TRIANGLE = Mesh(np.eye(3), np.eye(3), np.array([[0, 1, 2]], dtype=np.uint32))


def document(data):
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length])


def test_a_colour_is_turned_from_srgb_to_linear():
    """Figures of IEC 61966-2-1: the middle grey of a screen is a fifth of its light."""
    (black, white, grey, dark) = colours_of(4, ["#000000", "#ffffff", "#808080", "#0a0a0a"])
    assert (black, white) == ((0, 0, 0), (1, 1, 1))
    assert grey == pytest.approx((0.2159,) * 3, abs=1e-4)
    assert dark == pytest.approx((0.0030,) * 3, abs=1e-4)


def test_parts_without_a_colour_get_one_in_turn():
    assert colours_of(6, [None, "#ff0000"]) == [COLOURS[0], (1, 0, 0), COLOURS[2], COLOURS[3], COLOURS[0], COLOURS[1]]


def test_each_part_is_a_node_in_its_colour():
    parts = {f"part {number}": TRIANGLE for number in range(6)}
    data = write_glb(parts, [None, "#ff0000", None, None, None, "#0000ff"])
    assert checked_glb(data) == data
    found = document(data)
    assert [node["name"] for node in found["nodes"]] == [*parts, "design"]
    drawn = [found["materials"][mesh["primitives"][0]["material"]] for mesh in found["meshes"]]
    colours = [each["pbrMetallicRoughness"]["baseColorFactor"] for each in drawn]
    assert colours[1] == [1, 0, 0, 1]
    assert colours[5] == [0, 0, 1, 1]
    assert colours[0] == colours[4] == [*COLOURS[0], 1]
