"""Boxes as binary STL, a profile, and programs standing in for the slicer's executable."""

import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from firmware_bridge.machine import Material, PublishedProfile

FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


@pytest.fixture
def box() -> Callable[..., bytes]:
    def make(x: float = 20, y: float = 20, z: float = 20, at: tuple[float, float, float] = (0, 0, 0)) -> bytes:
        corners = [(at[0] + i * x, at[1] + j * y, at[2] + k * z) for i, j, k in product((0, 1), repeat=3)]
        triangles = [t for a, b, c, d in FACES for t in ((a, b, c), (a, c, d))]
        facets = (struct.pack("<12x9f2x", *(n for i in t for n in corners[i])) for t in triangles)
        return bytes(80) + struct.pack("<I", len(triangles)) + b"".join(facets)

    return make


@pytest.fixture
def profile() -> PublishedProfile:
    return PublishedProfile(name="Ender", materials=(Material(name="PLA", hotend_c=210, bed_c=60),))


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Puts a shell script on PATH as `prusa-slicer`, where the unprivileged user may run it."""
    folder = Path(tempfile.mkdtemp(prefix="stand-in-", dir="/tmp"))
    folder.chmod(0o755)

    def make(script: str) -> Path:
        path = folder / "prusa-slicer"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return path

    yield make
    shutil.rmtree(folder)
