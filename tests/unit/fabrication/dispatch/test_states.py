from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.dispatch.states import IN_WORK, JOB_TRANSITIONS, JobEvent, JobState, after
from fabrication.errors import IllegalTransition

ENDS = {JobState.ACCEPTED, JobState.CANCELLED}
S, E = JobState, JobEvent


@pytest.mark.parametrize(("state", "event"), list(product(JobState, JobEvent)))
def test_the_table_and_nothing_else(state, event):
    if (state, event) in JOB_TRANSITIONS:
        assert after(state, event) is JOB_TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalTransition, match=f"a job that is {state} cannot {event}"):
            after(state, event)


def test_the_way_of_a_job_that_goes_well():
    state = S.OPEN
    for event in (E.CLAIM, E.PLAN, E.PASS_GATE, E.START, E.FINISH, E.ACCEPT):
        state = after(state, event)
    assert state is S.ACCEPTED


def test_every_state_is_reached_and_only_ends_are_final():
    reached = {S.OPEN, *JOB_TRANSITIONS.values()}
    assert reached == set(JobState)
    assert {state for state in JobState if not any(at is state for at, _ in JOB_TRANSITIONS)} == ENDS


def test_from_every_state_an_end_can_be_reached():
    ends = set(ENDS)
    while more := {at for (at, _), to in JOB_TRANSITIONS.items() if to in ends} - ends:
        ends |= more
    assert ends == set(JobState)


def test_a_running_job_ends_by_what_the_machine_did_alone():
    assert {event for state, event in JOB_TRANSITIONS if state is S.RUNNING} == {E.FINISH, E.FAIL}


@given(st.lists(st.sampled_from(JobEvent), max_size=60))
def test_no_history_starts_twice_without_a_new_claim_plan_and_gate(events):
    state, since_start = S.OPEN, [E.CLAIM, E.PLAN, E.PASS_GATE]
    history = []
    for event in events:
        if (state, event) not in JOB_TRANSITIONS:
            continue
        state = after(state, event)
        history.append(event)
        if event is E.START:
            assert history[-4:-1] == since_start
        assert (state in IN_WORK) == (state in {S.CLAIMED, S.PLANNED, S.READY, S.RUNNING})
