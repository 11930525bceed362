import pytest


@pytest.fixture
def ada(browser):
    return browser().sign_up("ada")


def save(visitor, title="A wide knob", values="p.diameter=40&p.pointer=false"):
    return visitor.submit(f"/designs/knob/remixes/new?{values}", "/designs/knob/remixes", title=title)


def test_a_remix_has_its_own_page_and_stands_under_its_design_and_on_the_persons_page(ada, browser):
    answer = save(ada)
    assert answer.status_code == 303
    stranger = browser()
    page = stranger.get(answer.location)
    assert "A wide knob" in page
    assert 'name="p.diameter" value="40"' in page
    assert 'name="p.pointer" value="false"' in page
    for place in ("/designs/knob", "/people/ada"):
        assert f'href="{answer.location}"' in stranger.get(place)
    assert answer.location not in stranger.get("/designs/pipe-clamp")


def test_a_remix_keeps_its_revision_when_the_design_moves_on(ada, app, tmp_path):
    from commons.accounts.services import commons_account
    from commons.catalog.services import add, newest_revision
    from commons.catalog.submissions import Submission

    address = save(ada).location
    with app.extensions["database"].write() as session:
        old = newest_revision(session, "knob")
        script = "diameter = 5.0  # [1:9] mm  Another thing\nshow_object(diameter)\n"
        moved = Submission("knob", script, old.manifest, "")
        new = add(session, app.extensions["artefacts"], moved, commons_account(session)).revision
    page = ada.get(address)
    assert old.id in page
    assert new.id not in page
    assert 'name="p.diameter" value="40"' in page


def test_a_title_is_asked_for_and_shown_harmlessly(ada):
    answer = save(ada, title="")
    assert answer.status_code == 422
    assert "Give it a title" in answer.text
    assert 'name="p.diameter" value="40"' in answer.text
    page = ada.get(save(ada, title="<script>alert(1)</script>").location)
    assert "<script>alert" not in page


def test_wrong_values_lead_back_to_the_form_that_shows_them(ada):
    answer = ada.client.get("/designs/knob/remixes/new?p.diameter=999")
    assert answer.status_code == 303
    assert answer.location == "/designs/knob?p.diameter=999"


def test_a_stranger_signs_in_first_and_keeps_the_values(browser):
    answer = browser().client.get("/designs/knob/remixes/new?p.diameter=40")
    assert answer.status_code == 303
    assert "next=/designs/knob/remixes/new?p.diameter%3D40" in answer.location.replace("%2F", "/").replace("%3F", "?")


def test_saving_needs_an_account_and_a_token(browser, ada):
    assert browser().client.post("/designs/knob/remixes", data={"title": "x"}).status_code == 400
    assert ada.client.post("/designs/knob/remixes", data={"title": "x"}).status_code == 400


def test_files_of_a_remix_are_of_its_own_values(ada, geometry):
    ada.client.get("/designs/knob/files/step?p.diameter=40&p.pointer=false")  # so that it is built already
    address = save(ada).location
    answer = ada.client.get(f"{address}/files/stl")
    assert answer.data == b"stl of everything"
    assert geometry.asked[-1]["diameter"] == 40.0
    assert ada.client.get(f"{address}/picture.png").mimetype == "image/png"


def test_an_unknown_remix_is_not_found(browser):
    assert "no such remix" in browser().get("/remixes/zzz", status=404)


def test_saving_a_remix_wants_its_build_and_its_page_shows_how_it_goes(ada, app):
    from commons.work.models import Work

    address = save(ada).location
    with app.extensions["database"].read() as session:
        (work,) = session.query(Work)
        assert work.about["diameter"] == 40.0
    waits = ada.client.get(f"{address}/files/stl")
    assert waits.status_code == 202
    assert "About to begin." in waits.text
