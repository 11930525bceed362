"""A job's states and every way between them, as data. The diagram in the docs is generated from here."""

from enum import StrEnum

from fabrication.errors import IllegalTransition


class JobState(StrEnum):
    """One program's worth of an order that one workshop can pick up."""

    OPEN = "open"
    CLAIMED = "claimed"
    PLANNED = "planned"
    READY = "ready"
    RUNNING = "running"
    MADE = "made"
    ACCEPTED = "accepted"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobEvent(StrEnum):
    """What happens to a job, in the past tense of whoever did it."""

    CLAIM = "claim"
    PLAN = "plan"
    REFUSE_PLAN = "refuse plan"
    PASS_GATE = "pass gate"
    RELEASE = "release"
    LAPSE = "lapse"
    START = "start"
    FINISH = "finish"
    FAIL = "fail"
    ACCEPT = "accept"
    REJECT = "reject"
    REOPEN = "reopen"
    CANCEL = "cancel"


_S, _E = JobState, JobEvent
JOB_TRANSITIONS: dict[tuple[JobState, JobEvent], JobState] = {
    (_S.OPEN, _E.CLAIM): _S.CLAIMED,
    (_S.CLAIMED, _E.PLAN): _S.PLANNED,
    (_S.CLAIMED, _E.REFUSE_PLAN): _S.OPEN,
    (_S.PLANNED, _E.PASS_GATE): _S.READY,
    (_S.PLANNED, _E.REFUSE_PLAN): _S.OPEN,
    (_S.CLAIMED, _E.RELEASE): _S.OPEN,
    (_S.PLANNED, _E.RELEASE): _S.OPEN,
    (_S.READY, _E.RELEASE): _S.OPEN,
    (_S.READY, _E.REFUSE_PLAN): _S.OPEN,
    (_S.READY, _E.LAPSE): _S.OPEN,
    (_S.READY, _E.START): _S.RUNNING,
    (_S.RUNNING, _E.FINISH): _S.MADE,
    (_S.RUNNING, _E.FAIL): _S.FAILED,
    (_S.FAILED, _E.REOPEN): _S.OPEN,
    (_S.MADE, _E.ACCEPT): _S.ACCEPTED,
    (_S.MADE, _E.REJECT): _S.FAILED,
    (_S.OPEN, _E.CANCEL): _S.CANCELLED,
    (_S.CLAIMED, _E.CANCEL): _S.CANCELLED,
    (_S.PLANNED, _E.CANCEL): _S.CANCELLED,
    (_S.READY, _E.CANCEL): _S.CANCELLED,
    (_S.FAILED, _E.CANCEL): _S.CANCELLED,
}
"""A running job is never cancelled from afar: the machine is stopped at the machine, and that is a failure."""

HELD = frozenset({_S.CLAIMED, _S.PLANNED, _S.READY})
"""With a workshop, not begun."""
IN_WORK = HELD | {_S.RUNNING}


def after(state: JobState, event: JobEvent) -> JobState:
    """The state after `event`. Raises `IllegalTransition` where the table has no such way."""
    try:
        return JOB_TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(f"a job that is {state} cannot {event}") from None
