"""Sliders, long builds, uploads, remixes by code and the inspection, in a real browser over the real forge."""

import re
import struct
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, expect

SLOW = b'''"""A block that takes its time."""
import time
import cadquery as cq

seconds = 0.0  # [0:0.5:60] s  How long it takes
while time.process_time() < seconds: pass
show_object(cq.Workplane().box(10, 20, 5), name="block")
'''


def fine(page: Page, size: str) -> None:
    """The model of this size is shown, in detail."""
    expect(page.locator("[data-status]")).to_have_text(re.compile(size))
    expect(page.locator(".stage")).to_have_attribute("data-detail", "fine")


def bring(page: Page, name: str, data: bytes, title: str) -> None:
    page.goto("/designs/new")
    page.get_by_label("File").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Try it and add it").click()


def tetrahedron() -> bytes:
    """A binary STL of 20 mm."""
    corners = [(0, 0, 0), (20, 0, 0), (0, 20, 0), (0, 0, 20)]
    faces = [(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)]
    triangles = b"".join(struct.pack("<12fH", 0, 0, 0, *(c for i in face for c in corners[i]), 0) for face in faces)
    return bytes(80) + struct.pack("<I", len(faces)) + triangles


def test_a_dragged_slider_shows_coarse_models_one_at_a_time_and_then_a_fine_one(person):
    visitor = person()
    page = visitor.page()
    asked, at_once, most = [], set(), []

    def begins(request: Request) -> None:
        if request.url.endswith("/preview"):
            asked.append("fine" in (request.post_data or ""))
            at_once.add(request)
            most.append(len(at_once))

    def ends(request: Request) -> None:
        at_once.discard(request)

    for event, note in (("request", begins), ("requestfinished", ends), ("requestfailed", ends)):
        page.on(event, note)
    page.goto("/designs/knob")
    fine(page, r"16\.0 mm$")
    assert asked == [False, True]

    slider = page.get_by_label("Height, slider")
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + box["width"] * (0.25 + step * 0.05), middle)
        page.wait_for_timeout(25)  # a hand's pace, not a wait for anything
    page.mouse.up()
    height = float(page.get_by_label("Height", exact=True).input_value())
    assert height > 25
    fine(page, rf"{height:.1f} mm$")
    assert asked[-1] is True
    assert asked.count(True) == 2
    assert max(most) <= 2  # the one given up is seen to end a moment after the next began
    assert visitor.console == []


def test_the_model_follows_while_the_slider_still_moves(person):
    """At a hand's slowest pace too: it rests for longer between two values than a form takes to be called settled."""
    visitor = person()
    page = visitor.page()
    page.goto("/designs/knob?p.diameter=37.5")
    fine(page, r"16\.0 mm$")
    status, slider = page.locator("[data-status]"), page.get_by_label("Height, slider")
    box = slider.bounding_box()
    middle, seen = box["y"] + box["height"] / 2, {status.text_content()}
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    moves = 0
    while len(seen) < 4 and moves < 300:
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.6 * (moves % 50) / 50), middle)
        page.wait_for_timeout(150)
        moves += 1
        seen.add(status.text_content())
    assert len(seen) == 4, f"{len(seen) - 1} models in {moves} moves"
    page.mouse.up()
    height = float(page.get_by_label("Height", exact=True).input_value())
    fine(page, rf"{height:.1f} mm$")
    assert [said for said in visitor.console if "422" not in said] == []


def test_the_inspection_comes_into_view_and_follows_the_material(person):
    visitor = person()
    page = visitor.page()
    page.goto("/designs/knob")
    fine(page, "mm$")
    place = page.locator("[data-inspection]")
    place.scroll_into_view_if_needed()
    expect(place).to_contain_text("sound and watertight")
    expect(place).to_contain_text("Virtual printer")
    grams = place.locator("dd", has_text="of PLA")
    expect(grams).to_be_visible()
    page.get_by_label("Material").select_option("PETG")
    expect(place.locator("dd", has_text="of PETG")).to_be_visible()
    assert visitor.console == []


