from datetime import timedelta

import pytest
import sqlalchemy as sa

from commons.db import utcnow
from commons.orders import board as boards
from commons.orders.models import JobRefusal
from commons.workshops.models import Bridge, Machine
from fabrication.dispatch.states import JobState
from firmware_bridge.machine import Material

PLA = (Material(name="PLA", hotend_c=205, bed_c=60),)


@pytest.fixture
def change(app):
    """Writes into the database what a bridge would have."""

    def set_fields(kind: type, key: str, **fields: object) -> None:
        with app.extensions["database"].write() as session:
            for name, value in fields.items():
                setattr(session.get_one(kind, key), name, value)

    return set_fields


def test_copies_alike_are_one_row_and_a_claim_takes_one(place, owner, shed):
    place(quantity="3")
    page = owner.get("/board")
    assert page.count('<li class="job">') == 1
    assert "3 alike" in page
    first = shed.jobs()[0].id
    owner.submit("/board", f"/jobs/{first}/claim")
    assert [job.state for job in shed.jobs()] == [JobState.CLAIMED, JobState.OPEN, JobState.OPEN]
    assert "2 alike" in owner.get("/board")


def test_who_comes_second_gets_another_copy_but_a_double_click_only_one(place, owner, shed, change, browser):
    place(quantity="3")
    first, second, _ = shed.jobs()
    token = owner.get("/board").split('name="csrf-token" content="')[1].split('"')[0]
    given = {"machine": shed.machine_id, "csrf_token": token}
    owner.client.post(f"/jobs/{first.id}/claim", data=given)
    owner.client.post(f"/jobs/{first.id}/claim", data=given)
    assert [job.state for job in shed.jobs()] == [JobState.CLAIMED, JobState.OPEN, JobState.OPEN]
    shed.advance(first.id, JobState.CANCELLED)
    with shed.app.extensions["database"].write() as session:
        session.get_one(type(first), first.id).machine_id = None
        session.add(JobRefusal(job_id=second.id, machine_id=shed.machine_id, profile_sha256="0" * 64, reason="no"))
    owner.client.post(f"/jobs/{first.id}/claim", data=given)
    assert shed.jobs()[2].state is JobState.CLAIMED


def test_a_flood_of_orders_is_turned_over_page_by_page(place, owner, shed, monkeypatch):
    monkeypatch.setattr(boards, "ROWS_A_PAGE", 2)
    for material in ("PLA", "Unobtainium", "Adamant"):
        place(material=material, quantity="5")
    first, second = owner.get("/board"), owner.get("/board?page=2")
    assert "Adamant" in first
    assert "Unobtainium" in first
    assert "Claim one" not in first
    assert 'href="/board?page=2"' in first
    assert "Claim one" in second
    assert "Page 2 of 2" in second
    assert "/board/live?page=2" in second
    assert "Page 2 of 2" in owner.get("/board?page=99")
    for odd in ("0", "-1", "x", "9" * 40):
        owner.get(f"/board?page={odd}")


def test_ones_own_machine_is_compared_however_many_others_there_are(place, owner, shed, browser, monkeypatch):
    monkeypatch.setattr(boards, "MACHINES_COMPARED", 0)
    place()
    page = owner.get("/board")
    assert "Ender (The shed)" in page
    assert "Compared with your own machines" in page
    assert "No machine here can make it yet" in browser().get("/board")


def test_machines_without_a_bridge_are_not_offered(place, owner, shed, change):
    place()
    change(Bridge, shed.bridge_id, revoked=utcnow())
    assert "Ender" not in owner.get("/board")
    assert "Ender" not in owner.get(f"/workshops/{shed.workshop_id}")
    assert "Ender" not in owner.get("/workshops")


def test_a_machine_that_its_bridge_has_no_more_is_offered_nowhere_and_said_to_be_gone(
    place, owner, shed, change, browser
):
    place()
    change(Machine, shed.machine_id, removed=utcnow())
    assert "Ender" not in owner.get("/board")
    assert "Ender" not in owner.get("/workshops")
    page = owner.get(f"/workshops/{shed.workshop_id}")
    assert "removed at the bridge" in page
    assert "Put the file back there" in page
    assert "Let it claim" not in page
    others = browser().get(f"/workshops/{shed.workshop_id}")
    assert "removed at the bridge" in others
    assert "Put the file back there" not in others


def test_a_machine_that_fell_silent_says_for_how_long(place, owner, shed, change, browser):
    place()
    change(Machine, shed.machine_id, seen=utcnow() - timedelta(hours=3))
    assert "Ender (The shed; not heard of for 3 h 00 min)" in owner.get("/board")
    assert "(not heard of for 3 h 00 min)" in browser().get("/board")


def test_a_profile_of_another_version_is_said_so(place, owner, shed, change):
    place()
    change(Machine, shed.machine_id, profile={"name": "Ender", "shape": "round"})
    for path in ("/board", f"/workshops/{shed.workshop_id}"):
        assert "its profile is of another version; restart its bridge" in owner.get(path)
    place()
    token = owner.get("/board").split('name="csrf-token" content="')[1].split('"')[0]
    given = {"machine": shed.machine_id, "csrf_token": token}
    assert owner.client.post(f"/jobs/{shed.jobs()[0].id}/claim", data=given).location == "/board"
    assert "Ender can claim nothing" in owner.get("/board")


def test_a_machine_found_unable_is_offered_the_other_copies_alone(place, owner, shed):
    place(quantity="2")
    first, second = shed.jobs()
    with shed.app.extensions["database"].write() as session:
        sha256 = session.get_one(Machine, shed.machine_id).profile_sha256
        refusal = JobRefusal(
            job_id=first.id, machine_id=shed.machine_id, profile_sha256=sha256, reason="the arm is off"
        )
        session.add(refusal)
    page = owner.get("/board")
    assert f"/jobs/{second.id}/claim" in page
    assert f"/jobs/{first.id}/claim" not in page
    assert "the arm is off" in page


def test_the_pages_ask_as_many_questions_whatever_there_is(app, place, maker, owner, shed):
    def queries(person, path: str) -> int:
        asked: list[str] = []
        engine = app.extensions["database"].engine

        def note(*said: object) -> None:
            asked.append(str(said[2]))

        sa.event.listen(engine, "before_cursor_execute", note)
        person.get(path)
        sa.event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    few_order = place(quantity="2")
    shed.advance(shed.jobs()[0].id, JobState.READY)
    place()
    workshop = f"/workshops/{shed.workshop_id}"
    few = [queries(owner, "/board"), queries(owner, workshop), queries(maker, few_order)]
    many_order = place(quantity="6")
    for job in [job for job in shed.jobs() if job.order_id in many_order][:3]:
        shed.advance(job.id, JobState.READY)
    for number in range(5):
        place(material=f"PLA {number}", quantity="3")
        shed.add_machine(f"Ender {number}", materials=PLA)
    many = [queries(owner, "/board"), queries(owner, workshop), queries(maker, many_order)]
    assert many == few


def test_the_board_is_asked_for_on_every_database(database):
    with database.read() as session:
        assert boards.board(session, None, utcnow()) == boards.Board((), 1, 1, all_compared=True)
