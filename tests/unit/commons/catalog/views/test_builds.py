import pytest

from commons.catalog import waiting
from commons.work.models import WorkState

JSON = {"Accept": "application/json"}


@pytest.fixture
def want(browser):
    """Asks for a long build as the page's script does."""
    visitor = browser()
    token = visitor.get("/designs/knob").split('name="csrf-token" content="')[1].split('"')[0]

    def ask(headers=JSON, **values):
        fields = {f"p.{name}": value for name, value in values.items()}
        return visitor.client.post("/designs/knob/builds", data=fields, headers={"X-CSRFToken": token, **headers})

    return ask


def test_a_wanted_build_is_one_piece_of_work_whoever_asks_again(want, work):
    answer = want(diameter="30")
    assert answer.status_code == 202
    assert answer.json["state"] == "wanted"
    assert answer.json["url"] == f"/builds/{answer.json['key']}"
    assert want(diameter="30.0").json["key"] == answer.json["key"]
    (row,) = work.all()
    assert row.about["diameter"] == 30.0


def test_wrong_values_are_named_and_nothing_is_wanted(want, work):
    answer = want(diameter="999")
    assert answer.status_code == 400
    assert set(answer.json["problems"]) == {"diameter"}
    assert work.all() == []


def test_without_a_script_the_answer_leads_to_the_page_that_waits(want, browser):
    answer = want(headers={"Accept": "text/html"}, diameter="30")
    assert answer.status_code == 303
    page = browser().client.get(answer.location)
    assert page.status_code == 202
    assert 'http-equiv="refresh"' in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_one_address_may_want_only_so_many(want, work, monkeypatch, app):
    app.extensions["builds_wanted"] = waiting.Buckets(2)
    assert [want(diameter=str(12 + n)).status_code for n in range(3)] == [202, 202, 429]
    assert len(work.all()) == 2


def test_a_file_that_takes_long_is_a_page_that_ends_in_the_file(browser, slow, work):
    client = browser().client
    asked = "/designs/knob/files/stl?p.diameter=30&part=body"
    waits = client.get(asked)
    assert waits.status_code == 202
    assert "The file comes by itself." in waits.text
    key = work.settle(WorkState.MAKING)
    assert "Building, for 0 s" in client.get(f"/builds/{key}", headers=JSON).json["words"]
    built_before = len(slow.asked)
    assert client.get(asked).status_code == 202
    assert len(slow.asked) == built_before, "nobody waits behind a build that is under way"

    work.settle(WorkState.MADE)
    made = client.get(f"/builds/{key}", query_string={"next": asked})
    assert made.status_code == 200
    assert f'content="0; url={asked.replace("&", "&amp;")}"' in made.text
    slow.slow = False
    assert client.get(asked).data == b"stl of body"


def test_a_script_that_asks_for_a_slow_file_is_told_where_to_look(browser, slow):
    answer = browser().client.get("/designs/knob/files/stl", headers=JSON)
    assert answer.status_code == 202
    assert answer.json["url"].startswith("/builds/")


def test_a_failed_build_says_why_and_leads_back_to_its_values(browser, slow, work):
    client = browser().client
    client.get("/designs/knob/files/stl?p.diameter=30")
    key = work.settle(WorkState.FAILED, "line 3: <b>no</b>")
    page = client.get(f"/builds/{key}")
    assert page.status_code == 422
    assert "line 3: &lt;b&gt;no&lt;/b&gt;" in page.text
    assert "p.diameter=30" in page.text
    assert client.get(f"/builds/{key}", headers=JSON).json["state"] == "failed"


def test_the_page_that_waits_leads_nowhere_else(browser, slow, work):
    client = browser().client
    client.get("/designs/knob/files/stl")
    key = work.settle(WorkState.MADE)
    assert "evil" not in client.get(f"/builds/{key}?next=https://evil.example/").text
    assert client.get("/builds/nothing").status_code == 404


def test_a_preview_of_what_is_being_built_says_where_instead_of_waiting(browser, want, geometry):
    url = want(diameter="30").json["url"]
    visitor = browser()
    token = visitor.get("/designs/knob").split('name="csrf-token" content="')[1].split('"')[0]
    asked = len(geometry.asked)
    answer = visitor.client.post("/designs/knob/preview", data={"p.diameter": "30"}, headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.json["url"]) == (202, url)
    assert len(geometry.asked) == asked
