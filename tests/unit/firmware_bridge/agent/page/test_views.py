import base64
import hashlib
import re

import pytest

from firmware_bridge.agent.local.control import Status
from firmware_bridge.agent.page import views
from firmware_bridge.agent.page.views import Html
from firmware_bridge.agent.rules.world import Machine
from firmware_bridge.machine import MachineProfile
from firmware_bridge.wire import AttemptState, MachineState
from tests.unit.firmware_bridge.agent.local.statuses import attempt, machine

EVIL = "<script>alert('x')</script>\" onclick=\"x"


def status(*attempts, machines=None, **changes):
    fields = {
        "commons": "https://commons.example",
        "heard_s_ago": 3.0,
        "trouble": "",
        "page": "",
        "machines": machines or [machine()],
        "left_out": {},
        "attempts": list(attempts),
        "refusals": [],
    }
    return Status(**(fields | changes))


def shown(*attempts, **changes):
    return views.live(status(*attempts, **changes), "the-token")


def test_before_arming_everything_is_shown():
    page = shown(attempt())
    for part in ("a knob", "ada", "PLA", "1 h 30 min", "0" * 64, "a1"):
        assert part in page
    assert 'action="/arm"' in page


@pytest.mark.parametrize("state", sorted(AttemptState))
def test_only_a_checked_lease_can_be_armed(state):
    assert ('action="/arm"' in shown(attempt(state=state))) is (state is AttemptState.LEASED)
    assert 'action="/arm"' not in shown(attempt(state=state, checked=False))


@pytest.mark.parametrize("state", sorted(MachineState))
def test_stop_is_always_there(state):
    page = shown(machines=[machine(state=state)])
    assert page.count('action="/stop"') == 2
    assert state in page


def test_a_bed_is_cleared_only_where_it_may_be():
    assert 'action="/clear"' in shown(machines=[machine(bed_clear=False)])
    assert 'action="/clear"' not in shown(machines=[machine(bed_clear=True)])
    assert 'action="/clear"' not in shown(
        attempt(state="started"), machines=[machine(bed_clear=False, state="running")]
    )


def test_a_run_is_followed():
    page = shown(attempt(state="started", line=30, lines=120, hotend_c=204.6, bed_c=None, remaining_s=600.0))
    for part in ("25 %", "line 30 of 120", "10 min left", "205 °C", "unknown"):
        assert part in page


def test_what_is_wrong_with_a_machine_is_said_whatever_it_does():
    for state in MachineState:
        page = shown(machines=[machine(state=state, trouble="the port vanished")])
        assert "<strong>Ender:</strong> the port vanished" in page


def test_what_the_commons_waits_for_is_said():
    assert "No job comes until you have said what happened" in shown(
        machines=[machine(question="no job comes until you have said what happened")]
    )


def test_a_router_has_neither_hot_end_nor_bed():
    page = shown(attempt(state="started", line=30, lines=120), machines=[machine(process="milling")])
    assert "25 %" in page
    assert "Hot end" not in page
    assert "Hot end" in shown(attempt(state="started", line=30, lines=120))


def test_a_held_program_can_be_told_to_go_on_and_no_other():
    assert 'action="/resume"' in shown(machines=[machine(may_go_on=True)])
    assert 'action="/resume"' not in shown(machines=[machine(state="running")])


def test_a_pause_is_told_once_and_in_the_machines_words():
    why = "it waits for a tool change: cycle start at the machine goes on"
    page = shown(attempt(state="started", lines=9, paused=True), machines=[machine(state="running", trouble=why)])
    assert page.count(why) == 1
    assert "resume it there" not in page


def test_how_it_ended_is_said():
    page = shown(attempt(state="failed", reason="the cable is out"))
    assert "the cable is out" in page
    assert "Nothing is held" in page


def test_so_is_how_the_last_one_did():
    page = shown(machines=[machine(last=attempt(state="failed", reason="stopped at the workshop"))])
    assert '<p class="note bad"><strong>a knob</strong> failed: stopped at the workshop</p>' in page


def test_troubles_are_said():
    page = shown(trouble="no route", left_out={"old": "no port"}, refusals=["a thing: a reason"], heard_s_ago=None)
    for part in ("no route", "old is left out", "no port", "a thing: a reason", "not reached yet"):
        assert part in page


def test_what_strangers_say_is_text():
    live = shown(
        attempt(title=EVIL, ordered_by=EVIL, material=EVIL, reason=EVIL),
        attempt(title=EVIL, state="failed", reason=EVIL),
        machines=[machine(name=EVIL, port=EVIL)],
        commons=EVIL,
        trouble=EVIL,
        left_out={EVIL: EVIL},
        refusals=[EVIL],
    )
    profile = MachineProfile(name=EVIL)
    described = Machine(id="ender", profile=profile, published=profile.published(), sha256="0" * 64)
    page = views.page(live, views.slicers({"ender": described}, EVIL, EVIL), EVIL)
    assert page.count("<script") == 1
    assert 'onclick="x' not in page
    assert EVIL not in views.login(EVIL, EVIL)
    assert EVIL not in views.silent(EVIL)


def test_the_page_needs_nothing_from_elsewhere_and_its_policy_allows_nothing_else():
    page = views.page(shown(), Html(""), "")
    assert not re.search(r"(?:src|href)=\"(?!data:)", page)
    assert not re.search(r" on[a-z]+=| style=", page)
    policy = views.policy()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode() in policy
