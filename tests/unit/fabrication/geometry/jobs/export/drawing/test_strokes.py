import numpy as np
import pytest

from fabrication.geometry.jobs.export.drawing.strokes import without_overlap


def stroke(*points):
    return np.array(points, float)


def lengths(strokes):
    return sorted(round(float(np.linalg.norm(np.diff(each, axis=0), axis=1).sum()), 3) for each in strokes)


def test_a_hidden_line_under_a_seen_one_is_not_drawn():
    assert without_overlap([stroke((0, 0), (10, 0))], [stroke((10, 0), (0, 0))]) == []


@pytest.mark.parametrize("turn", np.linspace(0, np.pi, 7))
def test_what_is_left_of_a_line(turn):
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    hidden = [stroke((0, 5), (10, 5)) @ matrix.T, stroke((14, 5), (8, 5)) @ matrix.T]
    seen = [stroke((2, 5), (4, 5)) @ matrix.T, stroke((2, 6), (4, 6)) @ matrix.T]
    left = without_overlap(hidden, seen)
    assert lengths(left) == [2, 10]
    back = np.concatenate(left) @ matrix
    assert back[:, 1] == pytest.approx(5, abs=0.01)
    assert sorted(back[:, 0]) == pytest.approx([0, 2, 4, 14], abs=0.01)


def test_curves_are_drawn_once_whichever_way_they_run():
    arc = stroke((0, 0), (1, 1), (2, 0))
    assert len(without_overlap([arc, arc[::-1]], [])) == 1
    assert without_overlap([arc], [arc[::-1]]) == []
