"""`/agent/v1` over HTTP: who may call it, and what it answers to what makes no sense."""

import dataclasses
import json
from datetime import timedelta

import msgspec
import pytest

from commons.agents import pairing
from commons.app import create_app
from commons.db import Database, utcnow
from commons.orders.models import Attempt
from commons.workshops.models import Bridge
from firmware_bridge import wire
from tests.integration.commons.world import PROGRAM, World, config_for


@pytest.fixture
def site(tmp_path):
    """A site on the world's own database, and the world."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    database = Database(url)
    database.migrate()
    config = dataclasses.replace(config_for(tmp_path), database_url=url)
    app = create_app(config)
    world = World(database, config)
    yield app.test_client(), world
    app.extensions["database"].dispose()
    database.dispose()


def token_for(world: World) -> str:
    """A token for the world's bridge, of which the database keeps the hash."""
    with world.database.write() as session:
        session.get_one(Bridge, world.bridge_id).token_sha256 = pairing.sha256("secret")
    return "secret"


def post(client, path: str, body: object, token: str | None = None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return client.post(f"/agent/v1{path}", data=data, headers=headers)


SYNC = wire.SyncRequest(protocol=1, bridge_version="1", machines=[])


@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_without_its_token_nothing_is_answered(site, token):
    client, world = site
    token_for(world)
    for path, body in (("/sync", SYNC), ("/attempts/x/start", wire.StartRequest(fence=1, program_sha256=PROGRAM))):
        answer = post(client, path, body, token)
        assert answer.status_code == 401
        assert "pair" in answer.json["error"]
    assert client.get("/agent/v1/attempts/x/program").status_code == 401


def test_an_unpaired_bridge_is_told_so(site):
    client, world = site
    token = token_for(world)
    assert post(client, "/sync", SYNC, token).status_code == 200
    world.acting(world.owner_id, pairing.revoke, world.bridge_id, utcnow())
    assert post(client, "/sync", SYNC, token).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"protocol": "one"}', b"\xff\xfe", b'{"protocol":1}'])
def test_what_makes_no_sense_is_refused_in_a_sentence(site, body):
    client, world = site
    answer = post(client, "/sync", body, token_for(world))
    assert answer.status_code == 422
    assert "SyncRequest" in answer.json["error"]


def test_another_protocol_is_named(site):
    client, world = site
    answer = post(client, "/sync", {"protocol": 99, "bridge_version": "1", "machines": []}, token_for(world))
    assert answer.status_code == 422
    assert "99" in answer.json["error"]


def test_the_program_is_given_to_its_bridge_alone_and_while_it_lives(site):
    client, world = site
    token = token_for(world)
    program = b"G28\n"
    sha256 = client.application.extensions["artefacts"].put(program)
    (job_id,) = world.order()
    lease = world.lease(job_id)
    with world.database.write() as session:
        session.get_one(Attempt, lease.attempt).program_sha256 = sha256
    path = f"/agent/v1/attempts/{lease.attempt}/program"
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.get(path, headers=headers)
    assert (answer.status_code, answer.data) == (200, program)
    answer.close()
    other = world.pair()
    with world.database.write() as session:
        session.get_one(Bridge, other).token_sha256 = pairing.sha256("another")
    assert client.get(path, headers={"Authorization": "Bearer another"}).status_code == 404
    world.sweep(later_s=500)
    assert client.get(path, headers=headers).status_code == 404


def test_pairing_over_http_keeps_to_rfc_8628(site):
    client, world = site
    code = post(client, "/device", wire.PairingRequest(bridge_name="Pi")).json
    assert code["verification_uri"].endswith("/pair")
    redeem = wire.TokenRequest(device_code=code["device_code"])
    first, second = (post(client, "/token", redeem) for _ in range(2))
    assert (first.status_code, first.json) == (400, {"error": "authorization_pending"})
    assert (second.status_code, second.json) == (400, {"error": "slow_down"})
    world.acting(world.owner_id, pairing.approve, code["user_code"].lower(), world.workshop_id, utcnow())
    token = post(client, "/token", redeem).json["access_token"]
    assert post(client, "/sync", SYNC, token).status_code == 200
    assert post(client, "/token", redeem).json == {"error": "expired_token"}


def test_a_code_expires_and_can_be_refused(site):
    client, world = site
    codes = [post(client, "/device", wire.PairingRequest(bridge_name="Pi")).json for _ in range(2)]
    with world.database.write() as session:
        pairing.deny(session, codes[0]["user_code"], utcnow())
    denied = post(client, "/token", wire.TokenRequest(device_code=codes[0]["device_code"]))
    assert denied.json == {"error": "access_denied"}
    with world.database.write() as session, pytest.raises(pairing.GrantError, match="expired_token"):
        late = utcnow() + timedelta(seconds=pairing.EXPIRES_S + 1)
        pairing.redeem(session, wire.TokenRequest(device_code=codes[1]["device_code"]), late)


def test_a_machine_is_gone_only_where_the_bridge_says_what_it_leaves_out(site):
    client, world = site
    token = token_for(world)
    world.sync()
    said = {"protocol": 1, "bridge_version": "1", "machines": []}
    for more, gone in (({}, False), ({"left_out": ["ender"]}, False), ({"left_out": []}, True)):
        assert post(client, "/sync", said | more, token).status_code == 200
        assert bool(world.machine().removed) is gone


def test_a_lease_travels_as_the_wire_says(site):
    client, world = site
    token = token_for(world)
    (job_id,) = world.order()
    world.sync()
    world.claim(job_id)
    world.plan(job_id)
    report = wire.MachineReport(
        machine="ender", profile_sha256=world.profile.sha256(), state=wire.MachineState.FREE, profile=world.profile
    )
    request = wire.SyncRequest(protocol=1, bridge_version="1", machines=[report])
    answer = msgspec.json.decode(post(client, "/sync", request, token).data, type=wire.SyncAnswer)
    (lease,) = [msgspec.json.decode(raw, type=wire.Command) for raw in answer.commands]
    assert isinstance(lease, wire.Lease)
    assert json.loads(bytes(answer.commands[0]))["command"] == "lease"
    assert 0 < lease.expires_in_s <= 120
