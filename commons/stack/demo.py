"""The main job, headless, with real processes: a remix from the catalogue becomes a part on a virtual printer."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from commons.db import Database
from commons.errors import Unavailable
from commons.orders.models import Job, Order
from commons.orders.services import order_state
from commons.stack.processes import Processes, free_port, wait_until
from commons.stack.serving import bare_environment, serve
from commons.stack.visitor import Page, Visitor
from commons.stack.workshop import Credentials, DemoWorkshop, sign_up
from fabrication.dispatch.states import JobState
from firmware_bridge.wire import AttemptState

DESIGN = "knob"
VALUES = {"p.diameter": "22", "p.height": "12"}
PASSWORD = "a demo of the whole"
STAGES = ("remix", "build", "order", "claim", "plan", "gate", "lease", "arm", "stream", "made")
BUILD_S, STREAM_S = 120.0, 600.0


@dataclass
class DemoReport:
    """What `commons demo --json` prints. The executed hash is of the virtual printer's own record."""

    ok: bool = False
    stages: list[dict[str, str | float]] = field(default_factory=list)
    program_sha256: str = ""
    lines_sent: int = 0
    lines_executed: int = 0
    executed_sha256_matches: bool = False
    order_state: str = ""


class Demo:
    """One run in `folder`. `say` is told each stage as it ends; `before` is called with each as it begins."""

    def __init__(
        self,
        folder: Path,
        say: Callable[[str, float], None],
        before: Callable[[str, Processes], None] = lambda _stage, _processes: None,
    ) -> None:
        self.folder, self.say, self.before = folder, say, before
        self.report = DemoReport()

    def run(self) -> DemoReport:
        """Raises `CommonsError` where a link of the chain does not hold."""
        quick = {"SYNC_BUSY_S": "0.2", "SYNC_IDLE_S": "0.2", "SAMPLES": "0"}
        with Processes(self.folder / "logs", bare_environment()) as processes:
            self.processes = processes
            serving = serve(processes, self.folder / "commons", free_port(), quick)
            owner = Credentials("demo-workshop", PASSWORD)
            workshop = DemoWorkshop(processes, serving.url, self.folder / "workshop", owner)
            workshop.open(speed=0)
            maker = Visitor(serving.url)
            sign_up(maker, Credentials("maker", PASSWORD), "A maker")
            database = Database(serving.config.database_url)
            try:
                self._from_remix_to_made(maker, workshop, database)
            finally:
                database.dispose()
        return self.report

    def _from_remix_to_made(self, maker: Visitor, workshop: DemoWorkshop, database: Database) -> None:
        with self._stage("remix"):
            page = maker.get(f"/designs/{DESIGN}/remixes/new?{urlencode(VALUES)}")
            page = maker.submit(page, f"/designs/{DESIGN}/remixes", title="A smaller knob")
            remix_id = urlsplit(page.url).path.rsplit("/", 1)[1]
        with self._stage("build"):
            page = self._built(maker, f"/orders/new?remix={remix_id}")
        with self._stage("order"):
            page = maker.submit(page, "/orders/new", quantity="1", material="PLA", preset="draft")
            order_id = urlsplit(page.url).path.rsplit("/", 1)[1]
        job_id = _look(database, order_id).jobs[0].id
        owner = workshop.visitor()
        with self._stage("claim"):
            page = owner.get("/board")
            owner.submit(page, f"/jobs/{job_id}/claim")
        with self._stage("plan"):
            self._wait(database, order_id, lambda job: job.state in (JobState.PLANNED, JobState.READY))
        with self._stage("gate"):
            self._wait(database, order_id, lambda job: job.state is JobState.READY)
        with self._stage("lease"):
            wait_until(lambda: _waits_for_arm(workshop), "the lease", 60)
        with self._stage("arm"):
            wait_until(lambda: _waits_for_arm(workshop), "the lease", 60)
            workshop.bridge("arm")
            self._wait(database, order_id, lambda job: job.state in (JobState.RUNNING, JobState.MADE))
        with self._stage("stream"):
            wait_until(lambda: _nothing_runs(workshop), "the end of the program", STREAM_S)
        with self._stage("made"):
            self._wait(database, order_id, lambda job: job.state is JobState.MADE)
        self._prove(workshop, database, order_id)

    def _built(self, maker: Visitor, path: str) -> Page:
        """The page with the order's form, which on a busy machine comes after one that asks for patience."""
        pages: list[Page] = []

        def there() -> bool:
            pages.append(maker.get(path))
            return pages[-1].has_form("/orders/new")

        wait_until(there, "the build", BUILD_S)
        return pages[-1]

    def _wait(self, database: Database, order_id: str, condition: Callable[[Job], bool]) -> None:
        """Looks until the job is so. Raises `Unavailable` with the job's own reason when it fell back instead."""

        def so() -> bool:
            job = _look(database, order_id).jobs[0]
            attempt = job.attempt
            lost = attempt is not None and attempt.state is AttemptState.LOST
            if lost or job.state in (JobState.OPEN, JobState.FAILED):
                raise Unavailable(f"The job is {job.state} again: {attempt.reason if lost and attempt else job.reason}")
            return condition(job)

        wait_until(so, "the next state of the job", STREAM_S)

    def _prove(self, workshop: DemoWorkshop, database: Database, order_id: str) -> None:
        order = _look(database, order_id)
        attempt = order.jobs[0].attempt
        assert attempt is not None  # noqa: S101 (the job is made)
        executed = hashlib.sha256()
        lines = 0
        for line in executed_lines(workshop.record):
            executed.update(line.encode() + b"\n")
            lines += 1
        self.report.program_sha256 = attempt.program_sha256
        self.report.lines_sent = (attempt.progress or {}).get("line", 0)
        self.report.lines_executed = lines
        self.report.executed_sha256_matches = executed.hexdigest() == attempt.program_sha256
        self.report.order_state = order_state(order)
        self.report.ok = self.report.executed_sha256_matches and self.report.order_state == JobState.MADE

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        self.before(name, self.processes)
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        self.report.stages.append({"name": name, "seconds": round(seconds, 3)})
        self.say(name, seconds)


def executed_lines(record: Path) -> Iterator[str]:
    """The numbered lines a virtual printer recorded executing: the program's, without what the bridge adds."""
    with record.open(encoding="utf-8") as file:
        for text in file:
            entry = json.loads(text)
            if entry.get("n") is not None:
                yield entry["line"]


def _look(database: Database, order_id: str) -> Order:
    with database.read() as session:
        order = session.get_one(Order, order_id)
        for job in order.jobs:
            _ = job.attempts
        return order


def _waits_for_arm(workshop: DemoWorkshop) -> bool:
    attempts = json.loads(workshop.bridge("status", "--json"))["attempts"]
    return any(attempt["waits_for"].startswith("arming") for attempt in attempts)


def _nothing_runs(workshop: DemoWorkshop) -> bool:
    return all(machine["state"] != "running" for machine in json.loads(workshop.bridge("status", "--json"))["machines"])
