"""Any text at all as a script, and scripts that mix every way of writing a parameter."""

import ast
import json
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fabrication.errors import SourceError, ValueRefused
from fabrication.geometry.parameters import canonical_values, json_schema, read_parameters, with_values
from fabrication.recipes import json_values

NUMBERS = st.one_of(st.integers(-999, 999), st.floats(-999, 999).map(lambda number: round(number, 3)), st.just(-0.0))
UNITS = st.sampled_from(["", " mm", " °", " teeth "])
WORDS = st.sampled_from(["", "  Outer width", "  Größe: 3 Löcher", "  d = 5", "  # noqa: E501"])


@st.composite
def numbers(draw):
    """A number or a row of them, with limits that hold them all, a step, or neither."""
    in_row = draw(st.integers(0, 4))
    row = draw(st.lists(NUMBERS, min_size=in_row or 1, max_size=in_row or 1))
    literal = ", ".join(map(repr, row))
    literal = draw(st.sampled_from([f"[{literal}]", f"({literal},)"])) if in_row else literal
    low, high = min(row) - draw(st.integers(0, 5)), max(row) + draw(st.integers(0, 5))
    step = draw(st.sampled_from(["1", "0.5", ".25", "2"]))
    limits = ["", f"[{low}:{high}]", f"[{low}:{step}:{high}]", f"[{low}:]", f"[ : {high} ]", "[mm]"]
    limits += [f"[{high}]"] if low >= 0 else []
    behind = draw(st.one_of(st.just(step), st.builds("{}{}{}".format, st.sampled_from(limits), UNITS, WORDS)))
    annotation = draw(st.sampled_from(["", ": float", ": list[float]", ": int"]))
    return f"NAME{annotation} = {literal}  # {behind}"


@st.composite
def choices(draw):
    values = draw(st.lists(st.sampled_from(["round", "square", "M3", "1", "x y"]), min_size=1, unique=True))
    label = draw(st.sampled_from(["", ":Label", ": 'Label: two'"]))
    return f"NAME = {draw(st.sampled_from(values))!r}  # [{', '.join(value + label for value in values)}]"


TEXTS = st.builds(
    "NAME = {!r}  # {}".format,
    st.text("abc ÄßЖ漢😀'\"\\", max_size=8),
    st.sampled_from(["text(20)", "12", "8", "Label", "text(8)  Label"]),
)
SWITCHES = st.builds("NAME = {}  # {}".format, st.booleans(), st.sampled_from(["Lid", "[true, false]", "5", ""]))
BETWEEN = st.sampled_from(
    ["", "# [Plate]\n", "# /* [Lid] */\n", "# [Global]\n", "# Said above\n", "\n", "# -----\n", "import math\n", "_x = 1\n",
     "A = (1, 2)\n", "'''text\n# [not a group]\n'''\n"]
)  # fmt: skip


AFTER = st.sampled_from(["", "", "describe_parameter(NAME, 'Told by a call')\n", "describe_parameter(NAME)\n"])


@st.composite
def scripts(draw):
    """A script, and the names of its parameters."""
    declared = draw(st.lists(st.tuples(BETWEEN, st.one_of(numbers(), choices(), TEXTS, SWITCHES), AFTER), max_size=6))
    names = [f"p{index}" for index in range(len(declared))]
    lines = (
        f"{above}{line}\n{after}".replace("NAME", name)
        for (above, line, after), name in zip(declared, names, strict=True)
    )
    return "".join(lines), names


def exactly(values):
    """Values with their types: 1, 1.0, True and -0.0 differ."""
    return {name: repr(value) for name, value in values.items()}


def others(parameter):
    """Values of the right kind; within the limits or not."""
    match parameter.kind:
        case "number" | "integer":
            return NUMBERS
        case "vector":
            return st.tuples(*[NUMBERS] * len(parameter.numbers))
        case "boolean":
            return st.booleans()
        case "choice":
            return st.sampled_from([choice.value for choice in parameter.choices])
    return st.text(max_size=20)


