"""`commons plan`, from a shipped design to a program on disk, through a real forge, slicer and gate."""

import hashlib
import json

import pytest
from click.testing import CliRunner

from commons.cli import main
from fabrication.geometry.client import start_forge
from firmware_bridge.gcode import verify
from firmware_bridge.machine import MachineProfile

PROFILE = """\
name = "Ender in the shed"
[programs]
start = "G28\\nG90\\nM83\\nM190 S{bed_c}\\nM109 S{hotend_c}"
end = "M104 S0\\nM140 S0\\nG28 X\\nM84"
[[materials]]
name = "PLA"
hotend_c = 205
bed_c = 55
"""
PETG = '[[materials]]\nname = "PETG"\nhotend_c = 235\n'


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A commons whose forge runs; each command finds it."""
    folder = tmp_path_factory.mktemp("commons")
    forge = start_forge(folder / "forge.sock", folder / "forge.log")
    yield folder
    forge.communicate(timeout=10)


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "ender.toml"
    path.write_text(PROFILE)
    return path


@pytest.fixture
def plan(home, profile, tmp_path):
    def run(*arguments, home=home):
        output = tmp_path / "out.gcode"
        ran = CliRunner().invoke(
            main,
            ["plan", *arguments, "--machine", str(profile), "-o", str(output)],
            env={"COMMONS_HOME": str(home)},
        )
        return ran, output

    return run


def test_a_shipped_design_becomes_a_program_its_machine_would_take(plan, profile, tmp_path):
    elsewhere = tmp_path / "commons without a forge"
    ran, output = plan("knob", "--json", home=elsewhere)
    assert ran.exit_code == 0, ran.output
    said = json.loads(ran.stdout)
    assert said["ok"] is True
    assert hashlib.sha256(output.read_bytes()).hexdigest() == said["program_sha256"]
    report = verify(output, MachineProfile.load(profile), "PLA")
    assert report.lines == said["gate"]["lines"]
    assert report.hotend_max_c == 205
    assert said["filament_g"] > 1
    again, _ = plan("knob", home=elsewhere)
    assert again.exit_code == 0, again.output
    assert said["program_sha256"] in again.stdout
    assert "Ender in the shed" in again.stdout


def test_a_script_of_ones_own_with_values_and_settings(plan, tmp_path):
    script = tmp_path / "plate.py"
    script.write_text(
        "import cadquery as cq\n"
        "width = 30.0  # [10:400] mm  Width\n"
        "show_object(cq.Workplane().box(width, 20, 2, centered=False), name='plate')\n"
    )
    wide, _ = plan(str(script), "--set", "width=40", "--preset", "draft", "--print", "infill_pct=100", "--json")
    assert wide.exit_code == 0, wide.output
    said = json.loads(wide.stdout)
    assert said["values"] == {"width": 40}
    # 40 × 20 × 2 mm of PLA at 1.24 g/cm³, and a skirt.
    assert said["filament_g"] == pytest.approx(1.98, rel=0.1)
    too_wide, _ = plan(str(script), "--set", "width=230")
    assert too_wide.exit_code == 1
    assert "the part is 230 × 20 × 2 mm; Ender in the shed holds 220 × 220 × 250 mm" in too_wide.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("nothing-like-it",), 2, "is no file, no folder and no shipped design"),
        (("knob", "--set", "width"), 2, "'width' is not NAME=VALUE"),
        (("knob", "--set", "nonsense=1"), 1, "nonsense"),
        (("knob", "--preset", "turbo"), 2, "'turbo' is not one of 'draft', 'normal', 'strong'"),
        (("knob", "--print", "layer_mm=thick"), 1, "layer height must be a number"),
        (("knob", "--print", "layer_mm=0.9"), 1, "layers of 0.9 mm are asked for"),
        (("knob", "--material", "PEEK"), 1, "has no material 'PEEK'; it has: PLA"),
        (("knob", "--part", "lid"), 2, "there is no part 'lid'; the design has:"),
        (("raspberry-pi-case",), 2, "say --part; the design has: base, lid"),
    ],
)
def test_what_is_wrong_in_one_line(plan, arguments, code, sentence):
    ran, output = plan(*arguments)
    assert ran.exit_code == code
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not output.exists()


def test_a_machine_without_a_material_is_told_how_to_have_one(plan, profile):
    profile.write_text('name = "Bare"')
    ran, _ = plan("knob")
    assert ran.exit_code == 2
    assert "Bare has no material: add [[materials]] with name, hotend_c, bed_c to its file" in ran.stderr


def test_which_material_when_the_machine_has_two(plan, profile):
    profile.write_text(PROFILE + PETG)
    ran, _ = plan("knob")
    assert ran.exit_code == 2
    assert "say --material; Ender in the shed has: PLA, PETG" in ran.stderr


def test_a_profile_that_is_none(plan, profile):
    profile.write_text("name = 3")
    ran, _ = plan("knob")
    assert ran.exit_code == 1
    assert "the machine profile is wrong" in ran.stderr
