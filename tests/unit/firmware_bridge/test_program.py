import pytest

from firmware_bridge.program import height_at


@pytest.mark.parametrize(("line", "height"), [(0, None), (3, None), (4, 0.3), (5, 0.3), (6, 0.6), (7, 0.6), (99, 0.6)])
def test_height(tmp_path, line, height):
    program = tmp_path / "p"
    program.write_bytes(b"G21\nG90\nG28\nG1 Z0.3 F600\nG1 X5 Y5\nG1 Z0.6\nG1 X9\n")
    assert height_at(program, line) == height


def test_height_after_relative_moves(tmp_path):
    program = tmp_path / "p"
    program.write_bytes(b"G91\nG1 Z5\nG90\nG1 Z1\nG91\nG1 Z0.5\n")
    assert height_at(program, 2) is None
    assert height_at(program, 6) == 1.5
