from hypothesis import given, settings
from hypothesis import strategies as st

from fabrication.geometry.feasible.marks import learn
from fabrication.geometry.feasible.plan import Bounds
from fabrication.geometry.feasible.samples import Outcome, Sample, fault_of, point_key
from tests.unit.fabrication.geometry.feasible.explorer import Explorer

TWO = "a = 3.0  # [0:0.1:10] mm  First\nb = 5.0  # [0:0.1:10] mm  Second"
FOUR = f"{TWO}\nn = 3  # [1:20]  Number\nmode = 'x'  # [x:Plain, y:Fine, z:Odd]\nlid = True  # A lid"


def marks_of(region, name, always):
    return [mark for mark in region.marks if mark.parameter == name and mark.always is always]


def test_a_must_be_below_b():
    region = Explorer(TWO, lambda v: "" if v["a"] < v["b"] else f"a of {v['a']} must be below b").explore()
    (high,) = marks_of(region, "a", always=False)
    assert (high.low, high.high) == (5.0, 10.0)
    assert high.sentence == "Known to fail from 5 mm on, with the rest as the author has it: a of … must be below b"
    (low,) = marks_of(region, "b", always=False)
    assert (low.low, low.high) == (0.0, 3.0)
    assert low.sentence.startswith("Known to fail up to 3 mm, with the rest as the author has it: a of 3.0 must be")
    assert 0.4 < region.share < 0.6
    assert region.own_fault == ""


def test_a_slab_fails_whatever_the_rest_is():
    region = Explorer(FOUR, lambda v: "too many" if v["n"] > 14 else "").explore()
    always, *alone = region.marks
    assert {mark.parameter for mark in region.marks} == {"n"}
    assert min(mark.low for mark in region.marks) == 15
    assert not any(mark.always for mark in alone)
    assert (always.parameter, always.always, always.high) == ("n", True, 20)
    assert always.low in (15, 16)
    assert f" on, whatever the rest was in {always.tries} tries: too many" in always.sentence


def test_an_island_in_the_middle_is_marked_between_its_shores():
    region = Explorer(TWO, lambda v: "resonates" if 6 < v["a"] < 9 else "").explore()
    assert {(mark.low, mark.high) for mark in region.marks if mark.parameter == "a"} >= {(6.1, 8.9)}
    assert "from 6.1 to 8.9 mm" in region.marks[0].sentence


def test_a_disc_is_marked_across_its_centre_and_nearly_all_of_it_is_free_elsewhere():
    def disc(v):
        return "" if (v["a"] - 5) ** 2 + (v["b"] - 5) ** 2 < 16 else "outside"

    region = Explorer(TWO, disc).explore()
    for tenth in range(101):
        fails = bool(disc({"a": 3.0, "b": tenth / 10}))
        assert any(mark.covers(tenth / 10) for mark in region.marks if mark.parameter == "b") is fails


def test_choices_and_switches():
    region = Explorer(FOUR, lambda v: "no z" if v["mode"] == "z" else "" if v["lid"] else "open").explore()
    found = {mark.parameter: mark for mark in region.marks}
    assert found["mode"].values == ("z",)
    assert "as “Odd”" in found["mode"].sentence
    assert found["lid"].values == (False,)
    assert "switched off" in found["lid"].sentence


def test_where_nothing_is_good_no_parameter_is_to_blame():
    region = Explorer(FOUR, lambda v: "line 3 is wrong").explore()
    assert (region.good, region.share, region.marks, region.own_fault) == (0, 0.0, (), "line 3 is wrong")


def test_where_the_authors_own_values_fail_only_what_mends_it_is_to_blame():
    region = Explorer(FOUR, lambda v: "b is too small" if v["b"] < 7 else "").explore()
    assert {mark.parameter for mark in region.marks} == {"b"}
    assert region.own_fault == "b is too small"


def test_a_single_parameter_has_no_rest():
    region = Explorer("a = 3.0  # [0:0.1:10] mm", lambda v: "" if v["a"] < 7 else "no").explore()
    (mark,) = region.marks
    assert mark.always
    assert mark.sentence == "Known to fail from 7 mm on: no"


def test_before_anything_was_tried_nothing_is_known():
    walk = Explorer(FOUR, lambda v: "")
    region = learn(walk.plan, {})
    assert (region.tried, region.good, region.share, region.marks) == (0, 0, None, ())


def test_beyond_limits_of_our_own_making_nothing_is_claimed():
    region = Explorer("a = 4.0\nb = 1.0", lambda v: "" if v["a"] < 10 else "no").explore()
    (mark,) = [mark for mark in region.marks if mark.parameter == "a" and not mark.always] or region.marks[:1]
    assert mark.high == 16.0
    assert not mark.covers(17.0)
    assert "to 16" in mark.sentence


def test_what_is_too_large_is_called_that():
    walk = Explorer("a = 100.0  # [10:500] mm\nb = 1.0  # [0:5]", lambda v: "")
    while values := walk.plan.next(walk.tried, Bounds(60)):
        walk.tried[point_key(values)] = Sample(
            values=values, outcome=Outcome.BUILT, sizes_mm=((values["a"], 9.0, 9.0),)
        )
    region = learn(walk.plan, walk.tried)
    assert region.marks[0].low > 250
    assert region.marks[0].sentence.startswith("Known to be too large from 25")
    assert "no machine known here holds that" in region.marks[0].sentence


@settings(max_examples=60, deadline=None)
@given(
    cuts=st.tuples(*[st.floats(-1, 11)] * 4),
    kind=st.sampled_from(["box", "below", "stripes", "or"]),
    samples=st.integers(5, 150),
)
def test_no_mark_covers_a_value_that_was_seen_to_build(cuts, kind, samples):
    p, q, r, s = cuts

    def oracle(v):
        a, b = v["a"], v["b"]
        fails = {
            "box": p < a < q or r < b < s,
            "below": a * p > b * q + r,
            "stripes": int(a * abs(p)) % 3 == 1,
            "or": a > p or b > q or v["n"] > r or (v["mode"] == "z" and s > 4),
        }[kind]
        return f"no {a}" if fails else ""

    walk = Explorer(FOUR, oracle, samples=samples)
    region = walk.explore()
    for mark in region.marks:
        for sample in walk.tried.values():
            alone = all(sample.values[name] == own for name, own in walk.plan.own.items() if name != mark.parameter)
            if (mark.always or alone) and mark.covers(sample.values[mark.parameter]):
                assert fault_of(sample, walk.plan.volumes) is not None, mark


@settings(max_examples=30, deadline=None)
@given(border=st.floats(0, 10))
def test_a_mark_of_a_simple_limit_covers_only_what_fails_and_all_of_it_to_a_step(border):
    walk = Explorer(FOUR, lambda v: "no" if v["b"] < border else "")
    region = walk.explore()
    covered = [mark for mark in region.marks if mark.parameter == "b"]
    for tenth in range(101):
        value = tenth / 10
        if any(mark.covers(value) for mark in covered):
            assert value < border
        elif region.marks and value < border - 0.1 - 1e-9:
            raise AssertionError(f"{value} fails and is not marked")
    assert {mark.parameter for mark in region.marks} <= {"b"}
