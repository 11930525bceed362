"""The gate's half of planning, on bodies written by hand; the whole way is in tests/integration."""

import struct
from dataclasses import replace

import pytest

from fabrication.artefacts import ArtefactStore
from fabrication.errors import ArtefactMissing, PlanRefused
from fabrication.planning import REASONS_MAX, SlicedBody, plan_gate, plan_slice
from fabrication.slicing.settings import PRESETS
from firmware_bridge.machine import MachineProfile, Material, Programs, PublishedProfile

MACHINE = PublishedProfile(
    name="Ender",
    materials=(Material(name="PLA", hotend_c=210),),
    programs=Programs(start="G28\nG90\nM83\nM109 S{hotend_c}", end="M104 S0\nM84"),
)
BODY = "; a comment\nG1 X10 Y10 F3000\n\nG1 X20 E1 ; print\n"


@pytest.fixture
def store(tmp_path):
    return ArtefactStore(tmp_path / "artefacts")


def sliced(store, body=BODY, key="c" * 64):
    return SlicedBody(
        program_key=key,
        body_sha256=store.put(body.encode()),
        filament_g=1.5,
        time_s=60.0,
        layers=1,
        slicer="PrusaSlicer-2.5.0",
    )


def test_the_body_between_the_owners_programs_in_canonical_form(store):
    plan = plan_gate(store, sliced(store), MACHINE, "PLA")
    assert store.get(plan.program_sha256).decode().splitlines() == [
        *("G28", "G90", "M83", "M109 S210"),
        *("G1 X10 Y10 F3000", "G1 X20 E1"),
        *("M104 S0", "M84"),
    ]
    assert (plan.filament_g, plan.time_s, plan.slicer) == (1.5, 60.0, "PrusaSlicer-2.5.0")


def test_a_key_has_one_program_for_ever(store):
    first = plan_gate(store, sliced(store), MACHINE, "PLA")
    again = plan_gate(store, sliced(store, body="G1 X30 Y30 F3000\n"), MACHINE, "PLA")
    assert again == first


def test_a_thousand_moves_out_of_bounds_are_one_reason(store):
    body = "".join(f"G1 X{-1 - i} F600\n" for i in range(1000))
    with pytest.raises(PlanRefused) as refused:
        plan_gate(store, sliced(store, body), MACHINE, "PLA")
    first = refused.value.reasons[0]
    assert first.startswith(
        "Ender does not allow 'G1 X-1 F600' (line 1 and 999 more of the program): X would reach -1 mm"
    )
    assert len(refused.value.reasons) == 1


def test_only_some_kinds_of_refusal_are_listed(store):
    body = "".join(f"{code}\n" for code in ("M500", "M302", "M20", "M112", "M600", "G20", "M997", "M3"))
    with pytest.raises(PlanRefused) as refused:
        plan_gate(store, sliced(store, body), MACHINE, "PLA")
    assert len(refused.value.reasons) == REASONS_MAX + 1
    assert refused.value.reasons[-1] == "and 3 more kinds of refusal"


def test_a_refused_program_is_stored_nowhere(store):
    with pytest.raises(PlanRefused):
        plan_gate(store, sliced(store, "M500\n"), MACHINE, "PLA")
    assert store.find("c" * 64) is None
    assert plan_gate(store, sliced(store), MACHINE, "PLA").gate.lines == 8


def test_a_body_that_is_gone_is_said_so(store):
    with pytest.raises(ArtefactMissing):
        plan_gate(store, replace(sliced(store), body_sha256="e" * 64), MACHINE, "PLA")


def test_a_print_is_not_planned_for_a_router(store):
    router = MachineProfile.parse('name = "CNC"\nprocess = "milling"\nmaterials = [{name = "PLA"}]').published()
    corners = ((0, 0, 0), (9, 0, 0), (0, 9, 0), (0, 0, 9))
    faces = ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))
    facets = [struct.pack("<12x9f2x", *(value for corner in face for value in corners[corner])) for face in faces]
    stl = struct.pack("<80xI", len(facets)) + b"".join(facets)
    with pytest.raises(PlanRefused) as refused:
        plan_slice(store, "c" * 64, "part", stl, router, "PLA", PRESETS["normal"])
    assert refused.value.reasons == ("the job is for 3D printing; CNC does milling",)
