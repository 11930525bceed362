import re
from datetime import timedelta

import msgspec
import pytest

from commons.db import utcnow
from fabrication.dispatch.states import JobState
from firmware_bridge.wire import AttemptState


def test_an_order_shows_its_jobs_and_what_was_asked_for(maker, place, shed):
    page = maker.get(place(quantity="2"))
    assert "2 × Knob" in page
    assert page.count("waiting for a workshop to pick it up") == 2
    assert "0.28 mm layers, 2 walls, 12 % infill" in page


def test_settings_of_ones_own_go_over_the_preset(maker, place, shed):
    page = maker.get(place(layer_mm="0.16", supports="y"))
    assert "0.16 mm layers, 2 walls, 12 % infill, supports" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"quantity": "0"}, "Between 1 and 100"),
        ({"quantity": "101"}, "Between 1 and 100"),
        ({"quantity": "many"}, "Not a valid integer"),
        ({"material": ""}, "Which material?"),
        ({"layer_mm": "7"}, "layer height must be"),
        ({"walls": "1.5"}, "walls must be a whole number"),
        ({"preset": "golden"}, "Not a valid choice"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_nothing_is_ordered(maker, shed, fields, words):
    revision = maker.get("/designs/knob").split('name="revision" value="')[1][:64]
    given = {"quantity": "1", "material": "PLA", "preset": "draft"} | fields
    answer = maker.submit(f"/orders/new?revision={revision}", "/orders/new", **given)
    assert answer.status_code == 422
    assert words in answer.text
    assert shed.jobs() == []


def test_a_form_sent_twice_orders_once(maker, shed):
    revision = maker.get("/designs/knob").split('name="revision" value="')[1][:64]
    page = maker.get(f"/orders/new?revision={revision}")
    given = dict(re.findall(r'<input[^>]* name="(csrf_token|form_token)"[^>]* value="(\w[^"]+)"', page))
    assert len(given["form_token"]) == 32
    given |= {"revision": revision, "quantity": "1", "material": "PLA", "preset": "draft"}
    first, second = (maker.client.post("/orders/new", data=given) for _ in range(2))
    assert first.location == second.location
    assert "This form was sent before" in maker.get(second.location)
    assert len(shed.jobs()) == 1
    assert f'value="{given["form_token"]}"' not in maker.get(f"/orders/new?revision={revision}")


def test_a_form_token_of_somebody_elses_orders_nothing_of_theirs(maker, owner, shed):
    revision = maker.get("/designs/knob").split('name="revision" value="')[1][:64]
    given = {"quantity": "1", "material": "PLA", "preset": "draft", "form_token": "f" * 32}
    theirs = maker.submit(f"/orders/new?revision={revision}", "/orders/new", **given)
    mine = owner.submit(f"/orders/new?revision={revision}", "/orders/new", **given)
    assert mine.status_code == 409
    assert theirs.location not in mine.text


def test_a_remix_is_ordered_with_its_own_values(maker, geometry, shed):
    maker.client.get("/designs/knob/files/stl?p.diameter=33")  # so that it is built already
    saved = maker.submit("/designs/knob/remixes/new?p.diameter=33", "/designs/knob/remixes", title="Mine").location
    remix = saved.rsplit("/", 1)[1]
    answer = maker.submit(f"/orders/new?remix={remix}", "/orders/new", quantity="1", material="PLA", preset="normal")
    page = maker.get(answer.location)
    assert "1 × Mine" in page
    assert saved in page
    assert geometry.asked[-1]["diameter"] == 33.0


def test_values_that_cannot_be_built_are_not_ordered(maker, geometry):
    revision = maker.get("/designs/knob").split('name="revision" value="')[1][:64]
    geometry.script_fails()
    page = maker.get(f"/orders/new?revision={revision}", status=422)
    assert "twice the margin" in page


def test_an_order_is_seen_by_who_placed_it_and_by_workshops_that_have_a_job_of_it(maker, place, owner, shed, browser):
    address = place()
    stranger = browser().sign_up("stranger")
    for path in (address, f"{address}/live", f"{address}/events"):
        stranger.get(path, status=404)
    owner.get(address, status=404)
    shed.advance(shed.jobs()[0].id, JobState.READY)
    owner.get(address)


def test_the_board_says_who_could_make_a_job_and_why_the_others_cannot(place, owner, shed, small, browser):
    place()
    page = owner.get("/board")
    assert "Ender (The shed)" in page
    assert "Tiny (yours): " in page
    assert "PLA" in page.split("Tiny (yours): ")[1].split("</li>")[0]
    public = browser().get("/board")
    assert "Could be made by Ender" in public
    assert "Claim it" not in public


def test_a_claim_takes_the_job_from_the_board_to_the_workshops_page(place, owner, shed):
    place()
    job = shed.jobs()[0]
    answer = owner.submit("/board", f"/jobs/{job.id}/claim")
    assert answer.location == f"/workshops/{shed.workshop_id}"
    assert shed.jobs()[0].state is JobState.CLAIMED
    assert "Picked up by The shed" in owner.get(answer.location)
    assert "The board is empty" in owner.get("/board")


def test_who_comes_second_is_told_and_nothing_changes(place, owner, shed):
    place()
    job = shed.jobs()[0]
    token = owner.get("/board").split('name="csrf-token" content="')[1].split('"')[0]
    given = {"machine": shed.machine_id, "csrf_token": token}
    assert owner.client.post(f"/jobs/{job.id}/claim", data=given).location.startswith("/workshops/")
    assert owner.client.post(f"/jobs/{job.id}/claim", data=given).location == "/board"
    assert "Somebody else has taken this job" in owner.get("/board")


def test_nobody_claims_with_somebody_elses_machine(place, maker, shed):
    place()
    job = shed.jobs()[0]
    token = maker.get("/board").split('name="csrf-token" content="')[1].split('"')[0]
    given = {"machine": shed.machine_id, "csrf_token": token}
    assert maker.client.post(f"/jobs/{job.id}/claim", data=given).status_code == 403
    assert shed.jobs()[0].state is JobState.OPEN


def test_a_claim_can_be_given_back(place, owner, shed):
    place()
    job = shed.jobs()[0]
    owner.submit("/board", f"/jobs/{job.id}/claim")
    owner.submit(f"/workshops/{shed.workshop_id}", f"/jobs/{job.id}/release")
    assert shed.jobs()[0].state is JobState.OPEN


def test_a_print_shows_percentage_temperatures_and_remaining_time(maker, place, shed):
    address = place()
    progress = msgspec.to_builtins(
        {"line": 30, "lines": 120, "hotend_c": 204.6, "hotend_target_c": 205.0, "bed_c": 59.0, "bed_target_c": 60.0,
         "remaining_s": 4000.0}
    )  # fmt: skip
    shed.advance(shed.jobs()[0].id, JobState.RUNNING, AttemptState.STARTED, progress=progress)
    page = maker.get(f"{address}/live")
    for words in ("Printing on Ender", "25 %", "Hot end 205 of 205 °C", "Bed 59 of 60 °C", "1 h 07 min left"):
        assert words in page


def test_the_stream_begins_with_the_page_as_it_stands(maker, place, shed):
    address = place()
    answer = maker.client.get(f"{address}/events", buffered=False)
    first = next(answer.response)
    answer.close()
    text = first.decode() if isinstance(first, bytes) else first
    assert text.startswith("event: order\ndata: ")
    assert "waiting for a workshop" in text


def test_asking_for_the_head_alone_holds_no_stream(maker, place, shed):
    address = place()
    for _ in range(50):
        assert maker.client.head(f"{address}/events").status_code == 200
    answer = maker.client.get(f"{address}/events", buffered=False)
    assert answer.status_code == 200
    answer.close()


def test_the_stream_ends_with_how_the_order_ended(maker, place, shed):
    address = place()
    shed.advance(shed.jobs()[0].id, JobState.ACCEPTED)
    said = maker.get(f"{address}/events")
    assert said.index("accepted") < said.index("event: end")


def test_when_all_streams_are_taken_the_page_is_told_to_poll(app, maker, place, shed):
    from commons.orders.live import Streams

    address = place()
    app.extensions["streams"] = Streams(1)
    held = app.extensions["streams"].open("order", lambda: ("x", False))
    next(held)
    assert maker.client.get(f"{address}/events").status_code == 204
    held.close()


def test_a_lost_attempt_asks_its_owner_what_happened_and_nobody_else(maker, place, owner, shed):
    address = place()
    job = shed.jobs()[0]
    shed.advance(job.id, JobState.RUNNING, AttemptState.LOST)
    assert "What happened?" not in maker.get(address)
    workshop = f"/workshops/{shed.workshop_id}"
    assert "What happened?" in owner.get(workshop)
    owner.submit(workshop, f"/jobs/{job.id}/settle")
    assert shed.jobs()[0].state is JobState.RUNNING
    owner.submit(workshop, f"/jobs/{job.id}/settle", outcome="good", note="It had finished.")
    assert shed.jobs()[0].state is JobState.MADE


def test_the_orderer_accepts_what_was_made(maker, place, shed):
    address = place()
    job = shed.jobs()[0]
    shed.advance(job.id, JobState.MADE)
    maker.submit(address, f"/jobs/{job.id}/accept")
    assert shed.jobs()[0].state is JobState.ACCEPTED


def test_a_rejection_needs_a_reason_and_the_job_can_go_back_to_the_board(maker, place, shed):
    address = place()
    job = shed.jobs()[0]
    shed.advance(job.id, JobState.MADE)
    maker.submit(address, f"/jobs/{job.id}/reject")
    assert shed.jobs()[0].state is JobState.MADE
    maker.submit(address, f"/jobs/{job.id}/reject", note="It is warped.")
    assert "It is warped." in maker.get(address)
    maker.submit(address, f"/jobs/{job.id}/reopen")
    assert shed.jobs()[0].state is JobState.OPEN


def test_an_order_can_be_cancelled_by_who_placed_it_alone(maker, place, owner, shed):
    address = place(quantity="2")
    token = owner.get("/board").split('name="csrf-token" content="')[1].split('"')[0]
    assert owner.client.post(f"{address}/cancel", data={"csrf_token": token}).status_code == 403
    maker.submit(address, f"{address}/cancel")
    assert {job.state for job in shed.jobs()} == {JobState.CANCELLED}


def test_my_orders_lists_mine(maker, place, owner):
    address = place()
    assert address in maker.get("/orders")
    assert address not in owner.get("/orders")


def test_who_ordered_a_lost_job_reads_what_that_means_and_can_give_it_up_after_days(maker, place, shed):
    address = place()
    job = shed.jobs()[0]
    shed.advance(job.id, JobState.RUNNING, AttemptState.LOST, heard=utcnow() - timedelta(days=2))
    page = maker.get(address)
    assert "heard of no more" in page
    assert "Give it up" not in page
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    maker.client.post(f"/jobs/{job.id}/write-off", data={"csrf_token": token})
    assert "The workshop has 3 days" in maker.get(address)
    shed.silent_since(job.id, utcnow() - timedelta(days=4))
    maker.submit(address, f"/jobs/{job.id}/write-off")
    assert shed.jobs()[0].state is JobState.FAILED
    maker.submit(address, f"/jobs/{job.id}/reopen")
    assert shed.jobs()[0].state is JobState.OPEN


def test_an_order_that_no_machine_can_make_says_so(place, maker, shed):
    assert "No machine here can make it yet" in maker.get(place(material="Unobtainium"))
    assert "No machine here can make it yet" not in maker.get(place(material="PLA"))
