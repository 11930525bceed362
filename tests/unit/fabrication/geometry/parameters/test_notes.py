"""The spellings of OpenSCAD's Customizer, in Python's comments."""

import re
from pathlib import Path

import pytest

from fabrication.errors import SourceError
from fabrication.geometry.parameters import Choice, read_parameters
from fabrication.geometry.parameters.notes import Note, read_group, read_note, read_words


def only(script):
    (parameter,) = read_parameters(script)
    return parameter


@pytest.mark.parametrize(
    ("assignment", "kind", "limits"),
    [
        ("a = 30  # [100]", "integer", (0, None, 100)),
        ("a = 30.0  # [100]", "number", (0, None, 100)),
        ("a = 3  # [0:10]", "integer", (0, None, 10)),
        ("a = 5  # [0:5:100]", "integer", (0, 5, 100)),
        ("a = 5  # [0::100]", "integer", (0, None, 100)),
        ("a = 3  # 2", "integer", (None, 2, None)),
        ("a = 3.0  # .5", "number", (None, 0.5, None)),
        ("a = 3  # 0.5", "number", (None, 0.5, None)),
        ("a = [1, 2]  # [9]", "vector", (0, None, 9)),
        ("a = [1, 2]  # [-5:0.5:5]", "vector", (-5, 0.5, 5)),
        ("a = (1, 2)  # .1", "vector", (None, 0.1, None)),
    ],
)
def test_limits_and_steps(assignment, kind, limits):
    parameter = only(assignment)
    assert (parameter.kind, (parameter.minimum, parameter.step, parameter.maximum)) == (kind, limits)
    assert parameter.description == ""


@pytest.mark.parametrize(
    ("assignment", "length"),
    [
        ("a = 'x'  # 8", 8),
        ("a = ''  # 1", 1),
        ("a = 'x'  # text(8)", 8),
        ("a = 'abc'  # 3", 3),
    ],
)
def test_a_number_behind_a_text_is_its_length(assignment, length):
    assert (only(assignment).max_length, only(assignment).description) == (length, "")


@pytest.mark.parametrize(
    "assignment",
    [
        "a = 'abc'  # 2",  # shorter than the author's own text
        "a = ''  # 0",
        "a = ''  # 2.5",
        "a = ''  # 20240",
        "a = 3  # 0",
        "a = 3  # -1",
        "a = True  # 5",
        "a = 3  # 1e999",
    ],
)
def test_a_number_that_can_be_neither_step_nor_length_is_a_description(assignment):
    parameter = only(assignment)
    assert parameter.description == assignment.rpartition("# ")[2]
    assert (parameter.step, parameter.max_length) in ((None, None), (None, 200))


@pytest.mark.parametrize(
    ("comment", "step", "description"),
    [("2 holes a side", None, "2 holes a side"), ("0.5 mm", None, "0.5 mm"), ("0.5  Width", None, "0.5 Width")],
)
def test_a_number_with_words_behind_it_is_words(comment, step, description):
    parameter = only(f"a = 3  # {comment}")
    assert (parameter.step, parameter.unit, parameter.description) == (step, "", description)


def test_a_step_makes_no_parameter_of_a_constant():
    assert read_parameters("print()\na = 3  # 0.5\nA = 3  # 0.5") == ()


@pytest.mark.parametrize(
    ("assignment", "choices"),
    [
        ("a = 'b'  # [a, b, c]", (("a", "a"), ("b", "b"), ("c", "c"))),
        ("a = 10  # [10:Small, 20:Large]", ((10, "Small"), (20, "Large"))),
        ("a = 10.0  # [10:Small, 20.5]", ((10.0, "Small"), (20.5, "20.5"))),
        ("a = 's'  # ['r':'Round', \"s\":\"Square: all\"]", (("r", "Round"), ("s", "Square: all"))),
        ("a = 's'  # [s]", (("s", "s"),)),
        ("a = '1'  # [1:5]", (("1", "5"),)),
        ("a = 3  # [3:M3]", ((3, "M3"),)),
    ],
)
def test_choices(assignment, choices):
    assert only(assignment).choices == tuple(Choice(*each) for each in choices)


