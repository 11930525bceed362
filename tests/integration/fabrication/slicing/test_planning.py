"""Mesh to gated program, through the real slicer and the real gate."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from fabrication import planning
from fabrication.artefacts import ArtefactStore
from fabrication.errors import PlanRefused, SlicerFailed, SlicerMissing
from fabrication.planning import plan_gate, plan_program, plan_slice
from fabrication.slicing.prusaslicer import slice_stl
from fabrication.slicing.settings import PRESETS, preset
from firmware_bridge.gcode import blocks, verify
from firmware_bridge.machine import Limits, Programs, Volume

NORMAL = PRESETS["normal"]
GEOMETRY = "a" * 64


@pytest.fixture
def store(tmp_path: Path) -> ArtefactStore:
    return ArtefactStore(tmp_path / "artefacts")


@pytest.fixture
def calls(monkeypatch):
    """How often the real slicer sliced."""
    sliced = []

    def counted(*asked):
        sliced.append(asked)
        return slice_stl(*asked)

    monkeypatch.setattr(planning, "slice_stl", counted)
    return lambda: len(sliced)


def test_the_program_passes_the_gate_and_is_the_bridges_own(store, machine, box):
    material = machine.materials[0].name
    for name in PRESETS:
        plan = plan_program(store, GEOMETRY, "part", box(), machine, material, preset(name, machine.printing))
        program = store.get(plan.program_sha256)
        assert hashlib.sha256(program).hexdigest() == plan.program_sha256 == plan.gate.sha256
        start, end = blocks(machine, material)
        assert program.startswith(start)
        assert program.endswith(end)
        assert len(program) == plan.gate.size_bytes
        assert program.count(b"\n") == plan.gate.lines
        # What the workshop's own gate says of it, byte for byte.
        assert verify(store.path(plan.program_sha256), machine, material) == plan.gate
        assert plan.gate.hotend_max_c == machine.materials[0].hotend_c
        assert plan.filament_g > 0
        assert plan.time_s > 60
        assert plan.slicer.startswith("PrusaSlicer-")


def test_the_gate_measures_what_the_slicer_says(store, bare, box):
    sliced = plan_slice(store, GEOMETRY, "part", box(), bare, "PLA", NORMAL)
    plan = plan_gate(store, sliced, bare, "PLA")
    assert plan.gate.high_mm[2] == pytest.approx(30, abs=0.01)  # lifted off a part of 20 mm
    assert plan.gate.low_mm[2] == pytest.approx(0.2)
    assert plan.gate.time_s == pytest.approx(plan.time_s, rel=0.5)


def test_every_program_ends_cold(store, machine, box):
    plan = plan_program(store, GEOMETRY, "part", box(), machine, "PLA", NORMAL)
    lines = store.get(plan.program_sha256).decode().splitlines()
    hotend = [line for line in lines if line.startswith(("M104", "M109"))]
    assert hotend[-1] == "M104 S0"


def test_made_once_per_key_and_found_again(store, bare, box, calls):
    first = plan_program(store, GEOMETRY, "part", box(), bare, "PLA", NORMAL)
    assert plan_program(ArtefactStore(store.folder), GEOMETRY, "part", box(), bare, "pla", NORMAL) == first
    assert calls() == 1
    other = plan_program(store, "b" * 64, "part", box(30), bare, "PLA", NORMAL)
    finer = plan_program(store, GEOMETRY, "part", box(), bare, "PLA", msgspec.structs.replace(NORMAL, layer_mm=0.1))
    assert len({first.key, other.key, finer.key}) == 3
    assert calls() == 3


def test_askers_at_once_share_one_making(store, bare, box, calls):
    together = threading.Barrier(4)

    def ask(_):
        together.wait(30)
        return plan_program(store, GEOMETRY, "part", box(), bare, "PLA", NORMAL)

    with ThreadPoolExecutor(4) as pool:
        plans = set(pool.map(ask, range(4)))
    assert len(plans) == 1
    assert calls() == 1


def test_a_failure_is_not_kept(store, bare, box, monkeypatch, tmp_path):
    with monkeypatch.context() as without:
        without.setenv("PATH", str(tmp_path))
        with pytest.raises(SlicerMissing):
            plan_program(store, GEOMETRY, "part", box(), bare, "PLA", NORMAL)
    with pytest.raises(SlicerFailed):
        plan_program(store, GEOMETRY, "part", box(0.05, 0.05, 0.05), bare, "PLA", NORMAL)
    assert plan_program(store, GEOMETRY, "part", box(), bare, "PLA", NORMAL).time_s > 0


def test_too_big_is_said_with_both_sizes(store, bare, box):
    with pytest.raises(PlanRefused) as refused:
        plan_program(store, GEOMETRY, "part", box(221, 20, 20), bare, "PLA", NORMAL)
    assert refused.value.reasons == ("the part is 221 × 20 × 20 mm; Bare printer holds 220 × 220 × 250 mm",)


def test_a_part_as_large_as_the_bed_fits_and_a_brim_around_it_does_not(store, bare, box):
    assert plan_program(store, GEOMETRY, "part", box(220, 220, 1), bare, "PLA", NORMAL).gate.high_mm[0] <= 220
    brim = msgspec.structs.replace(NORMAL, brim=True)
    with pytest.raises(PlanRefused, match="with its brim is 230 × 230 × 1 mm"):
        plan_program(store, GEOMETRY, "part", box(220, 220, 1), bare, "PLA", brim)
    assert plan_program(store, GEOMETRY, "part", box(210, 210, 1), bare, "PLA", brim).gate.high_mm[0] <= 220


@pytest.mark.parametrize(
    "volume",
    [
        Volume(x_mm=200, y_mm=200, origin="centre", bed="round"),
        Volume(x_mm=200, y_mm=100, origin="centre", front_mm=30),
        Volume(x_mm=200, y_mm=100, left_mm=50, back_mm=9),
    ],
)
def test_a_part_stands_in_the_middle_of_the_bed_wherever_that_lies(store, bare, box, volume):
    machine = msgspec.structs.replace(bare, volume=volume)
    plan = plan_program(store, GEOMETRY, "part", box(60, 20, 2), machine, "PLA", NORMAL)
    low, high = plan.gate.low_mm, plan.gate.high_mm
    assert [(a + b) / 2 for a, b in zip(low[:2], high[:2], strict=True)] == pytest.approx(volume.centre, abs=0.1)
    assert 60 < high[0] - low[0] < 80


def test_off_the_bed_is_no_error_to_the_slicer_and_stopped_by_the_gate(store, bare, box):
    wide = msgspec.structs.replace(bare, volume=Volume(x_mm=400, y_mm=400))
    sliced = plan_slice(store, GEOMETRY, "part", box(300, 10, 2), wide, "PLA", NORMAL)
    with pytest.raises(PlanRefused) as refused:
        plan_gate(store, sliced, bare, "PLA")
    assert "X would reach" in str(refused.value)
    assert "the machine has 0 to 220 mm" in str(refused.value)
    assert store.find(sliced.program_key) is None


def test_the_gates_refusals_reach_the_owner_in_their_terms(store, bare, box):
    short = msgspec.structs.replace(bare, name="Shorty", limits=Limits(time_max_s=120))
    with pytest.raises(PlanRefused) as refused:
        plan_program(store, GEOMETRY, "part", box(), short, "PLA", NORMAL)
    assert len(refused.value.reasons) == 1
    assert refused.value.reasons[0].startswith("Shorty does not allow 'G1 ")
    eeprom = msgspec.structs.replace(bare, programs=Programs(start="G28\nM500\n"))
    with pytest.raises(PlanRefused, match=r"M500.*EEPROM"):
        plan_program(store, GEOMETRY, "part", box(), eeprom, "PLA", NORMAL)
