import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.dispatch.matching import why_not
from fabrication.slicing.settings import PRESETS, PrintSettings
from firmware_bridge.machine import Limits, MachineProfile, Material, Printing, PublishedProfile, Volume

ENDER = PublishedProfile(
    name="Ender",
    volume=Volume(x_mm=220, y_mm=220, z_mm=250),
    materials=(Material(name="PLA", hotend_c=210, bed_c=60),),
    printing=Printing(layer_min_mm=0.1, layer_max_mm=0.3),
)
SMALL = (20.0, 20.0, 20.0)
NORMAL = PRESETS["normal"]


def reasons(size=SMALL, process="fff", material="PLA", settings=NORMAL, profile=ENDER):
    return why_not(size, process, material, settings, profile)


ROUTER = MachineProfile.parse('name = "CNC"\nprocess = "milling"\nmaterials = [{name = "PLA"}]').published()


def test_a_router_prints_nothing():
    assert reasons(profile=ROUTER) == ("the job is for 3D printing; CNC does milling",)


def test_it_could():
    assert reasons() == ()
    assert reasons(size=(220, 220, 250)) == ()
    assert reasons(material="pla") == ()


def test_a_round_bed_has_no_corners():
    delta = msgspec.structs.replace(ENDER, volume=Volume(x_mm=220, y_mm=220, origin="centre", bed="round"))
    assert reasons(size=(155, 155, 20), profile=delta) == ()
    assert reasons(size=(156, 156, 20), profile=delta) == ("the part is 156 × 156 × 20 mm; Ender holds ⌀ 220 × 250 mm",)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"size": (230.04, 20.0, 20.0)},
            "the part is 230.04 × 20 × 20 mm; Ender holds 220 × 220 × 250 mm",
        ),
        ({"size": (20.0, 220.01, 20.0)}, "the part is 20 × 220.01 × 20 mm; Ender holds 220 × 220 × 250 mm"),
        ({"size": (1.0, 1.0, 250.5)}, "the part is 1 × 1 × 250.5 mm; Ender holds 220 × 220 × 250 mm"),
        (
            {"size": (211.0, 20.0, 20.0), "settings": msgspec.structs.replace(NORMAL, brim=True)},
            "the part with its brim is 221 × 30 × 20 mm; Ender holds 220 × 220 × 250 mm",
        ),
        ({"material": "PETG"}, "Ender has no material 'PETG'; it has: PLA"),
        ({"process": "milling"}, "the job is for milling; Ender does 3D printing"),
        (
            {"settings": PrintSettings(layer_mm=0.05, walls=2, infill_pct=10)},
            "layers of 0.05 mm are asked for; Ender prints 0.1 to 0.3 mm",
        ),
        (
            {"settings": PrintSettings(layer_mm=0.4, walls=2, infill_pct=10)},
            "layers of 0.4 mm are asked for; Ender prints 0.1 to 0.3 mm",
        ),
    ],
)
def test_why_not(asked, sentence):
    assert reasons(**asked) == (sentence,)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(hotend_max_c=200), "PLA prints at 210 °C; Ender allows its hot end 200 °C"),
        (Limits(bed_max_c=50), "PLA wants the bed at 60 °C; Ender allows it 50 °C"),
        (Limits(extrude_min_c=220), "PLA prints at 210 °C; Ender pushes no filament below 220 °C"),
    ],
)
def test_a_material_beyond_the_machines_own_limits(limits, sentence):
    assert reasons(profile=msgspec.structs.replace(ENDER, limits=limits)) == (sentence,)


def test_all_reasons_at_once():
    settings = PrintSettings(layer_mm=0.9, walls=2, infill_pct=10)
    assert len(reasons(size=(999, 999, 999), material="PEEK", settings=settings)) == 3


@given(st.tuples(*[st.floats(0.1, 1000)] * 3), st.floats(0.1, 50))
def test_what_fits_still_fits_a_larger_machine(size, more):
    volume = ENDER.volume
    larger = msgspec.structs.replace(
        ENDER, volume=Volume(x_mm=volume.x_mm + more, y_mm=volume.y_mm + more, z_mm=volume.z_mm + more)
    )
    assert reasons(size=size) or not reasons(size=size, profile=larger)
