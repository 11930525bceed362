from hypothesis import given
from hypothesis import strategies as st

from fabrication.geometry.jobs.export.drawing.sheet import (
    EDGE,
    GUTTER,
    LEFT,
    SHEETS,
    TITLE_HEIGHT,
    factor,
    sheet_for,
)

lengths = st.floats(0.1, 5000)


def boxes(sheet, size, isometric):
    x, y, z = size
    seen = {"front": (x, z), "top": (x, y), "right": (y, z), "isometric": isometric}
    for name, (width, height) in seen.items():
        place = getattr(sheet, name)
        yield name, (place.x, place.y - height * place.scale, place.x + width * place.scale, place.y)


@given(lengths, lengths, lengths)
def test_views_lie_in_the_frame_and_apart(x, y, z):
    isometric = ((x + y) * 0.7072, (x + y) * 0.4083 + z * 0.8165)
    sheet = sheet_for((x, y, z), isometric)
    assert (sheet.width, sheet.height) == SHEETS[sheet.name]
    found = dict(boxes(sheet, (x, y, z), isometric))
    for left, top, right, bottom in found.values():
        assert left >= LEFT
        assert top >= EDGE
        assert right <= sheet.width - EDGE
        assert bottom <= sheet.height - EDGE - TITLE_HEIGHT
    front, top, right, third = (found[name] for name in ("front", "top", "right", "isometric"))
    assert top[0] == front[0], "the top view is over the front view"
    assert top[3] < front[1]
    assert right[3] == front[3], "the right view is beside the front view"
    assert right[0] >= front[2] + GUTTER
    assert third[0] >= top[2] + GUTTER
    assert third[3] < right[1]


def test_scales_are_the_standard_s():
    plate = sheet_for((60, 40, 5), (71, 45))
    assert (plate.name, plate.scale) == ("A4", "1:1")
    assert sheet_for((600, 400, 50), (710, 450)).scale == "1:5"
    assert sheet_for((6, 4, 0.5), (7.1, 4.5)).scale == "10:1"


def test_a_larger_sheet_is_taken_only_where_it_spares_a_reduction():
    case = sheet_for((90, 130, 20), (156, 107))
    assert (case.name, factor(case.scale)) == ("A3", 1)