@settings(deadline=None)
@given(scripts())
def test_every_way_of_writing_is_read_and_every_default_is_canonical(made):
    script, names = made
    parameters = read_parameters(script)
    assert [parameter.name for parameter in parameters] == names
    defaults = {parameter.name: parameter.default for parameter in parameters}
    assert exactly(canonical_values(parameters, {})) == exactly(defaults)
    assert exactly(canonical_values(parameters, defaults)) == exactly(defaults)
    as_json = json.loads(json.dumps(json_values(defaults)))
    assert exactly(canonical_values(parameters, as_json)) == exactly(defaults)
    assert exactly(canonical_values(parameters, {name: str(value) for name, value in defaults.items()})) == exactly(
        defaults
    )
    json.dumps(json_schema(parameters), allow_nan=False)


@settings(deadline=None)
@given(scripts(), st.data())
def test_values_take_the_literals_places_and_every_line_stays(made, data):
    script, _ = made
    parameters = read_parameters(script)
    given_values = {each.name: data.draw(others(each), label=each.name) for each in parameters}
    try:
        values = canonical_values(parameters, given_values)
    except ValueRefused as refused:
        assert refused.problems.keys() <= given_values.keys()
        assert all(refused.problems.values())
        values = canonical_values(parameters, {})
    assert exactly(canonical_values(parameters, values)) == exactly(values)
    tree, authors = with_values(script, values), ast.parse(script)
    assert [(each.lineno, each.end_lineno) for each in tree.body] == [
        (each.lineno, each.end_lineno) for each in authors.body
    ]
    seen = {"describe_parameter": lambda *_: None}
    exec(compile(tree, "design.py", "exec"), seen)
    found = {name: tuple(seen[name]) if isinstance(seen[name], list) else seen[name] for name in values}
    assert exactly(found) == exactly(values)


PIECES = ["a", "=", "\n", "#", "[", "]", "(", ")", "{", "}", ":", ",", "'", '"', "\\", "\t", "1", ".5", "-2", "e9", "@"]
PIECES += ["text(", "f'", "\0", "\r", "[Hidden]", "describe_parameter(", "lambda"]


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)))
def test_any_text_gives_parameters_or_a_source_error(script):
    try:
        parameters = read_parameters(script)
    except SourceError:
        return
    assert canonical_values(parameters, {}) == {each.name: each.default for each in parameters}


PLANTED = ["{}", "a = {}", "a = [{}]", "a: {} = 3", "describe_parameter(a, {})", "@{}\ndef f(): pass"]


@settings(deadline=None)
@given(scripts(), st.sampled_from(PLANTED))
def test_nothing_is_executed(tmp_path_factory, made, around):
    mark = tmp_path_factory.getbasetemp() / "executed"
    script = "\n".join([around.format(f"open({str(mark)!r}, 'w')"), made[0]])
    with_values(script, canonical_values(read_parameters(script), {}))
    assert not mark.exists()


LONG = 100_000
SLOW_FOR_SOME_READERS = {
    "digits in limits": f"a = 1  # [{'1' * LONG}x:2]",
    "blanks in limits": f"a = 1  # [{' ' * LONG}x]",
    "blanks in a group": f"# [a]{' ' * LONG}x\na = 1",
    "hashes": "#" * LONG,
    "hashes and blanks": "# " * (LONG // 2),
    "brackets": "a = 1  # " + "[" * LONG,
    "colons": "a = 1  # [" + ":" * LONG + "]",
    "choices": "a = 1  # [" + "1," * (LONG // 2) + "1]",
    "quotes": "a = 'x'  # ['" + "x" * LONG + "]",
    "an assignment in a comment": "# " + "a." * (LONG // 2),
    "groups": "# [a]\n_b=1\n" * (LONG // 11),
    "hidden": "# [Hidden]\nb=1\n" * (LONG // 15),
    "comments above": "# words\n" * (LONG // 9) + "a = 1",
    "statements": "a=1\n" * (LONG // 4),
    "descriptions": "describe_parameter(a,'')\n" * (LONG // 25),
    "a row": "a = [" + "1," * (LONG // 2) + "]",
    "nested rows": "a = " + "[" * 150 + "]" * 150,
    "attributes": "a" + ".a" * (LONG // 2),
    "signs": "a = " + "-" * LONG + "1",
}


@pytest.mark.parametrize("script", SLOW_FOR_SOME_READERS.values(), ids=SLOW_FOR_SOME_READERS)
def test_no_text_takes_long(script):
    began = time.process_time()
    with suppress(SourceError):
        read_parameters(script)
    assert time.process_time() - began < 10, "time grows faster than the text"
