"""The fields of a form, one parameter at a time."""

from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest

import commons
from commons.catalog.values import as_text
from fabrication.geometry.parameters import read_parameters


class Elements(HTMLParser):
    """Tags with their attributes, in order."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def inputs(self):
        return [attributes for tag, attributes in self.found if tag == "input"]


@pytest.fixture(scope="module")
def field():
    templates = jinja2.FileSystemLoader(Path(commons.__file__).parent / "templates")
    pages = jinja2.Environment(loader=templates, autoescape=True)
    pages.filters["field_text"] = as_text
    macro = pages.get_template("catalog/_parameters.html").module.parameter

    def html_of(script, value=None, problem=None):
        (parameter,) = read_parameters(script)
        return str(macro(parameter, as_text(parameter.default) if value is None else value, problem))

    return html_of


HOLES = "holes = (3, 5.5)  # [1:0.5:20] mm  Hole diameters"


def test_a_row_is_a_group_of_number_fields(field):
    elements = Elements(field(HOLES))
    first, second = elements.inputs()
    assert first == {
        "type": "number", "id": "p-holes-0", "name": "p.holes.0", "value": "3", "data-default": "3", "min": "1",
        "max": "20", "step": "any", "inputmode": "decimal", "aria-label": "Hole diameters, 1 of 2",
    }  # fmt: skip
    assert (second["name"], second["value"], second["aria-label"]) == ("p.holes.1", "5.5", "Hole diameters, 2 of 2")
    assert [attributes.get("role") for _, attributes in elements.found].count("group") == 1


@pytest.mark.parametrize("script", [HOLES, "a = [1, 2]", "a = 1  # [9]", "a = 1", "a = ''", "a = True"])
def test_what_a_field_refers_to_is_there(field, script):
    elements = [attributes for _, attributes in Elements(field(script)).found]
    ids = {each["id"] for each in elements if "id" in each}
    referred = {each.get(key, "") for each in elements for key in ("aria-describedby", "aria-labelledby", "for")}
    assert " ".join(referred).split()
    assert set(" ".join(referred).split()) <= ids


def test_whole_numbers_go_in_whole_steps(field):
    assert [each["step"] for each in Elements(field("a = [1, 2]")).inputs()] == ["1", "1"]


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("7,8", ["7", "8"]),
        ("(7, 8)", ["7", "8"]),
        ("7", ["7", ""]),
        ("", ["", ""]),
        ("7, wide, 9", ["7", "wide"]),
        ('"><script>, 2', ['"><script>', "2"]),
    ],
)
def test_what_was_typed_stands_in_the_fields(field, typed, values):
    html = field(HOLES, typed, "holes must be 2 numbers")
    assert [each["value"] for each in Elements(html).inputs()] == values
    assert "<script>" not in html
    assert "holes must be 2 numbers" in html


def test_a_slider_moves_by_the_step_or_by_a_hundredth(field):
    def slider(script):
        return Elements(field(script)).inputs()[0]["step"]

    assert slider("a = 1.0  # [0:0.5:20]") == "0.5"
    assert slider("a = 1.0  # [0.3:1.5]") == "0.012"
    assert slider("a = 1  # [9]") == "1"


def test_limits_of_one_number_stand_beside_it(field):
    html = field("a = 1.0  # [0:] mm  Width")
    assert [each["aria-describedby"] for each in Elements(html).inputs()] == ["p-a-limits p-a-problem"]
    assert "at least 0 mm" in html


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("a = 1.0  # [0.5:0.5:20] mm  Width", "between 0.5 and 20 mm"),
        ("a = 1  # [0:24]  Flutes", "a whole number between 0 and 24"),
        ("a = (1, 2)  # [0:24]  Flutes", "each a whole number between 0 and 24"),
        ("a = ''  # text(20)  Engraved", "at most 20 characters"),
    ],
)
def test_what_a_value_may_be_is_seen_beside_its_field(field, script, says):
    html = field(script)
    (place,) = (each for tag, each in Elements(html).found if tag == "p" and each["id"] == "p-a-limits")
    assert place["class"] == "limits"
    assert f">{says}</p>" in html


def test_the_name_that_an_authors_messages_use_stands_by_the_label(field):
    assert ">shaft_width</code>" in field("shaft_width = 1.0  # [0:5] mm  How wide the shaft is")
    assert ">on</code>" in field("on = True  # Line on top")
    assert "<code" not in field("shaft_width = 1.0  # [0:5] mm  Shaft width")
