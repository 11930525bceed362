import pytest

from fabrication.geometry.feasible.samples import GENERIC_MM, Outcome, Sample, commonest, fault_of, point_key


@pytest.mark.parametrize(
    ("size", "fits"),
    [((220, 220, 250), True), ((250, 100, 100), True), ((251, 10, 10), False), ((230, 230, 10), False)],
)
def test_a_part_may_stand_on_any_side(size, fits):
    sample = Sample(values={}, outcome=Outcome.BUILT, sizes_mm=((1.0, 1.0, 1.0), size))
    fault = fault_of(sample, (GENERIC_MM,))
    assert (fault is None) is fits
    if fault is not None:
        assert fault.too_large
        assert " × ".join(map(str, size)) in fault.words


def test_one_machine_that_holds_it_is_enough():
    sample = Sample(values={}, outcome=Outcome.BUILT, sizes_mm=((290.0, 10.0, 10.0),))
    assert fault_of(sample, (GENERIC_MM, (300.0, 180.0, 45.0))) is None


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.BUILT])
def test_whatever_else_became_of_it_is_a_fault_in_its_own_words(outcome):
    fault = fault_of(Sample(values={}, outcome=outcome, words="why"), (GENERIC_MM,))
    assert (fault.words, fault.too_large) == ("why", False)


def test_a_point_has_one_name_whatever_the_order():
    assert point_key({"a": 1.0, "b": (1, 2)}) == point_key({"b": (1, 2), "a": 1.0})
    assert point_key({"a": 1.0}) != point_key({"a": 1.5})


def test_the_commonest_words_lose_only_the_numbers_that_differ():
    assert commonest(["a", "wall 2 below 3 mm", "wall 1 below 3 mm"]) == "wall … below 3 mm"
    assert commonest(["one"]) == "one"
