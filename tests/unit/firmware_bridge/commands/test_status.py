"""What `firmware-bridge status` says of one look at the bridge."""

from firmware_bridge.agent.local.control import AttemptStatus, MachineStatus, Status
from firmware_bridge.commands.status import _lines


def attempt(**changes):
    fields = {
        "attempt": "a1",
        "machine": "ender",
        "title": "a knob",
        "ordered_by": "ada",
        "material": "PLA",
        "state": "started",
        "checked": True,
        "local": False,
        "program_sha256": "0" * 64,
        "estimate_s": 5400.0,
    }
    return AttemptStatus(**(fields | changes))


def said(*attempts, **machine):
    fields = {"machine": "ender", "name": "Ender", "state": "free", "bed_clear": True, "port": "/dev/ttyX"}
    status = Status(
        commons="https://commons.example",
        heard_s_ago=3.0,
        trouble="",
        page="",
        machines=[MachineStatus(**(fields | machine))],
        left_out={},
        attempts=list(attempts),
        refusals=[],
    )
    return _lines(status)


def test_a_run_is_followed_as_on_the_page():
    line = said(attempt(line=30, lines=120, hotend_c=204.6, bed_c=59.7, remaining_s=600.0))[-1]
    assert line == "a1 on ender: a knob: started, line 30 of 120, hot end 205 °C, bed 60 °C, about 10 min left"


def test_what_nobody_knows_is_left_out():
    assert said(attempt(line=30, lines=120))[-1] == "a1 on ender: a knob: started, line 30 of 120"


def test_what_is_over_has_no_time_left():
    line = said(attempt(state="failed", line=30, lines=120, hotend_c=204.6, remaining_s=600.0, reason="the cable"))[-1]
    assert line == "a1 on ender: a knob: failed, line 30 of 120 (the cable)"


def test_how_the_last_one_ended_is_said():
    lines = said(last=attempt(state="failed", reason="stopped at the workshop"))
    assert lines[1:] == ["ender (Ender): free", "the last, a1 on ender: a knob: failed (stopped at the workshop)"]
