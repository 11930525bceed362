import math

import pytest

from fabrication.errors import ScriptFailed
from fabrication.geometry.jobs import measure


def test_parts_are_measured(built):
    plate, pin = measure.run({"parts": 2}, built)["parts"]
    assert plate["size_mm"] == pytest.approx([30, 10, 5])
    assert plate["volume_mm3"] == pytest.approx(1500 - 20 * math.pi)
    assert pin["size_mm"] == pytest.approx([10, 10, 10])
    assert plate["valid"] is pin["valid"] is True


def test_an_inside_out_solid_is_not_valid(tmp_path, shapes):
    from cadquery import Shape

    Shape.cast(shapes[0].wrapped.Reversed()).exportBrep(str(tmp_path / "part_0.brep"))
    (found,) = measure.run({"parts": 1}, tmp_path)["parts"]
    assert found["valid"] is False


@pytest.mark.parametrize("data", [b"", b"DBRep_DrawableShape", b"\0" * 100])
def test_what_is_no_brep_is_said_to_hold_nothing(tmp_path, data):
    (tmp_path / "part_0.brep").write_bytes(data)
    with pytest.raises(ScriptFailed, match="no solid"):
        measure.run({"parts": 1}, tmp_path)
