import cadquery as cq
import pytest

from fabrication.geometry.jobs.author.colours import as_hex, from_options


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("red", "#ff0000"),
        ("SteelBlue", "#4682b4"),
        ("darkslategray4", "#528b8b"),  # a name of OCCT's
        ("#0fa", "#00ffaa"),
        ("#1E90FF", "#1e90ff"),
        ("#1E90FF80", "#1e90ff"),
        ((255, 128, 0), "#ff8000"),
        ((255, 128, 0, 12), "#ff8000"),
        ((1.0, 0.5, 0.0), "#ff8000"),
        ([0, 0, 1.0], "#0000ff"),
        ((1, 1, 1), "#010101"),
        ((999, -4, 0), "#ff0000"),
        (cq.Color(0.2, 0.4, 0.6), "#336699"),
        (cq.Color("red"), "#ff0000"),
    ],
)
def test_colours(given, wanted):
    assert as_hex(given) == wanted


@pytest.mark.parametrize("given", ["no colour", "#12", (1, 2), 3, object(), ("a", "b", "c")])
def test_an_unknown_colour_is_none_and_logged(given, capsys):
    assert as_hex(given) is None
    assert "is not known" in capsys.readouterr().out


def test_the_colour_among_options():
    assert from_options({"alpha": 0.5}) is None
    assert from_options({"color": None, "rgba": (1.0, 0.0, 0.0, 0.5)}) == "#ff0000"
