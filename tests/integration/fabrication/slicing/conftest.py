"""Solids as binary STL, and machines with owners' programs, for the real slicer."""

import math
import shutil
import struct
from collections.abc import Callable
from itertools import product

import pytest

from firmware_bridge.machine import Limits, Material, Printing, Programs, PublishedProfile, Volume

Point = tuple[float, float, float]
FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))

START = """; Ender 3
M140 S{bed_c}
M104 S{hotend_c}
G21
G90
M82
G28 ; home
M190 S{bed_c}
M109 S{hotend_c}
G92 E0
G1 Z2 F600
G1 X2 Y20 F5000
G1 Z0.3 F600
G1 X2 Y150 E12 F1500
G92 E0
"""
END = "G91\nG1 E-2 F2700\nG1 Z5 F600\nG90\nG1 X0 Y200 F3000\nM106 S0\nM104 S0\nM140 S0\nM84\n"


@pytest.fixture(autouse=True)
def _real_slicer() -> None:
    assert shutil.which("prusa-slicer"), "these tests need the real prusa-slicer: make setup"


def as_stl(triangles: list[tuple[Point, Point, Point]]) -> bytes:
    facets = (struct.pack("<12x9f2x", *(n for point in t for n in point)) for t in triangles)
    return bytes(80) + struct.pack("<I", len(triangles)) + b"".join(facets)


@pytest.fixture
def box() -> Callable[..., bytes]:
    def make(x: float = 20, y: float = 20, z: float = 20, at: Point = (0, 0, 0)) -> bytes:
        corners = [(at[0] + i * x, at[1] + j * y, at[2] + k * z) for i, j, k in product((0, 1), repeat=3)]
        return as_stl(
            [tuple(corners[i] for i in t) for a, b, c, d in FACES for t in ((a, b, c), (a, c, d))]  # type: ignore[misc]
        )

    return make


def ring(radius: float, z: float, sides: int = 96) -> list[tuple[Point, Point]]:
    """The edges of a regular polygon, counter-clockwise."""
    turns = [2 * math.pi * side / sides for side in range(sides)]
    points = [(radius * math.cos(turn), radius * math.sin(turn), z) for turn in turns]
    return list(zip(points, points[1:] + points[:1], strict=True))


@pytest.fixture
def cylinder() -> Callable[..., bytes]:
    def make(radius: float = 12, height: float = 15) -> bytes:
        low, high = ring(radius, 0), ring(radius, height)
        foot, lid = (0.0, 0.0, 0.0), (0.0, 0.0, height)
        return as_stl(
            [(foot, b, a) for a, b in low]
            + [(lid, a, b) for a, b in high]
            + [(a, b, d) for (a, b), (_, d) in zip(low, high, strict=True)]
            + [(a, d, c) for (a, _), (c, d) in zip(low, high, strict=True)]
        )

    return make


@pytest.fixture
def cone() -> Callable[..., bytes]:
    """Standing on its point."""

    def make(radius: float = 10, height: float = 20) -> bytes:
        rim, point, lid = ring(radius, height), (0.0, 0.0, 0.0), (0.0, 0.0, height)
        return as_stl([(point, b, a) for a, b in rim] + [(lid, a, b) for a, b in rim])

    return make


PLA = Material(name="PLA", hotend_c=210, bed_c=60)
MACHINES = {
    "Ender 3": PublishedProfile(
        name="Ender 3",
        materials=(PLA, Material(name="PETG", hotend_c=235, bed_c=80)),
        printing=Printing(slicer_preset="Creality:ENDER3"),
        programs=Programs(start=START, end=END),
    ),
    "bare": PublishedProfile(name="Bare printer", materials=(PLA,)),
    "cold bed": PublishedProfile(
        name="Cold bed",
        volume=Volume(x_mm=100, y_mm=120, z_mm=30),
        limits=Limits(hotend_max_c=220, bed_max_c=0, feed_max_mm_min=3000, acceleration_max_mm_s2=400),
        materials=(Material(name="PLA", hotend_c=195),),
        programs=Programs(start="G28\nG90\nM83\nM109 S{hotend_c}\n"),
    ),
    "fast": PublishedProfile(
        name="Fast one",
        volume=Volume(x_mm=350, y_mm=350, z_mm=340),
        limits=Limits(hotend_max_c=300, feed_max_mm_min=30_000, acceleration_max_mm_s2=20_000),
        printing=Printing(nozzle_mm=0.6, speed_mm_s=300, travel_mm_s=500, layer_max_mm=0.4, filament_mm=2.85),
        materials=(PLA,),
        programs=Programs(start=START, end=END),
    ),
}


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> PublishedProfile:
    return MACHINES[request.param]


@pytest.fixture
def ender() -> PublishedProfile:
    return MACHINES["Ender 3"]


@pytest.fixture
def bare() -> PublishedProfile:
    return MACHINES["bare"]
