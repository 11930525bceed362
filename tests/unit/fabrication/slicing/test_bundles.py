import pytest

from fabrication.errors import PlanRefused
from fabrication.slicing.bundles import printer_preset

BUNDLE = """\
# a comment = not a value
[vendor]
name = Acme
[printer_model:ONE]
variants = 0.4
[print:*base*]
perimeter_speed = 40
infill_speed = 50
post_process = /bin/sh -c evil
notes = 25
[print:fine]
inherits = *base*
infill_speed = 70
default_acceleration = 500
external_perimeter_speed = 60%
[printer:*base*]
retract_length = 1,1
retract_speed = fast
start_gcode = M502
printer_model = ONE
nozzle_diameter = 0.4
default_print_profile = "fine"
[printer:*bowden*]
retract_length = 5,9
start_gcode = M500
[printer:Acme One]
inherits = *base*; *bowden*
[printer:Acme One 0.6]
inherits = Acme One
nozzle_diameter = 0.6
[printer:Acme Loop]
inherits = Acme Loop
printer_model = LOOP
nozzle_diameter = 0.4
"""


@pytest.fixture
def profiles(tmp_path):
    (tmp_path / "Acme.ini").write_text(BUNDLE)
    (tmp_path / "Other.ini").write_text("[vendor]\n")
    return tmp_path


def test_inheritance_later_parents_win_and_only_allowed_numbers_are_taken(profiles):
    assert printer_preset(profiles, "Acme:ONE", 0.4) == {
        "default_acceleration": "500",
        "external_perimeter_speed": "60%",
        "infill_speed": "70",
        "perimeter_speed": "40",
        "retract_length": "5",
    }


def test_a_preset_that_inherits_itself_ends(profiles):
    assert printer_preset(profiles, "Acme:LOOP", 0.4) == {}


@pytest.mark.parametrize(
    ("name", "nozzle", "reason"),
    [
        ("Nobody:ONE", 0.4, "the slicer knows the vendors Acme, Other"),
        ("Acme:TWO", 0.4, "of Acme the slicer knows LOOP, ONE"),
        ("Acme:ONE", 0.8, "the slicer has no 0.8 mm nozzle for it"),
        ("../Acme:ONE", 0.4, "the slicer knows the vendors"),
        ("Acme", 0.4, "of Acme the slicer knows LOOP, ONE"),
    ],
)
def test_unknown_names_say_what_there_is(profiles, name, nozzle, reason):
    with pytest.raises(PlanRefused, match=reason):
        printer_preset(profiles, name, nozzle)
