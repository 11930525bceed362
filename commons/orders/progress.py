"""How a job stands, in words and numbers for a page: the job's state and its attempt's, told as one."""

from dataclasses import dataclass

import msgspec

from commons.orders.models import Job
from fabrication.dispatch.states import JobState
from firmware_bridge.wire import AttemptState, Progress

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


def progress_of(job: Job) -> JobProgress:
    """Reads only what is loaded with the job: its order, machine and attempts."""
    attempt = job.attempt
    sentence = _SENTENCES[job.state]
    if attempt is not None and job.state in (JobState.READY, JobState.RUNNING):
        sentence = _WAITING.get(attempt.state, sentence)
    names = {"machine": "the machine", "workshop": "a workshop"}
    if job.machine is not None:
        names = {"machine": job.machine.name, "workshop": job.machine.workshop.name}
    lost = attempt is not None and attempt.state is AttemptState.LOST
    said = None
    if attempt is not None and attempt.progress is not None and job.state is JobState.RUNNING:
        said = msgspec.convert(attempt.progress, Progress)
    return JobProgress(
        stage=_STAGE_OF.get(job.state),
        sentence=sentence.format(**names),
        reason=attempt.reason if lost and attempt else job.reason,
        percent=100 * said.line / said.lines if said and said.lines else None,
        hotend_c=said.hotend_c if said else None,
        hotend_target_c=said.hotend_target_c if said else None,
        bed_c=said.bed_c if said else None,
        bed_target_c=said.bed_target_c if said else None,
        remaining_s=said.remaining_s if said else None,
        lost=lost,
    )
