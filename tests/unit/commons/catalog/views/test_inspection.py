import pytest

from fabrication.geometry.inspection import Inspection, Stand, Thickness

FRAGMENT = {"HX-Request": "true"}


def stand(**changes):
    said = {"down": (0, 0, -1), "size_mm": (20, 30, 10), "overhang_mm2": 120, "contact_mm2": 600} | changes
    return Stand(**said)


def inspection(**changes):
    said = {
        "volume_mm3": 6000, "surface_mm2": 2200, "low_mm": (0, 0, 0), "high_mm": (20, 30, 10),
        "centre_of_mass_mm": (10, 15, 5), "triangles_only": False, "faults": (), "bodies": 1, "triangles": 12,
        "watertight": True, "open_edges": 0, "turned_edges": 0, "crowded_edges": 0,
        "thickness": Thickness(thinnest_mm=0.5, typical_mm=10, thin_share=0.02, measured_share=1),
        "overhang_deg": 45, "as_modelled": stand(), "best": stand(down=(0, 0, 1), overhang_mm2=0),
        "smallest_hole_mm": 3.2, "shortest_edge_mm": 1,
    } | changes  # fmt: skip
    return Inspection(**said)


@pytest.fixture
def found(geometry):
    """What the forge's inspection says; changed by the tests."""
    said = [inspection()]
    geometry.inspect = lambda build: tuple(said)
    geometry.problems = lambda build: b"\x89PNG problems"
    return said


def test_a_part_is_described_in_words_and_numbers(browser, found):
    page = browser().get("/designs/knob/inspection?p.diameter=30")
    for words in (
        "20 × 30 × 10 mm", "6 cm³, surface 22 cm²", "7.4 g of PLA", "sound and watertight", "thinnest about 0.5 mm",
        "120 mm² steeper than 45°", "turn it upside down", "3.2 mm", "No machine here can make it of PLA",
    ):  # fmt: skip
        assert words in page, words
    assert "/designs/knob/problems.png?" in page
    assert "p.diameter=30" in page


def test_what_is_tiny_is_told_in_cubic_millimetres(browser, found):
    found[:] = [inspection(volume_mm3=1, surface_mm2=6)]
    assert "1 mm³, surface 6 mm²" in browser().get("/designs/knob/inspection")


def test_the_mass_is_of_the_chosen_material(browser, found):
    assert "16.2 g of aluminium 6061" in browser().get("/designs/knob/inspection?material=aluminium 6061")
    assert "of PLA" in browser().get("/designs/knob/inspection?material=<script>")


def test_what_is_no_solid_is_said_so(browser, found):
    found[:] = [inspection(watertight=False, open_edges=4)]
    page = browser().get("/designs/knob/inspection")
    assert "not watertight" in page
    assert 'class="problem"' in page


def test_a_picture_without_a_coloured_face_is_not_shown(browser, found):
    fine = Thickness(thinnest_mm=2, typical_mm=10, thin_share=0, measured_share=1)
    found[:] = [inspection(thickness=fine, as_modelled=stand(overhang_mm2=0))]
    page = browser().get("/designs/knob/inspection")
    assert "problems.png" not in page
    assert "Nothing stands in the way" in page


def test_what_the_notes_do_not_speak_of_is_not_coloured(browser, found):
    """A few rays by an engraved edge, and a hair that hangs over, are nothing a person could find in the picture."""
    grazed = Thickness(thinnest_mm=3, typical_mm=3, thin_share=0.004, measured_share=1)
    found[:] = [inspection(thickness=grazed, as_modelled=stand(overhang_mm2=0.9))]
    page = browser().get("/designs/knob/inspection")
    assert "problems.png" not in page
    assert "Nothing stands in the way" in page


def test_the_pages_script_gets_the_section_alone_whatever_happens(browser, found, geometry):
    client = browser().client
    whole = client.get("/designs/knob/inspection", headers=FRAGMENT)
    assert whole.headers["X-Fragment"]
    assert "<html" not in whole.text
    geometry.slow = True
    waits = client.get("/designs/knob/inspection?p.diameter=30", headers=FRAGMENT)
    assert (waits.status_code, "<html" in waits.text) == (202, False)
    assert "See how it goes" in waits.text
    geometry.script_fails()
    fails = client.get("/designs/knob/inspection?p.diameter=31", headers=FRAGMENT)
    assert (fails.status_code, "twice the margin" in fails.text) == (422, True)


def test_the_picture_of_problems_is_of_the_values_in_the_address(browser, found, geometry):
    answer = browser().client.get("/designs/knob/problems.png?p.diameter=30")
    assert (answer.mimetype, answer.data) == ("image/png", b"\x89PNG problems")
    assert geometry.asked[-1]["diameter"] == 30.0


def test_the_pages_of_design_and_remix_have_a_place_for_it(browser, ada):
    assert 'data-inspection="/designs/knob/inspection"' in browser().get("/designs/knob")
    saved = ada.submit("/designs/knob/remixes/new?p.diameter=40", "/designs/knob/remixes", title="Wide")
    assert 'data-inspection="/designs/knob/inspection"' in ada.get(saved.location)
