import pytest
import sqlalchemy as sa

from commons.agents import pairing
from commons.db import utcnow
from commons.workshops.models import Bridge, Machine
from firmware_bridge import wire


@pytest.fixture
def owner(browser):
    return browser().sign_up("owner")


@pytest.fixture
def workshop(owner):
    answer = owner.submit("/workshops/new", "/workshops/new", name="The shed", location="Utrecht")
    return answer.location


@pytest.fixture
def code(app):
    with app.extensions["database"].write() as session:
        asked = wire.PairingRequest(bridge_name="garage pi")
        return pairing.begin(session, asked, "http://localhost/pair", utcnow())


def redeem(app, code):
    with app.extensions["database"].write() as session:
        return pairing.redeem(session, wire.TokenRequest(device_code=code.device_code), utcnow())


def test_a_workshop_is_opened_and_listed(owner, workshop, browser):
    assert "Pair a bridge" in owner.get(workshop)
    page = browser().get(workshop)
    assert "The shed" in page
    assert "Pair a bridge" not in page
    assert workshop in browser().get("/workshops")


def test_a_workshop_needs_a_name(owner):
    answer = owner.submit("/workshops/new", "/workshops/new", name="")
    assert answer.status_code == 422
    assert "Say what it is called" in answer.text


@pytest.mark.parametrize("spell", [str, str.lower, lambda code: code.replace("-", " ")])
def test_a_bridge_is_paired_by_its_short_code_however_it_is_typed(app, owner, workshop, code, spell):
    path = f"/pair?code={spell(code.user_code)}"
    page = owner.get(path)
    assert "garage pi" in page
    assert "optional" not in page
    answer = owner.submit(path, "/pair")
    assert answer.location == workshop
    assert redeem(app, code).workshop == "The shed"
    assert "garage pi" in owner.get(workshop)


def test_a_bridge_can_be_refused(app, owner, workshop, code):
    owner.submit(f"/pair?code={code.user_code}", "/pair", deny="1")
    with pytest.raises(pairing.GrantError, match="access_denied"):
        redeem(app, code)


def test_a_wrong_code_is_said_so(owner, workshop):
    assert "No bridge is waiting" in owner.get("/pair?code=AAAA-BBBB", status=422)


def test_nobody_pairs_a_bridge_into_somebody_elses_workshop(app, workshop, code, browser):
    eve = browser().sign_up("eve")
    eve.submit("/workshops/new", "/workshops/new", name="Lair")
    answer = eve.submit(f"/pair?code={code.user_code}", "/pair", workshop=workshop.rsplit("/", 1)[1])
    assert answer.status_code == 403
    with pytest.raises(pairing.GrantError, match="authorization_pending"):
        redeem(app, code)


def test_without_a_workshop_one_is_asked_for_first(browser, code):
    page = browser().sign_up("eve").get(f"/pair?code={code.user_code}")
    assert "Open one first" in page


def test_an_owner_unpairs_a_bridge_and_nobody_else_can(app, owner, workshop, code, browser):
    owner.submit(f"/pair?code={code.user_code}", "/pair")
    token = redeem(app, code).access_token
    with app.extensions["database"].read() as session:
        bridge_id = session.scalars(sa.select(Bridge.id)).one()
    eve = browser().sign_up("eve")
    csrf = eve.get("/").split('name="csrf-token" content="')[1].split('"')[0]
    assert eve.client.post(f"/bridges/{bridge_id}/revoke", data={"csrf_token": csrf}).status_code == 403
    owner.submit(workshop, f"/bridges/{bridge_id}/revoke")
    with app.extensions["database"].read() as session, pytest.raises(Exception, match="not paired"):
        pairing.bridge_with(session, token)


def test_the_health_page_says_which_part_is_missing(browser):
    answer = browser().client.get("/health")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    said = browser().client.get("/health", headers={"Accept": "application/json"}).json
    assert not said["ok"]
    assert {check["name"]: check["ok"] for check in said["checks"]}["Database"]


def test_no_machine_is_set_to_claim_by_a_stranger(browser, app):
    eve = browser().sign_up("eve")
    csrf = eve.get("/").split('name="csrf-token" content="')[1].split('"')[0]
    given = {"csrf_token": csrf, "claims_by_itself": "y"}
    assert eve.client.post("/machines/nothing/claiming", data=given).status_code == 403
    with app.extensions["database"].read() as session:
        assert session.scalars(sa.select(Machine)).all() == []
