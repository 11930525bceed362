"""What `firmware-bridge status` says of one look at the bridge."""

from firmware_bridge.agent.local.control import Status
from firmware_bridge.commands.status import lines_of
from tests.unit.firmware_bridge.agent.local.statuses import attempt, machine


def said(*attempts, **changes):
    status = Status(
        commons="https://commons.example",
        heard_s_ago=3.0,
        trouble="",
        page="",
        machines=[machine(**changes)],
        left_out={},
        attempts=list(attempts),
        refusals=[],
    )
    return lines_of(status)


def test_a_run_is_followed_as_on_the_page():
    line = said(attempt(state="started", line=30, lines=120, hotend_c=204.6, bed_c=59.7, remaining_s=600.0))[-1]
    assert line == "a1 on ender: a knob: started, line 30 of 120, hot end 205 °C, bed 60 °C, about 10 min left"


def test_what_nobody_knows_is_left_out():
    assert said(attempt(state="started", line=30, lines=120))[-1] == "a1 on ender: a knob: started, line 30 of 120"


def test_what_is_over_has_no_time_left():
    line = said(attempt(state="failed", line=30, lines=120, hotend_c=204.6, remaining_s=600.0, reason="the cable"))[-1]
    assert line == "a1 on ender: a knob: failed, line 30 of 120 (the cable)"


def test_how_the_last_one_ended_is_said():
    lines = said(last=attempt(state="failed", reason="stopped at the workshop"))
    assert lines[1:] == ["ender (Ender): free", "the last, a1 on ender: a knob: failed (stopped at the workshop)"]
