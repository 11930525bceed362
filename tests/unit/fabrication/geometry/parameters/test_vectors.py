"""Rows of numbers, from the author's literal to the literal that takes its place."""

import ast

import pytest

from fabrication.errors import SourceError, ValueRefused
from fabrication.geometry.parameters import canonical_values, read_parameters, with_values


def only(script):
    (parameter,) = read_parameters(script)
    return parameter


@pytest.mark.parametrize(
    ("assignment", "default"),
    [
        ("a = (3, 5, 8)", (3, 5, 8)),
        ("a = [3, 5.5]", (3.0, 5.5)),
        ("a = 3, 5", (3, 5)),
        ("a = (-1, +2)", (-1, 2)),
        ("a = (-0.0,)", (0.0,)),
        ("a = (3, 5)  # [0:0.5:9]", (3.0, 5.0)),
        ("a = (3, 5)  # [0:2:9]", (3, 5)),
        ("a = (3, 5)  # 0.5", (3.0, 5.0)),
        ("a: tuple[float, ...] = (3, 5)", (3.0, 5.0)),
        ("a: list[int] = [3, 5]", (3, 5)),
        ("a = (" + "1, " * 16 + ")", (1,) * 16),
        ("A = (3, 5)  # [:9]", (3, 5)),
        ("a = [\n    3,\n    5,\n]  # [:9]", (3, 5)),
    ],
)
def test_a_row_is_whole_or_not_throughout(assignment, default):
    parameter = only(assignment)
    assert parameter.kind == "vector"
    assert repr(parameter.default) == repr(default)


def test_limits_step_unit_and_words_hold_for_each_number():
    parameter = only("holes = (3, 5, 8)  # [1:0.5:20] mm  Hole diameters")
    assert (parameter.minimum, parameter.step, parameter.maximum) == (1, 0.5, 20)
    assert (parameter.unit, parameter.description, parameter.default) == ("mm", "Hole diameters", (3.0, 5.0, 8.0))
    assert parameter.shown(parameter.default) == "3, 5, 8 mm"


@pytest.mark.parametrize(
    ("script", "line", "says"),
    [
        ("\na = (3, 50)  # [0:9] mm", 2, "a: its own value 50 is not between 0 and 9 mm"),
        ("a = (3, 5)  # [x, y]", 1, "a: a row of numbers takes limits, as in [0:100], not [x, y]"),
        ("a = ()  # [0:9]", 1, "a: a row has 1 to 16 numbers, not 0"),
        ("a = (" + "1, " * 17 + ")  # [0:9]", 1, "a row has 1 to 16 numbers, not 17"),
        ("a = (1, 1e999)", 1, "a number of its own is too large"),
        ("a: list[float] = [1" + "0" * 400 + "]", 1, "a number of its own is too large"),
        ("a = (1, 2)  # text(3)", 1, "belongs to a text"),
    ],
)
def test_what_cannot_be_read(script, line, says):
    with pytest.raises(SourceError) as caught:
        read_parameters(script)
    assert caught.value.line == line
    assert says in str(caught.value)


HOLES = read_parameters(
    "holes = (3, 5, 8)  # [1:0.5:20] mm\ncounts = [1, 2]  # [0:9]\none = (4.5,)\nfree = (1.0, 2.0)  # mm"
)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("holes", (3, 5.5, 8), (3.0, 5.5, 8.0)),
        ("holes", [20, 1, 2], (20.0, 1.0, 2.0)),
        ("holes", "3,5,8.25", (3.0, 5.0, 8.25)),
        ("holes", " (3, 5, 8) ", (3.0, 5.0, 8.0)),
        ("holes", "[3, 5, 8,]", (3.0, 5.0, 8.0)),
        ("holes", ["3", " 5", "8"], (3.0, 5.0, 8.0)),
        ("counts", "3, 4", (3, 4)),
        ("counts", [3.0, 4], (3, 4)),
        ("one", "7", (7.0,)),
        ("one", "(7,)", (7.0,)),
        ("free", (-0.0, 1e300), (0.0, 1e300)),
    ],
)
def test_every_way_of_writing_a_row_gives_one_canonical_form(name, given, value):
    assert repr(canonical_values(HOLES, {name: given})[name]) == repr(value)


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("holes", (3, 5, 25), "holes (number 3 of 3) must be between 1 and 20 mm, not 25"),
        ("holes", "3,wide,8", "holes (number 2 of 3) must be a number between 1 and 20 mm, not 'wide'"),
        ("holes", "3, , 8", "holes (number 2 of 3) must be a number between 1 and 20 mm, not ''"),
        ("holes", [3, True, 8], "holes (number 2 of 3) must be a number between 1 and 20 mm, not True"),
        ("holes", [3, [5], 8], "holes (number 2 of 3) must be a number between 1 and 20 mm, not [5]"),
        ("holes", (3, 5), "holes must be 3 numbers between 1 and 20 mm, not 2"),
        ("holes", "3,5,8,", "holes must be 3 numbers between 1 and 20 mm, not 4"),
        ("holes", [], "holes must be 3 numbers between 1 and 20 mm, not []"),
        ("holes", 5, "holes must be 3 numbers between 1 and 20 mm, not 5"),
        ("holes", {"0": 3}, "holes must be 3 numbers between 1 and 20 mm, not {'0': 3}"),
        ("counts", "1.5, 2", "counts (number 1 of 2) must be a whole number between 0 and 9, not '1.5'"),
        ("one", "", "one (number 1 of 1) must be a number, not ''"),
        ("one", 5, "one must be 1 number, not 5"),
        ("free", "nan, 1", "free (number 1 of 2) must be a number of mm, not 'nan'"),
    ],
)
def test_a_refusal_names_the_number_its_limits_and_unit(name, given, sentence):
    with pytest.raises(ValueRefused) as caught:
        canonical_values(HOLES, {name: given})
    assert caught.value.problems == {name: sentence}


@pytest.mark.parametrize(
    ("literal", "written"),
    [("(3, 5)", "(-1.5, 2.0)"), ("[3, 5]", "[-1.5, 2.0]"), ("3, 5", "(-1.5, 2.0)"), ("[\n 3,\n 5\n]", "[-1.5, 2.0]")],
)
@pytest.mark.parametrize("kind", [tuple, list], ids=["canonical", "as JSON has it"])
def test_a_tuple_stays_a_tuple_and_a_list_a_list(literal, written, kind):
    script = f"first = 1\na = {literal}  # [-9.0:9]\nlast = 2\n"
    tree = with_values(script, {"a": kind((-1.5, 2.0))})
    assert ast.unparse(tree.body[1].value) == written
    assert [node.lineno for node in tree.body] == [node.lineno for node in ast.parse(script).body]
    seen = {}
    exec(compile(tree, "design.py", "exec"), seen)
    assert seen["a"] == type(ast.literal_eval(literal))((-1.5, 2.0))
