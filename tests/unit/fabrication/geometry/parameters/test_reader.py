"""What is a parameter, and what is not."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.errors import SourceError
from fabrication.geometry.parameters import Choice, Parameter, canonical_values, read_parameters, with_values

PLATE = '''"""A plate."""
import cadquery as cq
# [Plate]
width = 60.0      # [20:0.5:200] mm  Outer width
margin: float = 5
corner = "round"  # [round, square]  Corner style
inner = width - 2 * margin
# [Text]
label = ""        # text(20)  Engraved label
raised = False    # Letters stand out
# [Hidden]
tiny = 0.01
# [More]
offset = -2.5     # mm
MATERIAL = "PLA"
_cache = 3
if width < 2 * margin:
    raise ValueError("width must be at least twice the margin")
plate = cq.Workplane().box(width, inner, 3)
loose = 7
holes = 4         # [0:8]  Holes
show_object(plate, name="plate")
'''


def test_a_script_is_not_read_again_for_every_look_at_it():
    assert read_parameters(PLATE) is read_parameters(PLATE[:9] + PLATE[9:])


def names(script):
    return [parameter.name for parameter in read_parameters(script)]


def only(script):
    (parameter,) = read_parameters(script)
    return parameter


def test_a_script_is_described_without_being_run():
    assert read_parameters(PLATE) == (
        Parameter("width", "number", 60.0, 20, 200, 0.5, "mm", "Outer width", "Plate", line=4),
        Parameter("margin", "number", 5.0, group="Plate", line=5),
        Parameter(
            "corner",
            "choice",
            "round",
            description="Corner style",
            group="Plate",
            choices=(Choice("round", "round"), Choice("square", "square")),
            line=6,
        ),
        Parameter("label", "text", "", description="Engraved label", group="Text", max_length=20, line=9),
        Parameter("raised", "boolean", False, description="Letters stand out", group="Text", line=10),
        Parameter("offset", "number", -2.5, unit="mm", group="More", line=14),
        Parameter("holes", "integer", 4, 0, 8, description="Holes", group="More", line=21),
    )


@pytest.mark.parametrize(
    "script",
    [
        "a = b = 3",
        "a, b = 1, 2",
        "a.b = 3",
        "a: int",
        "a += 3",
        "a = None",
        "a = []",
        "a = ()",
        "a = [1, 'x']",
        "a = (1, True)",
        "a = ((1, 2), (3, 4))",
        "a = [1, 2 + 3]",
        "a = {1, 2}",
        "a = (" + "1, " * 17 + ")",
        "A = (1, 2)",
        "a = 2j",
        "a = -True",
        "a = not 3",
        "a = b''",
        "a = '''two\nlines'''",
        "a = f'{3}'",
        "A = 3",
        "_a = 3",
        "def f():\n    a = 3",
        "if True:\n    a = 3",
        "# [hidden]\na = 3",
        "print()\na = 3  # a constant of the code",
        "for _ in (): pass\na = 3",
    ],
)
def test_what_is_no_parameter(script):
    assert read_parameters(script) == ()


@pytest.mark.parametrize(
    "script",
    ["A = 3  # [1:9]", "print()\na = 3  # [1:9]", "import x\na = 3", "b = c * 2\na = 3", "'text'\na = 3"],
)
def test_what_is_one(script):
    assert len(read_parameters(script)) == 1


@pytest.mark.parametrize(
    ("assignment", "kind", "default"),
    [
        ("a = 3", "integer", 3),
        ("a = 3  # [1:9]", "integer", 3),
        ("a = 3  # [1:0.5:9]", "number", 3.0),
        ("a = 3  # [1:9.0]", "number", 3.0),
        ("a = 3.", "number", 3.0),
        ("a: float = 3", "number", 3.0),
        ("a: int = 3", "integer", 3),
        ("a = +3", "integer", 3),
        ("a = -3  # [-5:-1]", "integer", -3),
        ("a = 1e2", "number", 100.0),
        ("a = True", "boolean", True),
        ("a = 'x'", "text", "x"),
        ("a = 10  # [10, 20]", "choice", 10),
        ("a = 10.0  # [10, 20]", "choice", 10.0),
    ],
)
def test_the_kind_follows_what_is_written(assignment, kind, default):
    parameter = only(assignment)
    assert (parameter.kind, parameter.default, type(parameter.default)) == (kind, default, type(default))


@pytest.mark.parametrize(
    ("comment", "limits"),
    [
        ("[1:9]", (1, None, 9)),
        ("[ 1 : 2 : 9 ]", (1, 2, 9)),
        ("[1:]", (1, None, None)),
        ("[:9]", (None, None, 9)),
        ("[-1.5:.5:+9e1]", (-1.5, 0.5, 90)),
    ],
)
def test_limits(comment, limits):
    parameter = only(f"a = 5.0  # {comment}")
    assert (parameter.minimum, parameter.step, parameter.maximum) == limits


@pytest.mark.parametrize(
    ("comment", "unit", "description"),
    [
        ("[1:9] mm  Width", "mm", "Width"),
        ("[1:9] mm Width of it", "mm", "Width of it"),
        ("[1:9] mm", "mm", ""),
        ("mm  Width", "mm", "Width"),
        ("Width of it", "", "Width of it"),
        ("[1:9] teeth  Around the rim", "teeth", "Around the rim"),
        ("[1:9] Teeth around", "", "Teeth around"),
        ("[1:9] °  Angle", "°", "Angle"),
        ("[1:9]", "", ""),
        ("noqa: E501", "", ""),
    ],
)
def test_unit_and_description(comment, unit, description):
    parameter = only(f"a = 5  # {comment}")
    assert (parameter.unit, parameter.description) == (unit, description)


def test_choices_may_have_labels_and_be_numbers():
    assert only('a = "s"  # [r:Round edges, s:Square]').choices == (
        Choice("r", "Round edges"),
        Choice("s", "Square"),
    )
    assert only("a = 3  # [3:M3, 4:M4]").choices == (Choice(3, "M3"), Choice(4, "M4"))


@pytest.mark.parametrize(
    ("script", "line", "says"),
    [
        ("a = 3\nb = (", 2, "never closed"),
        ("a = 300  # [20:200] mm", 1, "a: its own value 300 is not between 20 and 200 mm"),
        ("\na = 3  # [9:1]", 2, "lower limit 9 is above the upper limit 1"),
        ("a = 3  # [1:0:9]", 1, "step must be above 0"),
        ("a = 'x'  # [y, z]", 1, "'x' is not in [y, z]"),
        ("a = 'x'  # [x, x]", 1, "twice"),
        ("a = 'x'  # []", 1, "holds ''"),
        ("a = 3  # [3, four]", 1, "'four', which is no number"),
        ("a = 'xyz'  # text(2)", 1, "longer than 2 characters"),
        ("a = 3  # text(2)", 1, "belongs to a text"),
        ("a = True  # [1:2]", 1, "takes no limits"),
        ("a = 1  # [0:5]\nb = 1\na = 2", 3, "set here and in line 1"),
        (f"b = 1\na = 1{'0' * 5000}", 2, "a whole number has more digits than can be read or written; thousands"),
        ("a = 1e999", 1, "too large"),
        (f"a = 1{'0' * 400}", 1, "too large"),
        ("a = 1  # [0:1e999]", 1, "too large"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(script, line, says):
    with pytest.raises(SourceError) as caught:
        read_parameters(script)
    assert caught.value.line == line
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "script",
    [
        "a = 1\0",
        "a = '\ud800'",
        "(" * 5000,
        "-" * 100_000 + "1",
        "a" * 300_000,
        "".join(f"a{n} = 1\n" for n in range(201)),
        "\tx\n  y",
        "a = '",
    ],
)
def test_hostile_text_is_a_source_error(script):
    with pytest.raises(SourceError):
        read_parameters(script)


@given(st.text())
def test_any_text_gives_parameters_or_a_source_error(script):
    try:
        parameters = read_parameters(script)
    except SourceError:
        return
    assert isinstance(parameters, tuple)


COMMENTS = st.text(st.sampled_from("[]:,0123456789.+-e #()textmm\tß"), max_size=30)
LITERALS = st.one_of(
    st.integers().map(repr), st.floats().map(repr), st.booleans().map(repr), st.text().map(repr), st.just("1e999")
)


@given(st.lists(st.tuples(st.sampled_from("abcABC_"), LITERALS, COMMENTS), max_size=5))
def test_any_assignments_and_comments_give_valid_defaults_or_a_source_error(lines):
    script = "".join(f"{name} = {literal}  #{comment}\n" for name, literal, comment in lines)
    try:
        parameters = read_parameters(script)
    except SourceError:
        return
    defaults = canonical_values(parameters, {})
    assert defaults == {parameter.name: parameter.default for parameter in parameters}
    assert canonical_values(parameters, {name: str(value) for name, value in defaults.items()}) == defaults


def test_windows_and_old_mac_line_ends_count_as_lines():
    assert [p.line for p in read_parameters("a = 1\r\nb = 2\r\n")] == [1, 2]
    assert [p.line for p in read_parameters("a = 1\rb = 2  # x\r")] == [1, 2]


def test_a_comment_behind_several_lines_or_several_statements():
    assert only("a = (\n    5\n)  # [1:9] mm").maximum == 9
    first, second = read_parameters("a = 1; b = 2  # [1:9]")
    assert (first.maximum, second.maximum) == (None, 9)


def test_values_replace_literals_and_lines_stay():
    tree = with_values(PLATE, {"width": 80.5, "corner": "square", "offset": -1.0, "holes": 2})
    assignments = {
        node.targets[0].id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert {name: assignments[name] for name in ("width", "corner", "offset", "holes", "loose")} == {
        "width": "80.5",
        "corner": "'square'",
        "offset": "-1.0",
        "holes": "2",
        "loose": "7",
    }
    untouched = ast.parse(PLATE)
    assert [node.lineno for node in tree.body] == [node.lineno for node in untouched.body]
    compile(tree, "design.py", "exec")


def test_values_for_what_is_no_parameter_are_refused():
    with pytest.raises(SourceError, match="tiny"):
        with_values(PLATE, {"tiny": 1.0})


def test_what_the_head_sets_twice_without_a_word_is_the_authors_own():
    assert [parameter.name for parameter in read_parameters("a = 1\nb = 1\na = 2\na = 3\n")] == ["b"]
