from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from commons.catalog.values import as_fields, as_text, given_values, groups_of
from fabrication.geometry.parameters import canonical_values, read_parameters

SCRIPT = """# [Plate]
width = 60.0      # [20:0.5:200] mm  Outer width
holes = 4         # [0:8]  Holes
round_ = True     # Round it
# [Words]
label = ""        # text(20)  Engraved label
revision = "a"    # [a:First, b:Second]  Which
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
)  # fmt: skip
def test_canonical_values_survive_the_way_through_an_address(width, holes, round_, label, revision):
    values = canonical_values(PARAMETERS, {"width": float(as_text(width)), "holes": holes, "round_": round_,
                                           "label": label, "revision": revision})  # fmt: skip
    fields = MultiDict(as_fields(values))
    assert canonical_values(PARAMETERS, given_values(fields)) == values


def test_numbers_are_written_as_people_write_them():
    assert [as_text(value) for value in (60.0, 0.1, True, 7, "x")] == ["60", "0.1", "true", "7", "x"]


def test_neighbours_of_a_group_stand_together_in_the_scripts_order():
    groups = [(name, [p.name for p in members]) for name, members in groups_of(PARAMETERS)]
    assert groups == [("Plate", ["width", "holes", "round_"]), ("Words", ["label", "revision"])]
