"""Answers of real machines → what is known of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.identity.grbl import read_grbl
from firmware_bridge.identity.identity import Identity, Travel
from firmware_bridge.identity.marlin import read_marlin
from tests.unit.firmware_bridge.identity.answers import (
    GRBL,
    GRBL_NAMELESS,
    GRBLHAL,
    KLIPPER,
    MARLIN_11,
    MARLIN_21,
    WITH_AREA,
)


def test_a_marlin_2_1_is_read_whole():
    assert read_marlin(MARLIN_21) == Identity(
        firmware="marlin",
        version="Marlin 2.1.2.1 (Jun 10 2023 16:54:06)",
        machine="Ender-3 V2",
        uuid="ca319a00-0000-0000-0000-00be174103d4",
        capabilities={
            "SERIAL_XON_XOFF": False,
            "EEPROM": True,
            "AUTOREPORT_TEMP": True,
            "EMERGENCY_PARSER": False,
            "ARCS": True,
        },
        extruders=1,
        has_bed=True,
        travel={"X": Travel(-5, 235), "Y": Travel(0, 232), "Z": Travel(0, 250)},
        travel_enforced=True,
        feed_max_mm_min={"X": 18_000, "Y": 15_000, "Z": 300},
        acceleration_max_mm_s2={"X": 500, "Y": 600, "Z": 100},
    )


def test_a_marlin_1_1_says_the_same_in_other_words():
    found = read_marlin(MARLIN_11)
    assert (found.version, found.machine, found.extruders) == ("Marlin 1.1.9 (Github)", "3D Printer", 2)
    assert found.travel == {"X": Travel(-42, 200), "Y": Travel(0, 214), "Z": Travel(0, 200)}
    assert found.travel_enforced is False
    assert found.feed_max_mm_min == {"X": 18_000, "Y": 18_000, "Z": 900}
    assert found.has_bed is False


def test_the_uuid_of_every_build_is_no_uuid():
    assert read_marlin(MARLIN_11).uuid == ""


def test_travel_is_taken_from_m115_where_m211_is_not_known():
    assert read_marlin(WITH_AREA).travel == {"X": Travel(0, 230), "Y": Travel(0, 231), "Z": Travel(0, 250)}


def test_klippers_dialect_tells_its_name_and_little_else():
    found = read_marlin(KLIPPER)
    assert found.version == "Klipper v0.12.0-85-gd785b396"
    assert (found.has_bed, found.travel, found.extruders, found.travel_enforced) == (True, {}, None, None)


def test_a_grbl_is_read_whole():
    found = read_grbl(GRBL)
    assert (found.version, found.build) == ("Grbl 1.1h.20190830", "left router")
    assert found.travel == {"X": Travel(0, 300), "Y": Travel(0, 180), "Z": Travel(0, 45)}
    assert found.travel_enforced is True
    assert found.feed_max_mm_min == {"X": 5_000, "Y": 4_000, "Z": 800}
    assert found.acceleration_max_mm_s2 == {"X": 200, "Y": 250, "Z": 50}
    assert (found.spindle_max_rpm, found.receive_bytes, found.extruders) == (12_000, 128, 0)
    assert found.capabilities == {"V": True, "L": True}
    assert found.settings["$30"] == "12000"
    assert found.offsets == {
        "G54": [0, 0, 0],
        "G55": [10, -20.5, 3],
        "TLO": [0],
        "PRB": [0, 0, 0],
    }


def test_a_grblhal_names_its_board_and_its_buffer():
    found = read_grbl(GRBLHAL)
    assert (found.version, found.machine) == ("grblHAL 1.1f.20231210", "BlackPill alternative I2C pins")
    assert found.receive_bytes == 1_024
    assert found.travel == {"X": Travel(0, 600), "Y": Travel(0, 400)}
    assert found.travel_enforced is None


def test_a_grbl_without_a_text_of_its_owners_has_none():
    assert read_grbl(GRBL_NAMELESS).build == ""


@pytest.mark.parametrize("read", [read_marlin, read_grbl])
def test_no_answer_at_all_is_an_identity_that_knows_nothing(read):
    found = read({})
    assert (found.machine, found.travel, found.feed_max_mm_min, found.spindle_max_rpm) == ("", {}, {}, None)


LINES = st.lists(st.text(st.characters(codec="ascii", exclude_characters="\n\r"), max_size=80), max_size=8)
GARBLED = st.sampled_from([*MARLIN_21["M115"], *MARLIN_21["M211"], *GRBL["$$"], *GRBL["$I"], *GRBL["$#"]])


@pytest.mark.parametrize("read", [read_marlin, read_grbl])
@given(
    said=st.dictionaries(st.sampled_from(["M115", "M503", "M211", "M105", "$I", "$$", "$#"]), LINES),
    at=st.integers(0, 60),
    real=GARBLED,
)
def test_no_answer_is_an_error_of_ours(read, said, at, real):
    read(said)
    read(dict.fromkeys(("M115", "M211", "M105", "$I", "$$", "$#"), (real[:at] + real[at + 1 :],)))
