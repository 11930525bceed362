"""Values from forms, links and command lines."""

import json

import pytest

from fabrication.errors import ValueRefused
from fabrication.geometry.parameters import canonical_values, json_schema, read_parameters

PARAMETERS = read_parameters(
    """
# [Body]
wall_width = 60.0  # [20:0.5:200] mm  Outer width
depth = 10.0       # [5:] mm
height = 10.0      # mm
count = 4          # [0:8]  Holes
free = 1
teeth = 5          # [1:9] mm
turns = 2          # rad
lid = True
style = "r"        # [r:Round, s:Square]
screw = 3          # [3:M3, 4:M4]
label = "hi"       # text(5)
"""
)
DEFAULTS = {
    "wall_width": 60.0,
    "depth": 10.0,
    "height": 10.0,
    "count": 4,
    "free": 1,
    "teeth": 5,
    "turns": 2,
    "lid": True,
    "style": "r",
    "screw": 3,
    "label": "hi",
}


def test_defaults_fill_what_is_not_given():
    assert canonical_values(PARAMETERS, {}) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("wall_width", "80", 80.0),
        ("wall_width", 80, 80.0),
        ("wall_width", " 80.50 ", 80.5),
        ("wall_width", 20, 20.0),
        ("wall_width", 60.25, 60.25),
        ("height", -0.0, 0.0),
        ("count", "8", 8),
        ("count", 8.0, 8),
        ("free", 2**70, 2**70),
        ("lid", "off", False),
        ("lid", "on", True),
        ("lid", False, False),
        ("style", "s", "s"),
        ("screw", "4", 4),
        ("screw", 4.0, 4),
        ("label", "Größe", "Größe"),
    ],
)
def test_every_way_of_writing_a_value_gives_one_canonical_form(name, given, value):
    found = canonical_values(PARAMETERS, {name: given})
    assert found == DEFAULTS | {name: value}
    assert json.dumps(found[name]) == json.dumps(value), "the type is part of the recipe"


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("wall_width", 300, "wall width must be between 20 and 200 mm, not 300"),
        ("wall_width", "wide", "wall width must be a number between 20 and 200 mm, not 'wide'"),
        ("wall_width", True, "wall width must be a number between 20 and 200 mm, not True"),
        ("depth", 4.9, "depth must be at least 5 mm, not 4.9"),
        ("height", "nan", "height must be a number of mm, not 'nan'"),
        ("height", "1e999", "height must be a number of mm, not '1e999'"),
        ("height", 10**400, "height must be a number of mm, not 1000000000000000000000000000000000000000…"),
        ("height", None, "height must be a number of mm, not None"),
        ("count", 2.5, "count must be a whole number between 0 and 8, not 2.5"),
        ("teeth", "5.5", "teeth must be a whole number between 1 and 9 mm, not '5.5'"),
        ("turns", 1.5, "turns must be a whole number of rad, not 1.5"),
        ("free", 1.5, "free must be a whole number, not 1.5"),
        ("count", 9, "count must be between 0 and 8, not 9"),
        ("count", "9", "count must be between 0 and 8, not '9'"),
        ("lid", "maybe", "lid must be on or off, not 'maybe'"),
        ("lid", 2, "lid must be on or off, not 2"),
        ("style", "Round", "style must be one of r, s, not 'Round'"),
        ("style", True, "style must be one of r, s, not True"),
        ("screw", 5, "screw must be one of 3, 4, not 5"),
        ("label", "too long", "label may have at most 5 characters, not 8"),
        ("label", 3, "label must be text, not 3"),
        ("label", "a\nb", "label may hold only characters that can be printed, on one line"),
        ("nothing", 3, "there is no parameter 'nothing'"),
    ],
)
def test_a_refusal_names_parameter_limits_and_unit(name, given, sentence):
    with pytest.raises(ValueRefused) as caught:
        canonical_values(PARAMETERS, {name: given})
    for refused in (each for each in PARAMETERS if each.name == name):
        sentence = sentence.replace(refused.title, refused.called, 1)
    assert caught.value.problems == {name: sentence}


def test_all_problems_are_said_at_once():
    with pytest.raises(ValueRefused) as caught:
        canonical_values(PARAMETERS, {"wall_width": 1, "count": 99, "what": 0})
    assert set(caught.value.problems) == {"wall_width", "count", "what"}


def test_the_schema_says_the_same_in_json():
    schema = json_schema(PARAMETERS)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert list(properties) == list(DEFAULTS)
    assert {name: each["default"] for name, each in properties.items()} == DEFAULTS
    assert properties["wall_width"] == {
        "title": "wall width",
        "type": "number",
        "default": 60.0,
        "description": "Outer width",
        "minimum": 20,
        "maximum": 200,
        "x-unit": "mm",
        "x-group": "Body",
        "x-step": 0.5,
    }
    assert properties["screw"]["oneOf"] == [{"const": 3, "title": "M3"}, {"const": 4, "title": "M4"}]
    assert properties["label"]["maxLength"] == 5
    json.dumps(schema, allow_nan=False)


@pytest.mark.parametrize(
    ("script", "begins"),
    [
        ("d = 20.0  # [12:60] mm  Outer diameter", "Outer diameter (d) must be between 12 and 60 mm"),
        ("wall_width = 20.0  # [12:60] mm  Wall width", "wall width must be"),
        ("wall_width = 20.0  # [12:60] mm", "wall width must be"),
    ],
)
def test_a_refusal_names_the_field_by_its_label_and_its_name(script, begins):
    (parameter,) = read_parameters(script)
    with pytest.raises(ValueRefused) as caught:
        canonical_values((parameter,), {parameter.name: "500"})
    assert caught.value.problems[parameter.name].startswith(begins)
