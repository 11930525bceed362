import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.geometry.feasible.space import Axis, axes_of
from fabrication.geometry.parameters import canonical_values, read_parameters


def axis_of(line: str) -> Axis:
    (axis,) = axes_of(read_parameters(line))
    return axis


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("a = 4.0  # [1:0.5:10]", [1.0, 10.0, 5.5, 3.0, 8.0]),
        ("a = 4  # [1:10]", [1, 10, 5, 3, 8]),
        ("a = 4  # [0:2:11]", [0, 11, 6, 2, 8]),
        ("a = 8.0", [2.0, 32.0, 17.0]),
        ("a = -8.0", [-32.0, -2.0]),
        ("a = 0.0", [-10.0, 10.0, 0.0][:2]),
        ("a = 8.0  # [1:]", [1.0, 32.0]),
        ("a = True", [False]),
        ('a = "x"  # [x, y, z]', ["y", "z"]),
        ('a = "ab"  # text(3)', ["", "A", "Ä ß", "0 1", '"qu', "WWW"]),
        ('a = ""  # text(9999)', ["A", "Ä ß é", "0 1/2 — 3", '"quoted" & <so>', "W" * 200]),
    ],
)
def test_a_sweep_shows_the_ends_first(line, first):
    assert list(axis_of(line).sweep())[: len(first)] == first


@pytest.mark.parametrize("line", ["a = 1.0  # [1:1]", 'a = "x"  # [x]', 'a = ""  # text(0)', ""])
def test_what_has_one_value_is_no_axis(line):
    assert axes_of(read_parameters(line)) == ()


@given(
    low=st.floats(-1000, 1000),
    width=st.floats(0.001, 1000),
    step=st.floats(0.0005, 500),
    part=st.floats(0, 1),
    integer=st.booleans(),
)
def test_whatever_is_tried_a_form_would_take(low, width, step, part, integer):
    if integer:
        low, width, step = round(low), max(1, round(width)), max(1, round(step))
    numbers = [f"{x}" if integer else f"{x:.9f}" for x in (low, step, low + width)]
    parameters = read_parameters(f"a = {numbers[0]}  # [{':'.join(numbers)}]")
    for axis in axes_of(parameters):
        for value in (*axis.sweep(), axis.at(part)):
            assert canonical_values(parameters, {"a": value}) == {"a": value}
            assert type(value) is (int if integer else float)


@given(st.floats(-100, 100), st.floats(-100, 100), st.sampled_from([0.05, 0.1, 0.7, 3.0]))
def test_between_two_values_there_is_a_step_or_they_are_neighbours(one, other, step):
    axis = Axis("a", 0.0, low=-100.0, high=100.0, step=step)
    middle = axis.between(one, other)
    if middle is None:
        assert abs(one - other) <= step * (1 + 1e-6)
    else:
        assert min(one, other) < middle < max(one, other)
