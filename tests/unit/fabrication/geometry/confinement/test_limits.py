from hypothesis import given
from hypothesis import strategies as st

from fabrication.geometry.confinement.limits import Limits

some = st.builds(
    Limits, cpu_s=st.integers(1, 60), wall_s=st.floats(0.1, 60), files=st.integers(0, 99), log=st.integers(0)
)


@given(some, some)
def test_tightening_takes_the_lower_of_each(kind, asked):
    got = kind.tightened(asked)
    for name in Limits.__struct_fields__:
        assert getattr(got, name) == min(getattr(kind, name), getattr(asked, name))


def test_without_a_wish_the_kind_decides():
    assert Limits(cpu_s=3).tightened(None) == Limits(cpu_s=3)
