import random
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fabrication.errors import ValueRefused
from fabrication.geometry.feasible.plan import Bounds, Plan
from fabrication.geometry.feasible.samples import GENERIC_MM, fault_of, point_key
from fabrication.geometry.parameters import canonical_values, read_parameters
from tests.unit.fabrication.geometry.feasible.explorer import Explorer

SCRIPT = """
wall = 3.0    # [1:0.1:10] mm  Wall
groove = 2.0  # [0.5:0.1:9] mm  Groove
count = 4     # [1:30]  Teeth
shape = "x"   # [x, y, z]
lid = True
label = ""    # text(6)
"""


def thin(values):
    return "" if values["wall"] > values["groove"] else f"wall must be thicker than the groove of {values['groove']}"


def test_the_authors_own_values_come_first():
    walk = Explorer(SCRIPT, thin)
    walk.step()
    (sample,) = walk.tried.values()
    assert sample.values == {"wall": 3.0, "groove": 2.0, "count": 4, "shape": "x", "lid": True, "label": ""}


def test_then_each_parameter_alone_and_the_whole_space_at_last():
    walk = Explorer(SCRIPT, thin)
    walk.explore()
    changed = [sum(sample.values[name] != own for name, own in walk.plan.own.items()) for sample in walk.tried.values()]
    swept = changed.index(next(count for count in changed if count > 1))
    assert set(changed[1:swept]) == {1}
    assert sum(count > 1 for count in changed[swept:]) > len(changed[swept:]) * 0.9
    assert len(changed) == 150
    for name, ends in {"wall": {1, 10}, "count": {1, 30}, "shape": {"x", "y", "z"}, "lid": {True, False}}.items():
        alone = list(walk.tried.values())[:swept]
        assert ends <= {sample.values[name] for sample in alone}


@settings(max_examples=30, deadline=None)
@given(border=st.floats(1.0, 10.0), up=st.booleans())
def test_a_border_is_found_to_within_a_step(border, up):
    def oracle(values):
        return "" if (values["wall"] < border) == up else "no"

    walk = Explorer("wall = 3.0  # [1:0.1:10] mm  Wall\nother = 1.0  # [0:5]", oracle)
    walk.explore()
    along = walk.plan.on(walk.plan.axes[0], walk.tried)
    good = [sample.values["wall"] for sample in along if not fault_of(sample, walk.plan.volumes)]
    bad = [sample.values["wall"] for sample in along if fault_of(sample, walk.plan.volumes)]
    if good and bad:
        gap = min(bad) - max(good) if up else min(good) - max(bad)
        assert 0 < gap < 0.1 + 1e-6


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 80), st.randoms(use_true_random=False))
def test_whoever_is_stopped_anywhere_goes_on_as_if_nothing_had_been(stop, shuffled: random.Random):
    whole = Explorer(SCRIPT, thin, samples=60)
    whole.explore()
    first = Explorer(SCRIPT, thin, samples=60)
    for _ in range(stop):
        first.step()
    kept = list(first.tried.items())
    shuffled.shuffle(kept)  # a database keeps no order
    second = Explorer(SCRIPT, thin, samples=60, tried=dict(kept))
    second.explore()
    assert second.tried == whole.tried


def test_a_try_that_came_to_nothing_is_the_next_again():
    walk = Explorer(SCRIPT, thin)
    walk.step()
    bounds = Bounds(150)
    assert walk.plan.next(walk.tried, bounds) == walk.plan.next(walk.tried, bounds)


def test_enough_is_enough():
    slow = Explorer(SCRIPT, thin, seconds_each=40)
    while slow.step(Bounds(150, seconds=100)):
        pass
    assert len(slow.tried) == 3
    few = Explorer(SCRIPT, thin, samples=7)
    few.explore()
    assert len(few.tried) == 7
    small = Explorer("lid = True\nshape = 1  # [1, 2, 3]", lambda values: "")
    small.explore()
    assert len(small.tried) == 6
    none = Explorer("", lambda values: "")
    none.explore()
    assert len(none.tried) == 1


@pytest.mark.parametrize(
    "script", [SCRIPT, "size = (10.0, 20.0, 5.0)", "a = 1e300", "a = 5e-324", "a = 0", "n = 123456789012345678901"]
)
def test_every_point_is_one_that_a_form_would_take(script):
    parameters = read_parameters(script)
    plan = Plan(parameters, (GENERIC_MM,))
    points = [*plan.sweeps(), *islice(plan.whole(), 50)]
    for values in points:
        try:
            assert canonical_values(parameters, values) == values
        except ValueRefused as refused:
            pytest.fail(str(refused))
    assert len({point_key(values) for values in plan.sweeps()}) == len(list(plan.sweeps()))


def test_the_whole_space_is_covered_evenly():
    script = "\n".join(f"p{index} = 0.5  # [0:0.001:1]" for index in range(20))
    plan = Plan(read_parameters(script), (GENERIC_MM,))
    points = list(islice(plan.whole(), 200))
    for one in range(20):
        for other in range(one):
            cells = {(int(min(p[f"p{one}"], 0.999) * 4), int(min(p[f"p{other}"], 0.999) * 4)) for p in points}
            assert len(cells) >= 12, (one, other)
