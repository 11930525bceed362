"""Polylines of a view, each (n, 2)."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float64]

_SAME = 1e-4

_Line = tuple[float, float, float]
_Span = tuple[float, float]


def without_overlap(hidden: Iterable[Stroke], seen: Iterable[Stroke]) -> list[Stroke]:
    """Hidden strokes, each place drawn once and none over a seen one: dashes that overlap would look like a line."""
    lines: dict[_Line, list[_Span]] = defaultdict(list)
    curves: dict[bytes, Stroke] = {}
    for stroke in hidden:
        if len(stroke) == 2:
            line, span = _on_line(stroke)
            lines[line].append(span)
        else:
            curves.setdefault(_name(stroke), stroke)
    covered: dict[_Line, list[_Span]] = defaultdict(list)
    for stroke in seen:
        if len(stroke) == 2:
            line, span = _on_line(stroke)
            covered[line].append(span)
        else:
            curves.pop(_name(stroke), None)
    rest = [
        np.array([_point(line, start), _point(line, end)])
        for line, spans in lines.items()
        for start, end in _left(spans, covered[line])
    ]
    return [*rest, *curves.values()]


def _on_line(stroke: Stroke) -> tuple[_Line, _Span]:
    """The straight line it lies on (direction, and distance from the origin), and from where to where."""
    along = stroke[1] - stroke[0]
    along /= max(float(np.linalg.norm(along)), 1e-12)
    if along[0] < -_SAME or (abs(along[0]) <= _SAME and along[1] < 0):
        along = -along
    start, end = sorted((stroke @ along).tolist())
    away = float(along[0] * stroke[0, 1] - along[1] * stroke[0, 0])
    return (round(float(along[0]), 4) + 0.0, round(float(along[1]), 4) + 0.0, round(away, 3) + 0.0), (start, end)


def _point(line: _Line, at: float) -> tuple[float, float]:
    x, y, away = line
    return x * at - y * away, y * at + x * away


def _left(spans: list[_Span], covered: list[_Span]) -> list[_Span]:
    """The union of `spans` without `covered`."""
    cuts = sorted({end for span in [*spans, *covered] for end in span})
    found: list[_Span] = []
    for start, end in pairwise(cuts):
        middle = (start + end) / 2
        if end - start < _SAME or not _within(middle, spans) or _within(middle, covered):
            continue
        if found and start - found[-1][1] < _SAME:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _within(at: float, spans: list[_Span]) -> bool:
    return any(start <= at <= end for start, end in spans)


def _name(stroke: Stroke) -> bytes:
    """The same for a stroke and its reverse."""
    rounded = np.round(stroke, 3) + 0.0
    return min(rounded.tobytes(), rounded[::-1].tobytes())
