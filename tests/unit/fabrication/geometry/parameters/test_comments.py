"""Descriptions: above an assignment, behind it, and by CadQuery's own `describe_parameter`."""

import pytest

from fabrication.geometry.parameters import read_parameters


def described(script):
    return {parameter.name: parameter.description for parameter in read_parameters(script)}


@pytest.mark.parametrize(
    ("script", "description"),
    [
        ("# Outer width\na = 3", "Outer width"),
        ("# Outer width\na = 3  # [0:9] mm", "Outer width"),
        ("# Outer width\na = 3  # [0:9] mm  Width", "Width"),
        ("# Outer width,\n# over all\na = 3", "Outer width, over all"),
        ("# Outer width\n\na = 3", ""),
        ("# [Plate]\n# Outer width\na = 3", "Outer width"),
        ("# Outer width\n# [Plate]\na = 3", ""),
        ("# ----\n# Sizes\n# ----\na = 3", ""),
        ("# one\n# two\n# three\n# four\na = 3", ""),
        ("# width = 5\na = 3", ""),
        ("# Outer width\nb = c\na = 3", ""),
        ("x = c  # Outer width\na = 3", ""),
        ("# Outer width\na = (\n    3\n)", "Outer width"),
        ("a = 3\ndescribe_parameter(a, 'Outer width')", "Outer width"),
        ("a = 3  # Width\ndescribe_parameter(a, 'Outer width')", "Outer width"),
        ("a = 3\ndescribe_parameter('a', 'Outer\\n   width')", "Outer width"),
        ("a = 3  # Width\ndescribe_parameter(a)", "Width"),
        ("a = 3  # Width\ndescribe_parameter(a, b)", "Width"),
        ("a = 3  # Width\ndescribe_parameter(b, 'Outer width')", "Width"),
        ("a = 3  # Width\ndescribe_parameter()", "Width"),
    ],
)
def test_where_a_description_stands(script, description):
    assert described(script)["a"] == description


def test_describing_parameters_does_not_end_the_head():
    script = "a = 1\ndescribe_parameter(a, 'A')\nb = 2\ndescribe_parameter(b)\nc = 3\nprint()\nd = 4"
    assert described(script) == {"a": "A", "b": "", "c": ""}


def test_of_two_on_a_line_both_are_told_of_above_and_the_last_behind():
    assert described("# said of both\na = 1; b = 2  # said of b") == {"a": "said of both", "b": "said of b"}
