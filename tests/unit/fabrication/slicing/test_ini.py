import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.slicing import ini
from fabrication.slicing.bundles import ACCELERATIONS, SPEEDS, TAKEN
from fabrication.slicing.settings import PRESETS, PrintSettings
from firmware_bridge.errors import ProfileError
from firmware_bridge.machine import Limits, Material, Printing, PublishedProfile, Volume

PART = (20.0, 20.0, 20.0)
PROFILE = PublishedProfile(
    name="Ender",
    materials=(Material(name="PLA", hotend_c=210, bed_c=60), Material(name="ABS", hotend_c=245, bed_c=100)),
)


def made(profile=PROFILE, material="PLA", settings=PRESETS["normal"], part=PART, preset=None):
    return ini.slicer_ini(profile, material, settings, part, preset)


def test_every_gcode_of_the_slicer_is_empty_but_the_reset_of_e():
    values = made(preset=dict.fromkeys(TAKEN, "10"))
    gcode = {key: value for key, value in values.items() if "gcode" in key and value not in {"", '""', "0"}}
    assert gcode == {"gcode_flavor": "marlin2", "gcode_resolution": "0.0125", "layer_gcode": "G92 E0"}
    assert values["post_process"] == ""
    assert values["thumbnails"] == ""
    # Of an empty list the slicer reads an element that is not there; an empty string is an element.
    assert values["start_filament_gcode"] == values["end_filament_gcode"] == '""'


def test_the_allow_list_of_a_bundle_holds_no_text():
    assert not [key for key in TAKEN if "gcode" in key or "notes" in key or "post" in key or "file" in key]


def test_the_machine_the_material_and_the_settings_are_in_it():
    settings = PrintSettings(layer_mm=0.16, walls=4, infill_pct=33, supports=True, brim=True)
    profile = PublishedProfile(
        name="Mini",
        volume=Volume(x_mm=180, y_mm=170.5, z_mm=160),
        printing=Printing(nozzle_mm=0.6, filament_mm=2.85),
        materials=PROFILE.materials,
    )
    values = made(profile, "abs", settings)
    assert values["bed_shape"] == "0x0,180x0,180x170.5,0x170.5"
    assert values["max_print_height"] == "160"
    assert (values["nozzle_diameter"], values["filament_diameter"]) == ("0.6", "2.85")
    assert (values["temperature"], values["first_layer_temperature"]) == ("245", "245")
    assert (values["bed_temperature"], values["first_layer_bed_temperature"]) == ("100", "100")
    assert (values["layer_height"], values["perimeters"], values["fill_density"]) == ("0.16", "4", "33%")
    assert (values["support_material"], values["brim_width"], values["skirts"]) == ("1", "5", "0")
    assert values["fan_always_on"] == "0"


def test_a_bed_lies_where_the_machine_has_it():
    centred = msgspec.structs.replace(PROFILE, volume=Volume(x_mm=300, y_mm=200.5, origin="centre", left_mm=9))
    assert made(centred)["bed_shape"] == "-150x-100.25,150x-100.25,150x100.25,-150x100.25"
    delta = Volume(x_mm=240, y_mm=240, origin="centre", bed="round")
    corners = made(msgspec.structs.replace(PROFILE, volume=delta))["bed_shape"].split(",")
    assert "120x0" in corners
    assert "0x-120" in corners
    assert all(math.hypot(*map(float, corner.split("x"))) == pytest.approx(120, abs=1e-4) for corner in corners)


def test_full_infill_takes_a_pattern_that_can_fill():
    assert made(settings=PrintSettings(layer_mm=0.2, walls=2, infill_pct=100))["fill_pattern"] == "rectilinear"
    assert made()["fill_pattern"] == "cubic"


def test_a_skirt_only_where_the_bed_has_room():
    assert made(part=(200, 200, 10))["skirts"] == "1"
    assert made(part=(200, 211, 10))["skirts"] == "0"
    delta = msgspec.structs.replace(PROFILE, volume=Volume(origin="centre", bed="round"))
    assert made(delta, part=(140, 140, 10))["skirts"] == "1"
    assert made(delta, part=(155, 155, 10))["skirts"] == "0"


@given(
    feed=st.floats(60, 60_000),
    acceleration=st.floats(10, 20_000),
    speed=st.floats(1, 1_000),
    travel=st.floats(1, 1_000),
    preset=st.none() | st.fixed_dictionaries({}, optional=dict.fromkeys(TAKEN, st.sampled_from(["9999", "80%", "0"]))),
)
def test_nothing_is_faster_than_the_owner_allows(feed, acceleration, speed, travel, preset):
    profile = msgspec.structs.replace(
        PROFILE,
        limits=Limits(feed_max_mm_min=feed, acceleration_max_mm_s2=acceleration),
        printing=Printing(speed_mm_s=speed, travel_mm_s=travel),
    )
    values = made(profile, preset=preset)
    fastest = feed / 60 + 1e-5
    for key in SPEEDS:
        if values[key].endswith("%"):
            assert float(values[key][:-1]) <= 100
        else:
            assert float(values[key]) <= min(speed + 1e-5, fastest)
    assert float(values["travel_speed"]) <= min(travel + 1e-5, fastest)
    for key in ("travel_speed_z", "retract_speed", "deretract_speed", "max_print_speed"):
        assert float(values[key].rstrip("%")) <= fastest or values[key].endswith("%")
    for key in ACCELERATIONS:
        assert values[key].endswith("%") or float(values[key]) <= acceleration + 1e-5
    assert (
        float(values["retract_length"].rstrip("%")) <= profile.limits.extrude_max_mm or "%" in values["retract_length"]
    )


def test_a_preset_refines_and_cannot_add():
    values = made(preset={"retract_length": "5", "perimeter_speed": "25"})
    assert (values["retract_length"], values["perimeter_speed"]) == ("5", "25")
    assert made(preset=dict.fromkeys(TAKEN, "1")).keys() >= made().keys()


def test_a_material_the_machine_lacks():
    with pytest.raises(ProfileError, match="no material 'PEEK'; it has: PLA, ABS"):
        made(material="PEEK")


def test_no_value_brings_a_line_of_its_own():
    with pytest.raises(ValueError, match="not a line"):
        ini.render({"notes": "x\npost_process = /bin/sh"})
    with pytest.raises(ValueError, match="not a line"):
        ini.render({"notes\npost_process": "x"})
    assert ini.render({"b": "2", "a": "1"}) == "a = 1\nb = 2\n"