def test_what_is_too_slow_for_a_preview_is_built_as_long_work(person):
    page = person().signed_up("grace").page()
    bring(page, "block.py", SLOW, "A slow block")
    expect(page.get_by_role("heading", name="A slow block", level=1)).to_be_visible()
    fine(page, r"10\.0 × 20\.0 × 5\.0 mm")
    field = page.get_by_label("How long it takes", exact=True)
    field.fill("6")
    anyway = page.get_by_role("button", name="Build it anyway")
    expect(anyway).to_be_visible()
    expect(page.locator(".stage")).to_have_class(re.compile("stale"))
    anyway.click()
    expect(page.locator("[data-trouble]")).to_contain_text("Building")
    expect(page.locator("[data-trouble]")).to_be_hidden(timeout=180_000)
    expect(page.locator(".stage")).not_to_have_class(re.compile("stale"))


def test_a_design_that_takes_long_to_build_is_waited_for_and_then_there(person):
    page = person().signed_up("annie").page()
    bring(page, "block.py", SLOW.replace(b"seconds = 0.0", b"seconds = 7.0"), "A very slow block")
    expect(page.get_by_role("heading", name="Trying it", level=1)).to_be_visible()
    expect(page.locator("[data-words]")).to_contain_text("Building, for")
    expect(page.get_by_role("heading", name="A very slow block", level=1)).to_be_visible()
    assert urlsplit(page.url).path == "/designs/a-very-slow-block"


def test_a_remix_that_fails_after_long_is_back_in_its_form(person):
    page = person().signed_up("mary").page()
    page.goto("/designs/pipe-clamp/code")
    page.get_by_label("Title").fill("A clamp in vain")
    script = (
        SLOW.decode()
        .replace("seconds = 0.0", "seconds = 7.0")
        .replace("show_object(", "raise ValueError('in vain')\n#")
    )
    page.get_by_label("Script").fill(script)
    page.get_by_role("button", name="Try it and add it").click()
    expect(page.get_by_role("alert")).to_have_text("line 7: in vain")
    page.get_by_role("link", name="Change the script").click()
    expect(page.get_by_label("Script")).to_have_value(script)
    expect(page.locator("#script-errors")).to_have_text("line 7: in vain")
    expect(page.get_by_label("Title")).to_have_value("A clamp in vain")
    assert page.request.get("/designs/a-clamp-in-vain").status == 404


def test_uploaded_models_are_designs_and_what_is_none_is_refused_beside_its_field(person):
    page = person().signed_up("hedy").page()
    step = page.request.get("/designs/knob/files/step?p.diameter=20").body()
    for name, data, title, size in (
        ("dial.step", step, "A drawn dial", r"20\.0 × 20\.0 × 16\.0"),
        ("t.stl", tetrahedron(), "A tetrahedron", r"20\.0 × 20\.0 × 20\.0"),
    ):
        bring(page, name, data, title)
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        fine(page, size)
    page.goto("/designs/new")
    page.get_by_label("File").set_input_files({"name": "my-own_hook.py", "mimeType": "text/plain", "buffer": SLOW})
    expect(page.get_by_label("Title")).to_have_value("My own hook")
    bring(page, "broken.stl", b"solid nothing\nendsolid", "Nothing")
    expect(page.locator("#file-errors")).to_contain_text("it has no triangles")
    expect(page.get_by_label("Title")).to_have_value("Nothing")


def test_a_remix_by_code_names_its_parent_and_stands_under_it(person, site):
    page = person().signed_up("joan").page()
    page.goto("/designs/pipe-clamp")
    page.get_by_role("button", name="Remix by code").click()
    script = page.get_by_label("Script")
    expect(script).to_have_value(re.compile("show_object"))
    whole = script.input_value()
    page.get_by_label("Title").fill("A red clamp")
    script.fill("raise ValueError('not like this')\n" + whole)
    page.get_by_role("button", name="Try it and add it").click()
    expect(page.locator("#script-errors")).to_contain_text("line 1: not like this")
    script.fill(whole + "\n# altered\n")
    page.get_by_role("button", name="Try it and add it").click()
    expect(page.get_by_role("heading", name="A red clamp", level=1)).to_be_visible()
    expect(page.locator(".page-head")).to_contain_text("Made from Pipe clamp")
    made = page.url.split("?")[0].removeprefix(site.url)
    page.goto("/designs/pipe-clamp")
    expect(page.locator(f'.remix-list a[href="{made}"]')).to_be_visible()
    page.goto(f"{made}/code?start=shape")
    expect(page.get_by_label("Script")).to_have_value(re.compile(r'import_step\("parent\.step"\)'))
