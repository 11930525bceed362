import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from commons.catalog.values import as_fields, as_text, given_values, groups_of
from fabrication.errors import ValueRefused
from fabrication.geometry.parameters import canonical_values, read_parameters

SCRIPT = """# [Plate]
width = 60.0      # [20:0.5:200] mm  Outer width
holes = 4         # [0:8]  Holes
round_ = True     # Round it
# [Words]
label = ""        # text(20)  Engraved label
revision = "a"    # [a:First, b:Second]  Which
at = [3, 5.5, 8]  # [-20:20] mm  Where the holes are
"""
PARAMETERS = read_parameters(SCRIPT)


def test_only_prefixed_fields_are_values_so_that_names_cannot_collide():
    fields = MultiDict([("p.revision", "b"), ("revision", "f" * 64), ("csrf_token", "x")])
    assert given_values(fields) == {"revision": "b"}


def test_the_last_of_two_counts_so_that_a_box_can_be_unticked():
    assert given_values(MultiDict([("p.round_", "false"), ("p.round_", "true")])) == {"round_": "true"}
    assert given_values(MultiDict([("p.round_", "false")])) == {"round_": "false"}


@given(
    width=st.floats(20, 200), holes=st.integers(0, 8), round_=st.booleans(),
    label=st.text(alphabet="abc &?=%+é", max_size=20), revision=st.sampled_from("ab"),
    at=st.tuples(*[st.floats(-20, 20)] * 3),
)  # fmt: skip
def test_canonical_values_survive_the_way_through_an_address_and_through_a_form(**chosen):
    values = canonical_values(PARAMETERS, chosen)
    fields = MultiDict(as_fields(values))
    assert canonical_values(PARAMETERS, given_values(fields)) == values
    del fields["p.at"]
    fields.update({f"p.at.{place}": as_text(number) for place, number in enumerate(values["at"])})
    assert canonical_values(PARAMETERS, given_values(fields)) == values


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ([("p.at.0", "3"), ("p.at.1", "5.5"), ("p.at.2", "8")], "3, 5.5, 8"),
        ([("p.at.2", "8"), ("p.at.0", "3"), ("p.at.1", "5.5")], "3, 5.5, 8"),
        ([("p.at.0", "3"), ("p.at.1", ""), ("p.at.2", "8")], "3, , 8"),
        ([("p.at.0", "1"), ("p.at.0", "3")], "3"),
        ([("p.at", "1,2,3"), ("p.at.0", "4"), ("p.at.1", "5")], "4, 5"),
        ([("p.at", "1,2,3")], "1,2,3"),
        ([(f"p.at.{place}", str(place)) for place in range(16)], ", ".join(map(str, range(16)))),
    ],
)
def test_the_fields_of_a_row_are_joined(fields, given):
    assert given_values(MultiDict(fields)) == {"at": given}


@pytest.mark.parametrize("name", ["at.16", "at.-1", "at.x", "at.0.0", "at.", "at.²"])
def test_what_is_no_number_of_a_row_is_refused_by_its_name(name):
    given = given_values(MultiDict([(f"p.{name}", "3")]))
    with pytest.raises(ValueRefused, match=f"there is no parameter '{re.escape(name)}'"):
        canonical_values(PARAMETERS, given)


def test_numbers_are_written_as_people_write_them():
    assert [as_text(value) for value in (60.0, 0.1, True, 7, "x")] == ["60", "0.1", "true", "7", "x"]
    assert [as_text(value) for value in (1e16, 0.1 + 0.2, 1e-7)] == ["1e+16", "0.30000000000000004", "1e-07"]
    assert [as_text(value) for value in ((3.0, 5.5), [1, -2], (4.0,))] == ["3, 5.5", "1, -2", "4"]


def test_neighbours_of_a_group_stand_together_in_the_scripts_order():
    groups = [(name, [p.name for p in members]) for name, members in groups_of(PARAMETERS)]
    assert groups == [("Plate", ["width", "holes", "round_"]), ("Words", ["label", "revision", "at"])]
