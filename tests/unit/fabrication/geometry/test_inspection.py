import msgspec
import pytest

from fabrication.geometry.findings import FAULTS, Fit, findings, fit, masses
from fabrication.geometry.inspection import Inspection, Stand, Thickness, turn_to_bed
from fabrication.materials import DENSITIES_G_CM3
from fabrication.slicing.filaments import filament
from firmware_bridge.machine import Material, PublishedProfile, Volume

DOWN, UP = (0.0, 0.0, -1.0), (0.0, 0.0, 1.0)
FLAT = Stand(down=DOWN, size_mm=(20, 30, 40), overhang_mm2=0, contact_mm2=600)
SOUND = Inspection(
    volume_mm3=24_000,
    surface_mm2=5_200,
    low_mm=(0, 0, 0),
    high_mm=(20, 30, 40),
    centre_of_mass_mm=(10, 15, 20),
    triangles_only=False,
    faults=(),
    bodies=1,
    triangles=12,
    watertight=True,
    open_edges=0,
    turned_edges=0,
    crowded_edges=0,
    thickness=Thickness(thinnest_mm=20, typical_mm=30, thin_share=0, measured_share=1),
    overhang_deg=45,
    as_modelled=FLAT,
    best=FLAT,
    smallest_hole_mm=5,
    shortest_edge_mm=20,
)
replace = msgspec.structs.replace


def test_nothing_is_found_of_a_sound_part():
    assert findings(SOUND) == ()
    assert SOUND.sound


def walls(thinnest_mm, share):
    return Thickness(thinnest_mm=thinnest_mm, typical_mm=2, thin_share=share, measured_share=1)


HANGING = replace(FLAT, overhang_mm2=500)
BAD = {
    "no valid solid: a surface does not close, the kernel says Odd": ("problem", {"faults": ("NotClosed", "Odd")}),
    "inside out": ("problem", {"volume_mm3": -8.0}),
    "its mesh has 1 edge with a triangle on one side only": ("problem", {"watertight": False, "open_edges": 1}),
    "3 edges whose triangles disagree": ("problem", {"watertight": False, "turned_edges": 3}),
    "2 edges with more than two triangles, which do not": ("problem", {"watertight": False, "crowded_edges": 2}),
    "2 edges with more than two triangles: bodies touch": ("note", {"crowded_edges": 2}),
    "3 separate bodies": ("note", {"bodies": 3}),
    "1.8 % of the surface is on walls thinner than 0.8 mm; the thinnest are about 0.42 mm": (
        "note",
        {"thickness": walls(0.4213, 0.018)},
    ),
    "12 % of the surface is on walls thinner than 0.8 mm; the thinnest are about 0.30 mm": (
        "problem",
        {"thickness": walls(0.3, 0.12)},
    ),
    "500 mm² hang over by more than 45°.": ("note", {"as_modelled": HANGING, "best": HANGING}),
    "500 mm² hang over by more than 45° as it was modelled, 0 mm² in its best position": (
        "note",
        {"as_modelled": HANGING, "best": replace(FLAT, down=UP)},
    ),
    "Only 2.5 mm² of it rest on the bed": ("note", {"best": replace(FLAT, contact_mm2=2.5)}),
    "smallest hole or slot is 0.80 mm wide": ("note", {"smallest_hole_mm": 0.8}),
    "It is 20 × 30 × 300 mm; most desktop printers hold 220 × 220 × 250 mm": ("note", {"high_mm": (20, 30, 300)}),
}


@pytest.mark.parametrize(("says", "case"), BAD.items())
def test_what_is_found_is_said_once(says, case):
    severity, changes = case
    (finding,) = findings(replace(SOUND, **changes))
    assert says in finding.says
    assert finding.severity == severity
    assert finding.do.endswith(".")


def test_problems_come_first():
    both = replace(SOUND, bodies=2, faults=("FreeEdge",))
    assert [finding.severity for finding in findings(both)] == ["problem", "note"]


def test_turning_it_is_what_to_do_about_an_overhang():
    (finding,) = findings(replace(SOUND, as_modelled=HANGING, best=replace(FLAT, down=UP)))
    assert finding.do == "To print it, turn it upside down."


