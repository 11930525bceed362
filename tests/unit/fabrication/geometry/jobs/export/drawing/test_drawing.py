"""The sheet as a whole, read as XML."""

import re
from xml.etree import ElementTree

import cadquery as cq
import pytest

from fabrication.geometry.jobs.export.drawing import Titles, write_drawing

SVG = "{http://www.w3.org/2000/svg}"
SAID = Titles('Plate <script>alert("1")</script> & more', "ab12" * 16, "CERN-OHL-S-2.0")


@pytest.fixture(scope="module")
def parts():
    plate = cq.Workplane().box(60, 40, 5).faces(">Z").workplane().rarray(40, 20, 2, 2).hole(4.5)
    return {"plate": plate.val(), "pin 2": cq.Workplane().cylinder(12, 3).translate((0, 0, 10)).val()}


@pytest.fixture(scope="module")
def sheet(parts):
    return ElementTree.fromstring(write_drawing(parts, SAID))


def texts(sheet):
    return [each.text for each in sheet.iter(f"{SVG}text")]


def test_it_is_a_sheet_of_a_size_that_printers_know(sheet):
    assert (sheet.get("width"), sheet.get("height"), sheet.get("viewBox")) == ("297mm", "210mm", "0 0 297 210")


def test_overall_sizes_and_diameters_are_written_once(sheet):
    found = texts(sheet)
    assert [found.count(words) for words in ("60", "40", "18.5", "4× ⌀4.5", "⌀6")] == [1] * 5


def test_the_title_block_says_what_it_is(sheet):
    found = texts(sheet)
    assert {"1:1", "mm", "A4", "Third angle", "plate, pin 2", "ab12ab12ab12", "CERN-OHL-S-2.0"} <= set(found)


def test_nothing_in_it_runs_or_is_fetched(sheet, parts):
    assert {each.tag.removeprefix(SVG) for each in sheet.iter()} == {"svg", "style", "rect", "path", "text"}
    assert any(words.startswith("Plate <script>") for words in texts(sheet)), "text stays text"
    assert b"http" not in write_drawing(parts, SAID).replace(b"http://www.w3.org/2000/svg", b"")


def test_lines_have_their_widths(sheet):
    kinds = {each.get("class") for each in sheet.iter(f"{SVG}path")}
    assert kinds == {"wide", "narrow", "fine", "hidden", "centre", "arrow"}
    style = sheet.find(f"{SVG}style").text
    assert ".wide{stroke-width:.5}" in style


def test_everything_is_on_the_paper(sheet):
    for each in sheet.iter(f"{SVG}path"):
        if "a" not in each.get("d"):  # arcs are relative
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", each.get("d"))]
            assert all(0 <= x <= 297 for x in numbers[::2])
            assert all(0 <= y <= 210 for y in numbers[1::2])


def test_the_same_parts_give_the_same_bytes(parts):
    assert write_drawing(parts, SAID) == write_drawing(parts, SAID)


def test_long_titles_are_cut_and_empty_ones_filled_in(parts):
    found = texts(ElementTree.fromstring(write_drawing(parts, Titles("very " * 100))))
    assert any(words.endswith("…") and len(words) < 40 for words in found)
    assert texts(ElementTree.fromstring(write_drawing(parts, Titles()))).count("plate, pin 2") == 2


@pytest.mark.parametrize("size", [0.01, 1, 100])
def test_a_part_of_any_size_is_drawn(size):
    body = cq.Workplane().box(17.3 * size, 2 * size, 9 * size).val()
    found = texts(ElementTree.fromstring(write_drawing({"part": body}, Titles())))
    for length in (17.3, 2, 9):
        assert f"{round(length * size, 2):g}" in found