def test_a_switch_may_say_what_it_can_be():
    assert only("a = True  # [true, false]  Lid").description == "Lid"
    with pytest.raises(SourceError, match="takes no limits"):
        read_parameters("a = True  # [yes, no]")


@pytest.mark.parametrize("unit", ["mm", "°", "%"])
def test_a_unit_in_brackets(unit):
    parameter = only(f"a = 3  # [{unit}] Width")
    assert (parameter.unit, parameter.description, parameter.choices) == (unit, "Width", ())


@pytest.mark.parametrize(
    ("comment", "group"),
    [
        ("# [Plate]", "Plate"),
        ("#[ Plate  and lid ]", "Plate and lid"),
        ("# /* [Plate] */", "Plate"),
        ("## /*[Plate]*/ ", "Plate"),
        ("# [Global]", ""),
        ("# /* [global] */", ""),
        ("# [0:100]", None),
        ("# [100]", None),
        ("# [Plate] and more", None),
        ("# Plate", None),
        ("# []", None),
        ("# /* [Plate]", "Plate"),
        ("# [a\x1b[2J]", None),
        ("# [a\x07b]", "a b"),
    ],
)
def test_groups(comment, group):
    assert read_group(comment) == group


def test_global_ends_a_group_and_hidden_hides():
    script = "a = 1\n# /* [Plate] */\nb = 1\n# /* [Hidden] */\nc = 1  # [0:9]\n# [Global]\nd = 1\n"
    assert [(each.name, each.group) for each in read_parameters(script)] == [("a", ""), ("b", "Plate"), ("d", "")]


def test_a_comment_within_code_begins_no_group():
    script = "# [Plate]\ndef f():\n    # [Hidden]\n    pass\na = 3  # [0:9]\n"
    assert only(script).group == "Plate"


@pytest.mark.parametrize(
    ("comment", "note"),
    [
        ("# [1:9] mm  Width  # noqa: E501", Note("1:9", unit="mm", description="Width")),
        ("# Width # type: ignore", Note(description="Width")),
        ("# noqa", Note()),
        ("#", Note()),
        ("# Width\x1b[31m red", Note(description="Width [31m red")),
        ("#\u202egnirts", Note(description="gnirts")),
    ],
)
def test_notes_hold_plain_words_for_people(comment, note):
    assert read_note(comment) == note


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("# Outer width", "Outer width"),
        ("#: Outer width", "Outer width"),
        ("## Outer   width", "Outer width"),
        ("# d = diameter of the hole", "d = diameter of the hole"),
        ("# -------", ""),
        ("# ____", ""),
        ("#", ""),
        ("# width = 50", ""),
        ("#size=(1, 2)", ""),
        ("#!/usr/bin/env python", ""),
        ("# -*- coding: utf-8 -*-", ""),
        ("# SPDX-License-Identifier: MIT", ""),
        ("# fmt: off", ""),
    ],
)
def test_words_on_a_line_of_their_own(comment, words):
    assert read_words(comment) == words


MAKERS = (Path(__file__).parents[5] / "docs" / "makers.md").read_text()
TAUGHT = [
    spelling for row in re.findall(r"^\| (`#.*?) \|", MAKERS, re.MULTILINE) for spelling in re.findall("`(.*?)`", row)
]


@pytest.mark.parametrize("spelling", TAUGHT)
def test_what_the_docs_teach_is_read(spelling):
    for literal in ("60.0", "3", "'round'"):
        try:
            parameter = only(f"a = {literal}  {spelling}")
        except SourceError:
            continue
        if parameter.choices or parameter.maximum or parameter.step or parameter.max_length == 20:
            return
    pytest.fail("nothing is limited by it")


def test_the_docs_teach_every_kind_of_spelling():
    assert len(TAUGHT) >= 9
