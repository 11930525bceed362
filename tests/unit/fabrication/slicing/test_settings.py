import msgspec
import pytest

from fabrication.errors import ValueRefused
from fabrication.slicing.settings import PRESETS, PrintSettings, preset, settings_from
from firmware_bridge.machine import Printing


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid_and_bounded_by_the_machine(name):
    settings = preset(name)
    assert msgspec.convert(msgspec.to_builtins(settings), PrintSettings) == settings
    fine = Printing(layer_min_mm=0.05, layer_max_mm=0.1)
    assert preset(name, fine).layer_mm == 0.1
    coarse = Printing(nozzle_mm=0.8, layer_min_mm=0.4, layer_max_mm=0.6)
    assert preset(name, coarse).layer_mm == 0.4
    assert preset(name, coarse).walls == settings.walls


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(ValueRefused, match="draft, normal, strong"):
        preset("turbo")


def test_a_form_over_a_preset():
    settings = settings_from({"layer_mm": "0.12", "walls": "4", "infill_pct": "", "supports": "on"}, PRESETS["draft"])
    assert settings == PrintSettings(layer_mm=0.12, walls=4, infill_pct=12, supports=True, brim=False)


def test_json_values():
    assert settings_from({"layer_mm": 0.3, "walls": 2, "infill_pct": 0, "brim": True}).brim is True


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("layer_mm", "thick", "layer height must be a number from 0.04 to 1 mm, not 'thick'"),
        ("layer_mm", "nan", "layer height must be a number from 0.04 to 1 mm, not 'nan'"),
        ("layer_mm", True, "layer height must be a number from 0.04 to 1 mm, not True"),
        ("walls", "0", "walls must be a number from 1 to 20 lines, not '0'"),
        ("walls", "2.5", "walls must be a whole number, not '2.5'"),
        ("infill_pct", 101, "infill must be a number from 0 to 100 %, not 101"),
        ("brim", "maybe", "brim must be yes or no, not 'maybe'"),
        ("post_process", "/bin/sh", "there is no print setting 'post_process'"),
    ],
)
def test_refused_values_are_named_in_a_sentence(field, value, sentence):
    with pytest.raises(ValueRefused) as refused:
        settings_from({field: value})
    assert refused.value.problems[field].startswith(sentence)


def test_every_problem_is_said_at_once():
    with pytest.raises(ValueRefused) as refused:
        settings_from({"layer_mm": 9, "walls": 99, "brim": "yes"})
    assert refused.value.problems.keys() == {"layer_mm", "walls"}
