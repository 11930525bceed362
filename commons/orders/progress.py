"""How a job stands, in words and numbers for a page: the job's state and its attempt's, told as one."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from commons.orders.models import Attempt, Job
from commons.orders.services import WRITE_OFF_DAYS
from fabrication.dispatch.states import JobState
from firmware_bridge.wire import AttemptState, MachineState, Progress

STAGES = ("open", "claimed", "planned", "ready", "printing", "made")
"""What a person follows; `accepted` comes after, by their own hand."""

_STAGE_OF = {
    JobState.OPEN: 0,
    JobState.CLAIMED: 1,
    JobState.PLANNED: 2,
    JobState.READY: 3,
    JobState.RUNNING: 4,
    JobState.MADE: 5,
    JobState.ACCEPTED: 5,
}

_SENTENCES = {
    JobState.OPEN: "On the board, waiting for a workshop to pick it up.",
    JobState.CLAIMED: "Picked up by {workshop}; being sliced for {machine}.",
    JobState.PLANNED: "Sliced for {machine}; its program is being checked.",
    JobState.READY: "Checked and ready for {machine}.",
    JobState.RUNNING: "Printing on {machine}.",
    JobState.MADE: "Made on {machine}.",
    JobState.ACCEPTED: "Made on {machine} and accepted.",
    JobState.FAILED: "Failed on {machine}.",
    JobState.CANCELLED: "Cancelled.",
}

_WAITING = {
    AttemptState.LEASED: "At the workshop, waiting to be armed at {machine}.",
    AttemptState.ARMED: "Armed at {machine}; about to start.",
    AttemptState.LOST: "Nobody knows: {machine} fell silent in mid-print. The workshop has to look.",
}


TEMPERATURE_C = (-100.0, 1000.0)
REMAINING_S = (0.0, 30 * 86_400.0)
"""Outside these no number of a bridge is believed."""


@dataclass(frozen=True)
class JobProgress:
    """One job for a page. `stage` indexes `STAGES`, None when it is on no way to a part."""

    stage: int | None
    sentence: str
    reason: str
    percent: float | None
    hotend_c: float | None
    hotend_target_c: float | None
    bed_c: float | None
    bed_target_c: float | None
    remaining_s: float | None
    lost: bool
    can_write_off: bool
    """Whether the workshop has had its time to say what became of a lost attempt."""


def progress_of(job: Job, now: datetime) -> JobProgress:
    """Reads only what is loaded with the job: its order, machine and attempts."""
    attempt = job.attempt
    sentence = _SENTENCES[job.state]
    if attempt is not None and job.state in (JobState.READY, JobState.RUNNING):
        sentence = _WAITING.get(attempt.state, sentence)
    if _waits_for_bed(job):
        sentence = "Checked and ready; {machine} waits for its bed to be cleared at the machine."
    names = {"machine": "the machine", "workshop": "a workshop"}
    if job.machine is not None:
        names = {"machine": job.machine.name, "workshop": job.machine.workshop.name}
    lost = attempt is not None and attempt.state is AttemptState.LOST
    said = _said(attempt) if attempt is not None and job.state is JobState.RUNNING else None
    now_there = said if not lost else None  # nobody knows how hot a machine is that is heard of no more
    if now_there is not None and now_there.paused:
        sentence = "Paused at {machine}; somebody has to look there."
    return JobProgress(
        stage=_STAGE_OF.get(job.state),
        sentence=sentence.format(**names),
        reason=attempt.reason if lost and attempt else job.reason,
        percent=100 * (min(max(said.line, 0), said.lines) / said.lines) if said and said.lines > 0 else None,
        hotend_c=_between(now_there.hotend_c, TEMPERATURE_C) if now_there else None,
        hotend_target_c=_between(now_there.hotend_target_c, TEMPERATURE_C) if now_there else None,
        bed_c=_between(now_there.bed_c, TEMPERATURE_C) if now_there else None,
        bed_target_c=_between(now_there.bed_target_c, TEMPERATURE_C) if now_there else None,
        remaining_s=_between(now_there.remaining_s, REMAINING_S) if now_there else None,
        lost=lost,
        can_write_off=lost and attempt is not None and attempt.heard <= now - timedelta(days=WRITE_OFF_DAYS),
    )


def _waits_for_bed(job: Job) -> bool:
    """Whether a ready job is not leased because nobody has said at the machine that its bed is clear."""
    waiting = job.machine is not None and job.machine.state is MachineState.WAITING_FOR_CLEAR
    return job.state is JobState.READY and waiting


def _said(attempt: Attempt) -> Progress | None:
    """What the bridge said last; None where it said nothing, or an older version of us kept it otherwise."""
    if attempt.progress is None:
        return None
    try:
        return msgspec.convert(attempt.progress, Progress)
    except msgspec.ValidationError:
        return None


def _between(value: float | None, limits: tuple[float, float]) -> float | None:
    """A bridge can say any number; one that no machine could mean is not shown."""
    return value if value is not None and math.isfinite(value) and limits[0] <= value <= limits[1] else None
