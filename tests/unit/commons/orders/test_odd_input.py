"""Whatever is typed into a form, the answer is a page with a sentence, never a fault of ours."""

import re

import pytest

ODD = {
    "nothing": "",
    "blank": "   ",
    "nul": "a\0b",
    "emoji": "🦊" * 40,
    "long": "x" * 100_000,
    "digits": "9" * 5_000,
    "minus": "-1",
    "infinite": "1e999",
    "not a number": "nan",
    "right to left": "\u202e\u200f\ufeff",
    "control": "\x01\x1f\x7f\x85\u2028",
    "sharp": "ß" * 33,
    "markup": "<script>alert(1)</script>{{ 7*7 }}%s%(x)s",
    "quote": "';--\"",
    "bracket": "//[",
}
FORMS = {
    "/sign-up": ("handle", "name", "email", "password"),
    "/sign-in": ("handle", "password"),
    "/designs/knob/remixes": ("title", "p.diameter", "p.edge", "revision"),
    "/orders/new": ("quantity", "material", "preset", "layer_mm", "walls", "infill_pct", "form_token", "remix"),
    "/workshops/new": ("name", "location", "description"),
    "/pair": ("user_code", "workshop"),
}


@pytest.fixture
def start(maker, owner, shed):
    """A person signed in, the page's token, and a sound set of fields for each form."""
    page = maker.get("/designs/knob")
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    revision = re.search(r'name="revision" value="(\w{64})"', page)[1]
    return maker, {
        "csrf_token": token, "revision": revision, "handle": "somebody", "name": "Some Body", "password": "long enough 12",
        "title": "Mine", "quantity": "1", "material": "PLA", "preset": "draft", "user_code": "ABCD-EFGH",
    }  # fmt: skip


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_no_field_of_any_form_is_a_fault_of_ours(start, text):
    person, sound = start
    for path, fields in FORMS.items():
        for name in fields:
            given = {key: value for key, value in sound.items() if key != "revision" or path != "/sign-up"}
            answer = person.client.post(path, data=given | {name: text})
            assert answer.status_code < 500, (path, name)
            assert "\0" not in answer.text


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_no_address_is_a_fault_of_ours(start, text):
    person, _ = start
    cut = text[:2000]
    paths = [
        "/",
        "/designs/knob",
        "/designs/knob/picture.png",
        "/designs/knob/files/stl",
        "/orders/new",
        "/board",
        "/pair",
    ]
    for path in paths:
        fields = dict.fromkeys(("q", "revision", "p.diameter", "part", "remix", "page", "code", "next"), cut)
        for given in (fields, *({name: cut} for name in fields)):
            with person.client.get(path, query_string=given) as answer:
                assert answer.status_code < 500, (path, given)


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_no_job_machine_or_next_is_a_fault_of_ours(start, place, shed, text):
    person, sound = start
    place()
    job = shed.jobs()[0].id
    token = {"csrf_token": sound["csrf_token"]}
    for verb in ("claim", "release", "accept", "reject", "reopen", "settle", "write-off"):
        given = token | {"machine": text, "note": text, "outcome": text, "next": text}
        assert person.client.post(f"/jobs/{job}/{verb}", data=given).status_code < 500, verb
    assert person.client.post(f"/sign-in?next={text[:500]}", data=sound).status_code < 500


def test_bytes_that_are_no_text_are_no_fault_of_ours(start, app):
    person, _ = start
    stranger = app.test_client()
    for path in ("/designs/knob/remixes/new?p.diameter=%ff", "/?q=%ff%00", "/people/%ff", "/designs/%00"):
        assert person.client.get(path).status_code < 500, path
    raw = {"QUERY_STRING": "p.diameter=\xff&p.edge=9"}
    assert person.client.get("/designs/knob/remixes/new", environ_overrides=raw).status_code < 500
    for referrer in ("http://[", "https://example.org/[x", "//["):
        answer = stranger.post("/workshops/new", data={"name": "x"}, headers={"Referer": referrer})
        assert answer.status_code < 500, referrer


def test_a_nul_is_refused_in_words(start):
    person, sound = start
    answer = person.client.post("/workshops/new", data=sound | {"description": "a\0b"})
    assert answer.status_code == 422
    assert "(NUL)" in answer.text
