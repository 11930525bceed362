"""The JSON Schema by what it accepts: the same as the server, value for value."""

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from fabrication.errors import ValueRefused
from fabrication.geometry.parameters import canonical_values, json_schema, read_parameters
from fabrication.recipes import json_values

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
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 210), st.integers(-(2**70), 2**70), st.floats(-10, 210),
    st.sampled_from([0.0, -0.0, 1e308, 8.0, 2.5, 4.5, 200.00000000000003, 2**53 + 1]),
)  # fmt: skip
SAID = st.one_of(st.sampled_from(["r", "s", "", "hi", "hello!", "a\n", "\u202e", "\x7f", "😀" * 5, "\ufffe"]), st.text(max_size=6))  # fmt: skip
ROWS = st.lists(SCALARS, max_size=4)
ALLOWED = {"style": SAID, "label": SAID}


@st.composite
def instances(draw):
    """JSON that is nearly right: texts stand only where texts belong, since a form's texts of numbers do not count."""
    names = draw(st.lists(st.sampled_from([*NAMES, "nothing", "secret"]), unique=True, max_size=3))
    return {name: draw(st.one_of(SCALARS, ROWS, ALLOWED.get(name, SCALARS), st.just({}))) for name in names}


@settings(deadline=None, max_examples=300)
@given(instances())
def test_it_accepts_exactly_what_values_accept(instance):
    try:
        values = canonical_values(PARAMETERS, instance)
    except ValueRefused as refused:
        assert not VALIDATOR.is_valid(instance), refused
        assert refused.problems.keys() <= instance.keys()
    else:
        assert VALIDATOR.is_valid(instance), next(VALIDATOR.iter_errors(instance)).message
        assert VALIDATOR.is_valid(json_values(values))


def test_it_is_a_valid_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for each in SCHEMA["properties"].values():
        jsonschema.Draft202012Validator(each).validate(each["default"])
