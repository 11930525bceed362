"""The machine profile: what it takes, what it says when it is wrong, what of it is published."""

from math import hypot

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import ProfileError
from firmware_bridge.machine import (
    Link,
    MachineProfile,
    Material,
    Milling,
    Printing,
    PublishedProfile,
    StandingArm,
    Volume,
)

FULL = """
name = "Ender 3 in the shed"
process = "fff"
firmware = "marlin"
arm = "policy"
resume_within_s = 30

[volume]
x_mm = 235
y_mm = 235
z_mm = 250

[limits]
hotend_max_c = 255
extrude_min_c = 180

[printing]
nozzle_mm = 0.6
slicer_preset = "Creality:Ender-3"

[[materials]]
name = "PLA"
hotend_c = 205
bed_c = 60

[[materials]]
name = "PETG black"
hotend_c = 235

[programs]
start = "G28\\nM109 S{hotend_c}"

[link]
port = "/dev/serial/by-id/usb-1a86"
baud = 250000

[arm_policy]
hours = [8, 22]
materials = ["PLA"]
people = ["ada"]
"""


def test_a_profile_with_only_a_name_is_a_common_printer():
    profile = MachineProfile.parse('name = "Mini"')
    assert (profile.process, profile.firmware, profile.arm) == ("fff", "marlin", "person")
    assert profile.volume == Volume(x_mm=220, y_mm=220, z_mm=250)
    assert (profile.limits.hotend_max_c, profile.limits.bed_max_c) == (260, 110)


def test_every_field_is_read():
    profile = MachineProfile.parse(FULL)
    assert profile.volume == Volume(x_mm=235, y_mm=235, z_mm=250)
    assert profile.printing == Printing(nozzle_mm=0.6, slicer_preset="Creality:Ender-3")
    assert profile.materials == (
        Material(name="PLA", hotend_c=205, bed_c=60),
        Material(name="PETG black", hotend_c=235),
    )
    assert profile.link == Link(port="/dev/serial/by-id/usb-1a86", baud=250_000)
    assert profile.arm_policy == StandingArm(hours=(8, 22), materials=("PLA",), people=("ada",))


ROUTER = 'name = "CNC"\nprocess = "milling"'


def test_a_profile_that_only_says_that_it_mills_is_a_common_router():
    profile = MachineProfile.parse(ROUTER)
    assert (profile.firmware, profile.resume_within_s, profile.limits.spindle_max_rpm) == ("grbl", 0, 12_000)
    assert profile.volume == Volume(x_mm=300, y_mm=180, z_mm=45)
    assert profile.milling == Milling(zero_x_mm=0, zero_y_mm=0, zero_z_mm=25, safe_z_mm=3)
    assert profile.bounds() == "300 × 180 × 45 mm from X0 Y0 Z-25, spindle 12000 rpm"


def test_what_a_milling_profile_says_counts_and_the_rest_is_a_routers():
    profile = MachineProfile.parse(
        f"{ROUTER}\nresume_within_s = 5\nvolume = {{x_mm = 900}}\nlimits = {{spindle_max_rpm = 24000}}\n"
        'milling = {safe_z_mm = 10}\nmaterials = [{name = "MDF"}]'
    )
    assert profile.resume_within_s == 5
    assert profile.volume == Volume(x_mm=900, y_mm=180, z_mm=45)
    assert (profile.limits.spindle_max_rpm, profile.limits.feed_max_mm_min) == (24_000, 3_000)
    assert profile.milling == Milling(safe_z_mm=10)
    assert profile.material("mdf").hotend_c == 0


DELTA = 'name = "Delta"\nvolume = {x_mm = 240, y_mm = 240, origin = "centre", bed = "round"}'


def test_where_a_bed_lies():
    plain, mk3 = Volume(), Volume(x_mm=250, y_mm=210, right_mm=5, front_mm=4)
    centred = Volume(x_mm=300, y_mm=200, origin="centre", left_mm=20)
    delta = MachineProfile.parse(DELTA).volume
    assert (plain.low, plain.high, plain.centre) == ((0, 0, 0), (220, 220, 250), (110, 110))
    assert (mk3.low, mk3.high, mk3.centre) == ((0, -4, 0), (255, 210, 250), (125, 105))
    assert (centred.low, centred.high, centred.centre) == ((-170, -100, 0), (150, 100, 250), (0, 0))
    assert (delta.low, delta.high, delta.centre) == ((-120, -120, 0), (120, 120, 250), (0, 0))
    assert (mk3.in_words(), delta.in_words()) == ("250 × 210 × 250 mm", "⌀ 240 × 250 mm")


@given(*[st.floats(1, 400)] * 2)
def test_what_has_room_on_a_bed(x, y):
    for volume in (MachineProfile.parse(DELTA).volume, Volume(x_mm=250, y_mm=210, front_mm=30)):
        within = x <= volume.room_mm[0] and y <= volume.room_mm[1]
        assert not within or volume.holds((x, y, 1))
        if volume.bed == "round":
            assert volume.holds((x, y, 1)) == (hypot(x, y) <= 240)
        else:
            assert volume.holds((x, y, 1)) == within
    assert not Volume().holds((1, 1, 250.1))


