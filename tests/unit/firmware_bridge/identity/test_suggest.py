"""The suggested profile is one, and says of every value where it came from."""

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware_bridge.identity.fingerprint import fingerprint
from firmware_bridge.identity.grbl import read_grbl
from firmware_bridge.identity.identity import Identity, Travel
from firmware_bridge.identity.marlin import read_marlin
from firmware_bridge.identity.suggest import Reached, suggest
from firmware_bridge.machine import Limits, MachineProfile, Volume
from tests.unit.firmware_bridge.identity.answers import (
    DELTA,
    GRBL,
    GRBL_NAMELESS,
    GRBLHAL,
    KLIPPER,
    MARLIN_11,
    MARLIN_21,
    WITH_AREA,
)

ALL = {
    "marlin 2.1": (read_marlin, "marlin", MARLIN_21),
    "marlin 1.1": (read_marlin, "marlin", MARLIN_11),
    "delta": (read_marlin, "marlin", DELTA),
    "klipper": (read_marlin, "marlin", KLIPPER),
    "area": (read_marlin, "marlin", WITH_AREA),
    "grbl": (read_grbl, "grbl", GRBL),
    "grbl without a text": (read_grbl, "grbl", GRBL_NAMELESS),
    "grblHAL": (read_grbl, "grbl", GRBLHAL),
    "silent": (read_marlin, "marlin", {}),
}
BY_ID = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"


def suggested(machine, port=BY_ID):
    read, firmware, answers = ALL[machine]
    return suggest(read(answers), Reached(port, "its USB id", 250_000, fingerprint(firmware, answers)))


@pytest.mark.parametrize("machine", ALL)
def test_it_is_a_profile_and_no_value_comes_from_nowhere(machine):
    text = suggested(machine)
    profile = MachineProfile.parse(text)
    assert (profile.link.port, profile.link.baud) == (BY_ID, 250_000)
    for line in text.splitlines():
        if "=" in line:
            assert "  # " in line, line


def test_a_printers_profile_holds_what_it_said():
    profile = MachineProfile.parse(suggested("marlin 2.1"))
    assert (profile.name, profile.process, profile.firmware) == ("Ender-3 V2", "fff", "marlin")
    assert profile.volume == Volume(x_mm=235, y_mm=232, z_mm=250, left_mm=5)
    assert profile.limits == Limits(feed_max_mm_min=15_000, acceleration_max_mm_s2=500)
    assert profile.link.fingerprint.startswith("marlin-uuid:")
    assert "left_mm = 5.0  # M211: down to -5; what of the rest is no bed either, only you know" in suggested(
        "marlin 2.1"
    )
    assert "# hotend_max_c = 260.0  # no firmware tells its limit" in suggested("marlin 2.1")


def test_a_deltas_zero_is_in_the_middle_of_a_round_bed():
    profile = MachineProfile.parse(suggested("delta"))
    assert profile.volume == Volume(x_mm=370, y_mm=370, z_mm=455, origin="centre", bed="round")
    assert "x_mm = 370.0  # M211: travel from -185 to 185" in suggested("delta")


def of_travel(x, y, *, is_delta=False):
    return MachineProfile.parse(told_of_travel(x, y, is_delta=is_delta)).volume


def told_of_travel(x, y, *, is_delta=False):
    travel = {"X": Travel(*x), "Y": Travel(*y), "Z": Travel(0, 250)}
    identity = Identity(firmware="marlin", extruders=1, travel=travel, is_delta=is_delta)
    return suggest(identity, Reached(BY_ID, "its USB id", 115_200, ""))


@pytest.mark.parametrize(
    ("x", "y", "is_delta", "volume"),
    [
        ((-185, 185), (-180, 180), True, Volume(x_mm=360, y_mm=360, z_mm=250, origin="centre", bed="round")),
        ((-100, 110), (-100, 100), True, Volume(x_mm=200, y_mm=200, z_mm=250, origin="centre", bed="round")),
        ((-100, 110), (-150, 145), False, Volume(x_mm=200, y_mm=290, z_mm=250, origin="centre")),
        ((-100, 110), (0, 200), True, Volume(x_mm=110, y_mm=200, z_mm=250, left_mm=100)),
    ],
)
def test_about_a_centre_the_nearer_end_counts(x, y, is_delta, volume):
    assert of_travel(x, y, is_delta=is_delta) == volume


def test_what_a_nearer_end_cuts_off_is_said():
    text = told_of_travel((-118, 130), (-100, 100))
    assert "x_mm = 236  # M211: travel from -118 to 130; the nearest end counts on both sides\n" in text
    assert "y_mm = 200  # M211: travel from -100 to 100\n" in text
    assert 'origin = "centre"  # its zero lies in the middle of its travel, or nearly so\n' in text
    of_a_round_one = told_of_travel((-100, 100), (-90, 90), is_delta=True)
    assert "x_mm = 180  # M211: travel from -100 to 100; the nearest end counts on both sides\n" in of_a_round_one