def test_just_above_the_limits_nothing_is_said():
    edge = replace(SOUND, thickness=walls(0.8, 0.004), smallest_hole_mm=2.0, high_mm=(250, 220, 220))
    assert findings(edge) == ()


def test_what_is_not_known_is_not_judged():
    mesh = replace(SOUND, triangles_only=True, thickness=None, smallest_hole_mm=None, shortest_edge_mm=None)
    assert findings(mesh) == ()


@pytest.mark.parametrize(
    ("down", "axis", "degrees"),
    [
        (DOWN, (1, 0, 0), 0),
        (UP, (1, 0, 0), 180),
        ((1, 0, 0), (0, 1, 0), 90),
        ((0, 1, 0), (-1, 0, 0), 90),
        ((0, -0.6, -0.8), (1, 0, 0), 36.8699),
    ],
)
def test_the_turn_that_brings_a_side_to_the_bed(down, axis, degrees):
    found_axis, found_degrees = turn_to_bed(down)
    assert found_axis == pytest.approx(axis)
    assert found_degrees == pytest.approx(degrees)


def test_a_slight_tilt_is_said_in_degrees():
    assert replace(FLAT, down=(0, -0.6, -0.8)).words == "tilt it 37° to the front"


def test_masses_are_volume_times_density():
    grams = masses(24_000)
    assert grams["PLA"] == pytest.approx(29.76)
    assert grams["aluminium 6061"] == pytest.approx(64.8)
    assert grams.keys() == DENSITIES_G_CM3.keys()


def test_the_slicer_weighs_with_the_same_densities():
    for kind in ("PLA", "PETG", "ABS", "ASA", "TPU", "PA", "PC", "PP", "HIPS", "PVA"):
        assert filament(kind).density_g_cm3 == DENSITIES_G_CM3[kind]


def machine(x, y, z):
    return PublishedProfile(
        name="Ender", volume=Volume(x_mm=x, y_mm=y, z_mm=z), materials=(Material(name="PLA", hotend_c=210, bed_c=60),)
    )


def test_which_machines_could_make_it():
    lying = replace(FLAT, down=(0.0, 1.0, 0.0), size_mm=(20.0, 40.0, 30.0))
    part = replace(SOUND, as_modelled=replace(FLAT, size_mm=(20.0, 30.0, 40.0)), best=lying)
    assert fit(part, machine(220, 220, 250), "PLA") == Fit((), turned=False)
    assert fit(part, machine(100, 100, 35), "PLA") == Fit((), turned=True)
    tiny = fit(part, machine(10, 10, 10), "PLA")
    assert tiny.reasons == ("the part is 20 × 40 × 30 mm; Ender holds 10 × 10 × 10 mm",)
    assert not tiny.turned
    assert "PEEK" in fit(part, machine(220, 220, 250), "PEEK").reasons[0]


GOOD = msgspec.to_builtins(SOUND)


def test_a_claim_is_read_back_as_it_was():
    assert msgspec.json.decode(msgspec.json.encode(SOUND), type=Inspection) == SOUND


@pytest.mark.parametrize(
    "lie",
    [
        {"volume_mm3": float("nan")},
        {"volume_mm3": 1e13},
        {"surface_mm2": -1.0},
        {"faults": ["<script>"]},
        {"faults": ["NotClosed"] * 65},
        {"triangles": -1},
        {"overhang_deg": 0},
        {"low_mm": [0, 0]},
        {"bodies": 2.5},
        {"words": "trust me"},
        {"best": {**GOOD["best"], "down": [0, 0, -7]}},
        {"thickness": {**GOOD["thickness"], "thin_share": 1.5}},
    ],
)
def test_a_claim_out_of_bounds_is_refused(lie):
    msgspec.convert(GOOD, Inspection)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({**GOOD, **lie}), type=Inspection)


def test_the_words_for_faults_are_of_names_a_claim_can_have():
    msgspec.convert({**GOOD, "faults": list(FAULTS)}, Inspection)
