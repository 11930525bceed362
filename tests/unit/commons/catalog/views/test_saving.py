from dataclasses import dataclass

import pytest

from commons.catalog import waiting
from commons.catalog.submissions.model import script_of_model
from commons.work.models import WorkState
from fabrication.errors import ConfinementUnavailable, ScriptFailed

pytestmark = pytest.mark.usefixtures("slow")
JSON = {"Accept": "application/json"}
SCRIPT = '"""A hook for coats."""\nwidth = 5.0  # [1:9] mm\nshow_object(width)\n'
HOOK = ("hook.py", SCRIPT.encode())
CODE = "/designs/knob/code?p.diameter=30"


@dataclass
class Read:
    notes: tuple[str, ...]


@pytest.fixture
def bring(send):
    def ask(file=HOOK, title="A hook", **fields):
        return send("/designs/new", "/designs/new", file=file, title=title, licence="MIT", **fields)

    return ask


@pytest.fixture
def remix(send):
    def ask(path=CODE, title="My knob", script=SCRIPT, **fields):
        return send(path, path.split("?")[0], title=title, script=script, **fields)

    return ask


def test_what_is_built_soon_is_added_at_once_and_is_no_long_work(bring, work, slow):
    slow.slow = False
    assert bring().location == "/designs/a-hook"
    assert work.all() == []


def test_what_takes_long_waits_on_a_page_that_goes_on_to_the_new_design(bring, ada, work):
    page = bring().location
    waits = ada.client.get(page)
    assert (waits.status_code, waits.headers["Cache-Control"]) == (202, "no-store")
    assert f'data-build="{page}"' in waits.text
    assert f"url={page}" in waits.text
    ada.get("/designs/a-hook", status=404)
    work.settle(WorkState.MAKING)
    told = ada.client.get(page, headers=JSON).json
    assert (told["state"], told["url"]) == ("making", page)
    assert "Building, for 0 s" in told["words"]


def test_once_it_is_built_it_is_a_design_of_whoever_brought_it(bring, ada, work):
    page = bring().location
    work.make()
    assert ada.client.get(page, headers=JSON).json["state"] == "made"
    answer = ada.client.get(page)
    assert (answer.status_code, answer.location) == (303, "/designs/a-hook")
    shown = ada.get("/designs/a-hook")
    assert "It is in the catalogue. This is its page." in shown
    assert "A hook for coats." in shown
    assert 'href="/people/ada"' in shown


def test_a_slow_remix_names_its_parent_as_a_quick_one_does(remix, ada, work):
    page = remix().location
    work.make()
    assert ada.client.get(page).location == "/designs/my-knob"
    shown = ada.get("/designs/my-knob")
    assert "It is in the catalogue, made from Knob." in shown
    assert "Made from <a" in shown


def test_a_slow_model_is_read_again_and_its_readers_notes_are_shown(bring, ada, work, slow):
    slow.read_upload = lambda name, data, **_: Read((f"{name} has 12 open edges.",))
    page = bring(file=("a.stl", b"solid")).location
    work.make()
    assert "a.stl has 12 open edges." in ada.get(ada.client.get(page).location)


def test_a_script_that_reads_a_model_in_a_way_of_its_own_is_no_model(bring, ada, work, slow):
    """Only a model with the script that we write for it is read by itself, and this fake reads none."""
    script = script_of_model("a.stl", "A") + "\nwidth = 1\n"
    assert bring(file=("hook.py", script.encode())).status_code == 303


def test_a_failed_script_is_told_and_goes_back_into_its_form(remix, ada, work, slow):
    page = remix(script="width = 5.0\n# <mine>\n", summary="Wider.").location
    slow.failure = ScriptFailed("not <this> way", 2)
    work.make()
    failed = ada.client.get(page)
    assert failed.status_code == 422
    assert "line 2: not &lt;this&gt; way" in failed.text
    ada.get("/designs/my-knob", status=404)
    back = failed.text.split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")
    form = ada.get(back)
    assert "width = 5.0\n# &lt;mine&gt;" in form
    assert "line 2: not &lt;this&gt; way" in form.split('id="script-errors"')[1][:200]
    assert 'value="My knob"' in form
    assert ">Wider.</textarea>" in form.replace("\r\n", "").replace("\n", "")
    assert 'name="p.diameter" value="30"' in form


def test_the_form_it_goes_back_into_is_sent_as_any_other(remix, ada, work, slow):
    slow.slow = False
    ada.get(f"{CODE}&start=shape")  # the parent's shape is there from now on
    slow.slow = True
    page = remix(f"{CODE}&start=shape", script="width = 5.0\n").location
    slow.failure = ScriptFailed("no", 1)
    work.make()
    back = ada.get(page, status=422).split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "start=shape" in back
    slow.failure, slow.slow = None, False
    assert remix(back, script="width = 6.0\n").location == "/designs/my-knob"
    assert "parent.step" in ada.get("/designs/my-knob/code")


def test_a_failed_upload_is_told_and_may_be_sent_again(bring, ada, work, slow):
    page = bring().location
    slow.failure = ConfinementUnavailable("no Landlock at /sys")
    work.make()
    failed = ada.get(page, status=422)
    assert "cannot run a design" in failed
    assert "/sys" not in failed
    assert 'href="/designs/new"' in failed
    slow.failure = None
    assert bring().location == page
    work.make()
    assert ada.client.get(page).location == "/designs/a-hook"


def test_it_is_shown_to_nobody_else(bring, remix, browser, work):
    page = bring().location
    key = page.rsplit("/", 1)[1]
    other = browser().sign_up("bob")
    assert other.client.get(page).status_code == 404
    assert other.client.get(page, headers=JSON).status_code == 404
    assert other.client.get(f"{CODE}&saving={key}").status_code == 404
    assert other.client.get(f"/builds/{key}").status_code == 404
    assert "sign-in" in browser().client.get(page).location


def test_what_is_in_the_catalogue_already_does_not_wait_to_be_refused(bring, work):
    bring()
    work.make()
    again = bring(title="A hook")
    assert again.status_code == 409
    assert "already in the catalogue" in again.text
    assert len(work.all()) == 1


def test_sent_twice_it_is_one_piece_of_work(bring, work):
    assert bring().location == bring().location
    assert len(work.all()) == 1


def test_one_address_may_have_only_so_many_built(bring, work, app):
    app.extensions["builds_wanted"] = waiting.Buckets(1)
    assert bring().status_code == 303
    answer = bring(title="Another hook")
    assert answer.status_code == 429
    assert "Try again in" in answer.text
    assert len(work.all()) == 1
