import pytest

from commons.db import utcnow
from commons.orders.models import Attempt, Job, Order
from commons.orders.progress import progress_of
from commons.workshops.models import Machine, Workshop
from fabrication.dispatch.states import JobState
from firmware_bridge.wire import AttemptState, MachineState


def told(**said: object):
    attempt = Attempt(state=AttemptState.STARTED, progress=said, reason="", heard=utcnow())
    return progress_of(Job(state=JobState.RUNNING, reason="", order=Order(), attempts=[attempt]), utcnow())


@pytest.mark.parametrize(("line", "lines", "percent"), [(30, 120, 25), (500, 120, 100), (5, 0, None)])
def test_a_percentage_is_never_more_than_all(line, lines, percent):
    assert told(line=line, lines=lines).percent == percent


@pytest.mark.parametrize(("line", "lines"), [(-7, 120), (5, -3), (10**400, 1), (-(10**400), 1)], ids=list("abcd"))
def test_counts_no_program_could_have_are_none_or_the_nearest_percentage(line, lines):
    assert told(line=line, lines=lines).percent in (None, 0, 100)


@pytest.mark.parametrize("absurd", [float("inf"), float("-inf"), float("nan"), 1e300, -1e300])
def test_numbers_no_machine_could_mean_are_not_shown(absurd):
    shown = told(line=1, lines=2, hotend_c=absurd, bed_target_c=absurd, remaining_s=absurd)
    assert (shown.hotend_c, shown.bed_target_c, shown.remaining_s) == (None, None, None)


def test_progress_that_an_older_version_kept_is_not_shown():
    assert told(words="half way").percent is None


def test_of_a_lost_attempt_no_heat_and_no_time_is_told():
    said = {"line": 30, "lines": 120, "hotend_c": 205.0, "hotend_target_c": 205.0, "remaining_s": 700.0}
    attempt = Attempt(state=AttemptState.LOST, progress=said, reason="cut off at line 30", heard=utcnow())
    shown = progress_of(Job(state=JobState.RUNNING, reason="", order=Order(), attempts=[attempt]), utcnow())
    assert (shown.lost, shown.percent, shown.reason) == (True, 25, "cut off at line 30")
    assert (shown.hotend_c, shown.hotend_target_c, shown.remaining_s) == (None, None, None)


def test_a_pause_is_said():
    assert "Paused" in told(line=1, lines=2, paused=True).sentence


def test_a_ready_job_says_that_its_machine_waits_for_a_clear_bed():
    machine = Machine(name="Ender", state=MachineState.WAITING_FOR_CLEAR, workshop=Workshop(name="Shed"))
    job = Job(state=JobState.READY, reason="", order=Order(), attempts=[], machine=machine)
    assert "Ender waits for its bed to be cleared" in progress_of(job, utcnow()).sentence
