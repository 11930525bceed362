"""The real slicer: how much it extrudes, where, how fast, and what it says when it cannot."""

import math
import random
import re
import struct

import msgspec
import pytest

from fabrication.errors import SlicerFailed
from fabrication.slicing.mesh import read_stl
from fabrication.slicing.prusaslicer import LIMITS, slice_stl, slicer_version
from fabrication.slicing.settings import PRESETS, PrintSettings
from firmware_bridge.machine import Printing

SOLID = PrintSettings(layer_mm=0.2, walls=2, infill_pct=100)
NORMAL = PRESETS["normal"]


def moves(body):
    """(words) of every G1 of the body, as letter → number."""
    return [
        {word[0]: float(word[1:]) for word in line.split(";")[0].split()[1:]}
        for line in body.splitlines()
        if line.startswith("G1 ")
    ]


def extruded_box(body):
    """Low and high of where plastic is laid, without the skirt."""
    kind, at, places = "", {}, []
    for line in body.splitlines():
        if line.startswith(";TYPE:"):
            kind = line[6:]
        if line.startswith("G1 "):
            words = {word[0]: float(word[1:]) for word in line.split(";")[0].split()[1:]}
            before, at = at, at | words
            if words.get("E", 0) > 0 and "X" in words and kind != "Skirt/Brim":
                places += [(before["X"], before["Y"], at["Z"]), (at["X"], at["Y"], at["Z"])]
    return [min(p[i] for p in places) for i in range(3)], [max(p[i] for p in places) for i in range(3)]


def test_the_version():
    assert re.match(r"PrusaSlicer-\d+\.\d+", slicer_version())


@pytest.mark.parametrize("solid", ["box", "cylinder"])
def test_the_volume_oracle(request, bare, solid):
    """At 100 % infill what is extruded is the solid, within 1.5 %."""
    stl = request.getfixturevalue(solid)()
    no_room_for_a_skirt = msgspec.structs.replace(bare, volume=msgspec.structs.replace(bare.volume, x_mm=28, y_mm=28))
    sliced = slice_stl(stl, no_room_for_a_skirt, "PLA", SOLID)
    wanted_mm3 = read_stl(stl).volume_mm3
    assert sliced.filament_cm3 * 1000 == pytest.approx(wanted_mm3, rel=0.015)
    in_moves = sum(move.get("E", 0) for move in moves(sliced.body)) * math.pi * (1.75 / 2) ** 2
    assert in_moves == pytest.approx(wanted_mm3, rel=0.015)
    assert sliced.filament_g == pytest.approx(sliced.filament_cm3 * 1.24, rel=0.01)


def test_layers_and_place(bare, box):
    sliced = slice_stl(box(30, 20, 10, at=(-4000, 5000, 77)), bare, "PLA", NORMAL)
    assert sliced.layers == 50
    low, high = extruded_box(sliced.body)
    assert low == pytest.approx([110 - 15, 110 - 10, 0.2], abs=0.35)
    assert high == pytest.approx([110 + 15, 110 + 10, 10], abs=0.35)


def test_the_settings_reach_the_slicer(bare, box):
    thin = slice_stl(box(), bare, "PLA", PrintSettings(layer_mm=0.1, walls=2, infill_pct=10))
    assert thin.layers == pytest.approx(199, abs=1)
    light = slice_stl(box(), bare, "PLA", PrintSettings(layer_mm=0.2, walls=1, infill_pct=5))
    heavy = slice_stl(box(), bare, "PLA", PRESETS["strong"])
    assert light.filament_g < 0.6 * heavy.filament_g
    brim = slice_stl(box(), bare, "PLA", msgspec.structs.replace(NORMAL, brim=True))
    plain = slice_stl(box(), bare, "PLA", NORMAL)
    assert brim.filament_mm > plain.filament_mm + 20


def test_speeds_stay_within_the_owners(machine, box):
    sliced = slice_stl(box(), machine, machine.materials[0].name, PRESETS["normal"])
    feeds = {move["F"] for move in moves(sliced.body) if "F" in move}
    assert max(feeds) <= machine.limits.feed_max_mm_min + 0.001
    # What prints is no faster than the owner prints; what travels no faster than it travels.
    assert max(feeds) <= max(machine.printing.travel_mm_s, 35) * 60 + 0.001


