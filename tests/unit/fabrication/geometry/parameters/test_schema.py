"""The JSON Schema by its structure."""

import json

from fabrication.geometry.parameters import json_schema, read_parameters

SCRIPT = """# [Body]
width = 60.0       # [20:0.5:200] mm  Outer width
count = 4          # [0:8]  Holes
free = 1
least = 2.5        # [0.5:]
most = 2.5         # [:9]
lid = True
style = "r"        # [r:Round, s:Square]
screw = 3          # [3:M3, 4.5:M4]
label = "hi"       # text(5)
at = [1, -2]
holes = (3, 5, 8)  # [1:0.5:20] mm  Hole diameters
# [Hidden]
secret = 3
"""
PARAMETERS = read_parameters(SCRIPT)
NAMES = [parameter.name for parameter in PARAMETERS]
SCHEMA = json_schema(PARAMETERS, "Plate")


def test_it_is_an_object_of_nothing_but_the_parameters():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (SCHEMA["title"], SCHEMA["type"], SCHEMA["additionalProperties"]) == ("Plate", "object", False)
    assert list(SCHEMA["properties"]) == NAMES
    assert "title" not in json_schema(PARAMETERS)
    assert json.loads(json.dumps(SCHEMA, allow_nan=False)) == SCHEMA


def test_a_row_is_an_array_of_fixed_length():
    assert SCHEMA["properties"]["holes"] == {
        "title": "holes",
        "type": "array",
        "items": {"type": "number", "minimum": 1, "maximum": 20},
        "minItems": 3,
        "maxItems": 3,
        "default": [3.0, 5.0, 8.0],
        "description": "Hole diameters",
        "x-unit": "mm",
        "x-group": "Body",
        "x-step": 0.5,
    }
    assert SCHEMA["properties"]["at"]["items"] == {"type": "integer"}


def test_choices_have_labels_and_a_step_is_no_limit():
    assert SCHEMA["properties"]["screw"]["oneOf"] == [{"const": 3, "title": "M3"}, {"const": 4.5, "title": "M4"}]
    assert "multipleOf" not in json.dumps(SCHEMA)


def test_limits_are_written_as_short_as_their_author_wrote_them():
    assert '"minimum": 20, "maximum": 200' in json.dumps(SCHEMA["properties"]["width"])