@pytest.mark.parametrize("text", ['name = "Mini"', FULL, ROUTER, DELTA])
def test_written_and_read_again_it_is_the_same(text):
    profile = MachineProfile.parse(text)
    assert MachineProfile.parse(profile.to_toml()) == profile


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "name is missing: give a text in quotes, of 1 to 80"),
        ("name = ", "no valid TOML"),
        ('name = ""', 'name is "": give a text in quotes, of 1 to 80'),
        ('name = "a\\nb"', "characters on one line"),
        (f'name = "{"x" * 81}"', "give a text in quotes, of 1 to 80 characters"),
        ("name = 5", "name is 5: give a text"),
        ('name = "M"\nfirmwear = "marlin"', "firmwear is not known: there may be name, process, firmware, virtual, "),
        ('name = "M"\nfirmware = "klipper"', 'firmware is "klipper": give "grbl" or "marlin"'),
        ('name = "M"\nprocess = "laser"', 'process is "laser": give "fff" or "milling"'),
        (DELTA.replace("240", "230", 1), "a round bed has one diameter as x_mm and y_mm"),
        (DELTA.replace("centre", "corner"), 'origin = "centre"'),
        (DELTA.replace("bed", "front_mm = 3, bed"), "nothing beside it"),
        (f'{ROUTER}\nvolume = {{origin = "centre"}}', "[milling] says where its zero is"),
        (f"{ROUTER}\nvolume = {{left_mm = 3}}", "[milling] says where its zero is"),
        ('name = "M"\nvolume = {x_mm = 0}', "[volume] x_mm is 0: give a number above 0, up to 1000000"),
        ('name = "M"\nvolume = {x_mm = "wide"}', '[volume] x_mm is "wide": give a number'),
        ('name = "M"\nvolume = {w_mm = 1}', "[volume] w_mm is not known: there may be x_mm, y_mm, z_mm, origin, bed, "),
        ('name = "M"\nvolume = {x_mm = inf}', "[volume] x_mm is inf: "),
        ('name = "M"\nlimits = {hotend_max_c = 501}', "[limits] hotend_max_c is 501: give a number from 0 to 500"),
        ('name = "M"\nlimits = {bed_max_c = -1}', "[limits] bed_max_c is -1: give a number from 0 to 500"),
        (
            'name = "M"\nmaterials = [{name = "PLA"}]',
            "[[materials]] no. 1, hotend_c is missing: give a number from 0 to 500",
        ),
        (
            'name = "M"\nmaterials = [{name = "PLA", hotend_c = true}]',
            "[[materials]] no. 1, hotend_c is true: give a number",
        ),
        ('name = "M"\nlink = {baud = -1}', "[link] baud is -1: give a whole number of at least 0"),
        (
            'name = "M"\nlink = {fingerprint = "the blue one"}',
            '[link] fingerprint is "the blue one": give what firmware-bridge identify tells',
        ),
        (
            'name = "M"\nlink = {host = "repetier"}',
            '[link] host is "repetier": give "moonraker", "octoprint", "prusalink" or "serial"',
        ),
        (f"{ROUTER}\nvolume = 5", "volume is 5: give a table, [volume]"),
        (f"{ROUTER}\nmaterials = 5", "materials is 5: give each a table of its own, [[materials]]"),
        (f"{ROUTER}\nmaterials = [5]", "materials no. 1 is 5: give a table, [[materials]]"),
        (f"{ROUTER}\nmilling = {{zero_x_mm = 301}}", "milling.zero_x_mm is 301, beyond the travel of 300 mm"),
        (f"{ROUTER}\nmilling = {{zero_z_mm = -1}}", "[milling] zero_z_mm is -1: give a number from 0 to 1000000"),
        (f"{ROUTER}\nmilling = {{safe_z_mm = 21}}", "milling.safe_z_mm is 21; Z reaches -25 to 20 mm"),
        (f"{ROUTER}\nmilling = {{safe_z_mm = nan}}", "milling.safe_z_mm is nan; Z reaches -25 to 20 mm"),
        (f"{ROUTER}\nlimits = {{spindle_max_rpm = 0}}", "[limits] spindle_max_rpm is 0: give a number above 0"),
        ('name = "M"\narm = "always"', 'arm is "always": give "person" or "policy"'),
        (
            'name = "M"\narm_policy = {hours = [8, 25]}',
            "[arm_policy] hours no. 2 is 25: give a whole number from 0 to 24",
        ),
        (
            f'name = "M"\nprograms = {{start = "{"x" * 20_001}"}}',
            "xxx…: give a text in quotes of 0 to 20000 characters",
        ),
        ('name = "M"\nresume_within_s = -1', "resume_within_s is -1: give a number of at least 0"),
    ],
)
def test_a_wrong_profile_names_its_fault(text, words):
    with pytest.raises(ProfileError) as caught:
        MachineProfile.parse(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ['name = "M"\nvolume = {x_mm = nan}', 'name = "M"\nlimits = {hotend_max_c = nan}'])