def test_no_code_of_anyone_else(ender, box):
    body = slice_stl(box(), ender, "PLA", NORMAL).body
    config = dict(re.findall(r"^; (\w+) = (.*)$", body, re.M))
    assert config["post_process"] == ""
    custom = {key for key, value in config.items() if key.endswith("_gcode") and value not in {"", '""'}}
    assert custom == {"layer_gcode"}
    assert config["layer_gcode"] == "G92 E0"
    assert config["thumbnails"] == ""
    commands = {line.split()[0] for line in body.splitlines() if line[:1] not in {"", ";"}}
    assert commands <= {"G1", "G21", "G90", "G92", "M83", "M104", "M106", "M107", "M109", "M140", "M190", "M204"}


def test_the_slicers_own_preset_refines(ender, bare, box):
    ours = slice_stl(box(), bare, "PLA", NORMAL).body
    theirs = slice_stl(box(), ender, "PLA", NORMAL).body
    assert "retract_length = 2\n" in ours
    assert "retract_length = 5\n" in theirs
    assert "M204" not in ours
    assert "M204" in theirs


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ((0.05, 0.05, 0.05), "too thin or too small"),
        ((20, 20, 0.01), "too thin or too small"),
    ],
)
def test_too_small(bare, box, size, sentence):
    with pytest.raises(SlicerFailed, match=sentence):
        slice_stl(box(*size), bare, "PLA", NORMAL)


def test_standing_on_a_point(bare, cone):
    with pytest.raises(SlicerFailed, match="stands on a point"):
        slice_stl(cone(), bare, "PLA", NORMAL)


def test_far_too_large(bare, box):
    with pytest.raises(SlicerFailed, match="does not fit the bed"):
        slice_stl(box(9e5, 10, 10), bare, "PLA", NORMAL)


def test_layers_higher_than_the_nozzle(bare, box):
    profile = msgspec.structs.replace(bare, printing=Printing(nozzle_mm=0.2, layer_max_mm=0.6))
    with pytest.raises(SlicerFailed, match="more than the nozzle's diameter"):
        slice_stl(box(), profile, "PLA", PrintSettings(layer_mm=0.5, walls=2, infill_pct=20))


def test_a_budget_of_memory_and_time(bare, box):
    # Too little to even start: whatever it says, it is one sentence of ours.
    tight = msgspec.structs.replace(LIMITS, wall_s=20, memory=64 * 1024**2)
    with pytest.raises(SlicerFailed, match="the slicer"):
        slice_stl(box(), bare, "PLA", NORMAL, tight)
    brief = msgspec.structs.replace(LIMITS, wall_s=0.05)
    with pytest.raises(SlicerFailed, match=r"did not finish within 0\.05 s"):
        slice_stl(box(), bare, "PLA", NORMAL, brief)
    small = msgspec.structs.replace(LIMITS, wall_s=20, file=10_000)
    with pytest.raises(SlicerFailed, match=r"the slicer"):
        slice_stl(box(), bare, "PLA", NORMAL, small)


def test_solids_that_run_through_each_other_still_give_a_program(bare, box):
    corners = read_stl(box()).corners + read_stl(box(at=(10, 10, 0))).corners
    facets = (struct.pack("<12x9f2x", *corner) for corner in corners)
    stl = bytes(80) + struct.pack("<I", len(corners)) + b"".join(facets)
    sliced = slice_stl(stl, bare, "PLA", SOLID)
    assert sliced.filament_cm3 == pytest.approx(14, rel=0.05)


@pytest.mark.parametrize("seed", range(6))
def test_a_soup_of_triangles_ends_in_a_body_or_a_sentence(bare, seed):
    """What a broken or hostile mesh may do is fail; it is never a hang, a trace or a program without an end."""
    chance = random.Random(seed)
    corners = [[chance.uniform(0, 40) for _ in range(9)] for _ in range(60)]
    stl = bytes(80) + struct.pack("<I", len(corners)) + b"".join(struct.pack("<12x9f2x", *c) for c in corners)
    try:
        sliced = slice_stl(stl, bare, "PLA", NORMAL, msgspec.structs.replace(LIMITS, wall_s=60))
    except SlicerFailed as error:
        assert str(error).startswith("the slicer")
    else:
        assert sliced.filament_mm > 0
