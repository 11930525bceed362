"""The whole of it, from remix to made, with processes killed between any two stages."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from commons.db import Database
from commons.errors import Unavailable
from commons.orders.models import Job
from commons.stack.demo import STAGES, Demo, DemoReport
from commons.stack.processes import Processes, wait_until
from fabrication.dispatch.states import JobState
from firmware_bridge.wire import AttemptState


def restarted(name: str) -> Callable[[Processes], None]:
    """Killed without a word, and started again."""

    def restart(processes: Processes) -> None:
        processes.stop(name, signal.SIGKILL)
        processes.revive(name)

    return restart


def killed(name: str) -> Callable[[Processes], None]:
    return lambda processes: processes.stop(name, signal.SIGKILL)


def revived(name: str) -> Callable[[Processes], None]:
    return lambda processes: processes.revive(name)


def run_demo(folder: Path, **acts: Callable[[Processes], None]) -> DemoReport:
    """The demo, with `acts[stage]` done as that stage begins."""

    def before(stage: str, processes: Processes) -> None:
        if stage in acts:
            acts[stage](processes)

    return Demo(folder, lambda _stage, _seconds: None, before).run()


def runs(folder: Path) -> int:
    """How many programs the virtual printer was sent, by its own record."""
    lines = (folder / "workshop" / "executed.jsonl").read_text().splitlines()
    return sum("run" in json.loads(line) for line in lines)


def the_job(folder: Path) -> tuple[JobState, list[AttemptState], str]:
    database = Database(f"sqlite:///{folder / 'commons' / 'commons.db'}")
    try:
        with database.read() as session:
            job = session.query(Job).one()
            return job.state, [attempt.state for attempt in job.attempts], job.attempts[-1].reason
    finally:
        database.dispose()


def test_nothing_killed_everything_made(tmp_path):
    report = run_demo(tmp_path)
    assert [stage["name"] for stage in report.stages] == list(STAGES)
    assert report.ok
    assert report.lines_executed == report.lines_sent > 1000
    assert runs(tmp_path) == 1


@pytest.mark.parametrize(
    "kills",
    [
        {"order": "forge", "claim": "bridge", "arm": "bridge"},
        {"plan": "web", "lease": "bridge", "made": "bridge"},
    ],
)
def test_whatever_is_killed_between_stages_nothing_is_lost_and_nothing_doubled(tmp_path, kills):
    """Two demos, so that no later kill heals what an earlier one broke: a web begun anew knows no forge of before, a
    bridge begun anew no lease."""
    report = run_demo(tmp_path, **{stage: restarted(name) for stage, name in kills.items()})
    assert report.ok
    assert runs(tmp_path) == 1


def test_a_bridge_killed_in_mid_print_says_lost_and_never_begins_again(tmp_path):
    def in_mid_print(processes: Processes) -> None:
        wait_until(lambda: runs(tmp_path) == 1, "a line at the printer", 60)
        restarted("bridge")(processes)

    with pytest.raises(Unavailable, match="running again"):
        run_demo(tmp_path, stream=in_mid_print)
    state, attempts, reason = the_job(tmp_path)
    assert (state, attempts) == (JobState.RUNNING, [AttemptState.LOST])
    assert "line" in reason
    assert runs(tmp_path) == 1


def test_the_print_goes_on_without_the_web_and_the_page_catches_up(tmp_path):
    report = run_demo(tmp_path, stream=killed("web"), made=revived("web"))
    assert report.ok
    assert runs(tmp_path) == 1