def test_a_limit_that_is_no_number_is_refused(text):
    with pytest.raises(ProfileError):
        MachineProfile.parse(text)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("name = 'Öse'\n".encode("utf-16"), "save it as UTF-8"),
        ("name = 'Öse'\n".encode("latin-1"), "save it as UTF-8"),
        (b"name = 'M'\n[volume]\nx_mm = 220,0\n", "a decimal point is a point, not a comma"),
    ],
)
def test_what_an_editor_made_of_a_file_is_said(tmp_path, data, words):
    (tmp_path / "m.toml").write_bytes(data)
    with pytest.raises(ProfileError, match=words):
        MachineProfile.load(tmp_path / "m.toml")


def test_a_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "m.toml").write_bytes(FULL.encode("utf-8-sig"))
    assert MachineProfile.load(tmp_path / "m.toml") == MachineProfile.parse(FULL)


def test_loading_names_the_file(tmp_path):
    (tmp_path / "m.toml").write_text(FULL)
    assert MachineProfile.load(tmp_path / "m.toml") == MachineProfile.parse(FULL)
    with pytest.raises(ProfileError, match=r"cannot read the machine profile .*nowhere\.toml"):
        MachineProfile.load(tmp_path / "nowhere.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileError, match=r"bytes\.toml"):
        MachineProfile.load(tmp_path / "bytes.toml")


def test_a_material_is_found_in_any_case_and_a_missing_one_lists_the_rest():
    profile = MachineProfile.parse(FULL)
    for asked in (profile, profile.published()):
        assert asked.material("petg BLACK").hotend_c == 235
        with pytest.raises(ProfileError, match="Ender 3 in the shed has no material 'ABS'; it has: PLA, PETG black"):
            asked.material("ABS")
    with pytest.raises(ProfileError, match="M has no material: add"):
        MachineProfile(name="M").material("PLA")


def test_what_is_private_is_not_published():
    profile = MachineProfile.parse(FULL)
    said = msgspec.json.encode(profile.published()).decode()
    assert "ada" not in said
    assert "1a86" not in said
    assert not {"link", "arm", "arm_policy", "resume_within_s"} & set(PublishedProfile.__struct_fields__)
    assert profile.published().programs == profile.programs


def test_a_link_is_told_from_others_by_its_port_and_its_fingerprint():
    mark = "marlin-uuid:0123456789abcdef"
    assert Link(port="/dev/ttyUSB0").address == "/dev/ttyUSB0"
    assert Link(fingerprint=mark).address == mark
    assert Link(port="/dev/ttyUSB0", fingerprint=mark).address == f"/dev/ttyUSB0#{mark}"


def test_the_hash_is_of_what_is_published():
    profile = MachineProfile.parse(FULL)
    same = profile.published().sha256()
    assert msgspec.structs.replace(profile, link=Link(port="elsewhere"), arm="person").published().sha256() == same
    over_the_wire = msgspec.json.decode(msgspec.json.encode(profile.published()), type=PublishedProfile)
    assert over_the_wire.sha256() == same
    assert MachineProfile.parse(FULL.replace("205", "205.0")).published().sha256() == same
    for field, value in {"name": "Other", "virtual": True, "volume": Volume(), "materials": ()}.items():
        assert msgspec.structs.replace(profile, **{field: value}).published().sha256() != same


@pytest.mark.parametrize(
    "text",
    [
        "[arm_policy]\nprice_min = 500\n",
        '[arm_policy]\nprice_min = 500\ncurrency = "euro"\n',
        '[arm_policy]\nprice_min = 5.5\ncurrency = "EUR"\n',
    ],
)
def test_a_price_floor_needs_its_currency_and_whole_minor_units(text):
    with pytest.raises(ProfileError, match=r"price_min|currency"):
        MachineProfile.parse(f'name = "Ender"\n{text}')


def test_private_parts_survive_being_written_and_are_never_published():
    text = 'name = "E"\n[power]\nbed_w = 200\n[arm_policy]\nprice_min = 5\ncurrency = "EUR"\n[link]\nlink_loss_s = 5\n'
    profile = MachineProfile.parse(text)
    assert MachineProfile.parse(profile.to_toml()) == profile
    assert not {"power", "arm_policy", "link", "resume_within_s"} & set(type(profile.published()).__struct_fields__)


@pytest.mark.parametrize(
    ("text", "limit_s"),
    [
        ("", 60),
        ("resume_within_s = 5\n", 5),
        ('process = "milling"\n', 0),
        ('process = "milling"\nresume_within_s = 9', 9),
    ],
)
def test_milling_goes_on_with_nothing_unless_its_owner_says_so(text, limit_s):
    assert MachineProfile.parse(f'name = "E"\n{text}').resume_limit_s == limit_s


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (1, False), (119, False), (120, True), (86_401, False)])
def test_a_watchdog_that_would_halt_a_machine_at_work_is_refused(seconds, good):
    text = f'name = "E"\n[link]\nwatchdog_s = {seconds}\n'
    if good:
        assert MachineProfile.parse(text).link.watchdog_s == seconds
    else:
        with pytest.raises(ProfileError, match=r"\[link\] watchdog_s .* give "):
            MachineProfile.parse(text)