ENDS = st.floats(0, 2_000_000) | st.sampled_from([0.0, 1e-9, 1e6, 9e9])


@st.composite
def travels(draw):
    """As firmwares say it, whose owners have set up nothing, or anything, or the two sides of a centre nearly alike."""
    low, high = draw(ENDS), draw(ENDS)
    nearly = st.floats(0.85, 1.15).map(lambda share: high * share)
    return -draw(st.just(low) | nearly), high


@given(x=travels(), y=travels(), is_delta=st.booleans())
@example(x=(-1e6, 1e6), y=(-1e6, 1e6), is_delta=False)  # twice what a profile may hold
def test_a_suggestion_is_a_profile_that_holds_nothing_out_of_reach(x, y, is_delta):
    volume = of_travel(x, y, is_delta=is_delta)
    assert is_delta or volume.bed == "rectangle"
    for (low, high), at, default in ((x, 0, Volume().x_mm), (y, 1, Volume().y_mm)):
        told = 0 < high <= 1_000_000
        assert volume.low[at] >= low
        assert volume.high[at] <= (high if told else default)


def test_what_begins_beyond_zero_is_said_to_its_owner():
    identity = Identity(firmware="marlin", travel={"X": Travel(5.0, 220.0)})
    text = suggest(identity, Reached(BY_ID, "its USB id", 115_200, ""))
    assert "x_mm = 220.0  # M211: travel from 5, and no profile can say that less is not reached" in text


def test_a_printer_without_a_bed_heats_none():
    assert MachineProfile.parse(suggested("marlin 1.1")).limits.bed_max_c == 0
    assert "does not hold moves within it" in suggested("marlin 1.1")


def test_a_router_is_told_what_only_its_owner_knows():
    """Filled in it is a profile with a work zero; without the firmware's own word on it nothing is made up."""
    text = suggested("grbl")
    assert "counted from the low end of each axis" in text
    head, stub = text.split("# [milling]")
    filled = f"{head}[milling]{stub}".replace("\n# zero_", "\nzero_").replace("\n# safe_", "\nsafe_")
    assert MachineProfile.parse(filled).milling.zero_z_mm == 25


def test_a_routers_profile_holds_what_it_said():
    text = suggested("grbl")
    profile = MachineProfile.parse(text)
    assert (profile.name, profile.process, profile.firmware) == ("left router", "milling", "grbl")
    assert profile.volume == Volume(x_mm=300, y_mm=180, z_mm=45)
    assert (profile.limits.feed_max_mm_min, profile.limits.acceleration_max_mm_s2) == (4_000, 200)
    assert "spindle_max_rpm = 12000.0  # $30" in text
    assert "hotend" not in text


@pytest.mark.parametrize(
    ("machine", "port", "live"),
    [
        ("marlin 2.1", BY_ID, True),
        ("marlin 1.1", BY_ID, False),
        ("marlin 1.1", "/dev/serial/by-path/pci-0:1.2:1.0", True),
        ("grbl without a text", "/dev/ttyUSB0", True),
    ],
)
def test_a_fingerprint_that_the_next_tuning_changes_is_used_only_where_the_name_is_not_enough(machine, port, live):
    text = suggested(machine, port)
    assert bool(MachineProfile.parse(text).link.fingerprint) is live
    assert "fingerprint = " in text


def test_what_a_machine_calls_itself_cannot_break_out_of_its_line():
    identity = Identity(firmware="marlin", machine='A"\n[link]\nport = "/etc', version="x\ny = 1")
    profile = MachineProfile.parse(suggest(identity, Reached(BY_ID, "a\nport = 1", 115_200, "")))
    assert profile.link.port == BY_ID
    assert "\n" not in profile.name


def test_nonsense_is_left_to_the_owner():
    nonsense = Identity(
        firmware="grbl",
        extruders=0,
        travel={"X": Travel(0, 0), "Y": Travel(0, 9e9)},
        feed_max_mm_min={"X": 0.0, "Y": 9e9},
        spindle_max_rpm=0.0,
    )
    told = tomllib.loads(suggest(nonsense, Reached(BY_ID, "its USB id", 115_200, "")))
    assert "limits" not in told
    assert told.get("volume") == {}


def test_only_what_heats_is_asked_how_hot_it_may_get():
    assert "how hot it may get" in suggested("marlin 2.1")
    assert "how fast its tools may turn" in suggested("grbl")
    assert "hot" not in suggested("grbl")
