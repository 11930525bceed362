"""Planning a claimed job: part → STL → slicer → gate → ready, or back to the board with the reason."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from commons.catalog.services import source_of
from commons.db import Database
from commons.orders.models import Job
from commons.orders.services import refuse_plan
from commons.orders.steps import locked, step
from commons.work.queue import Turn
from commons.workshops.services import OUTDATED, profile_of
from fabrication.artefacts import ArtefactStore
from fabrication.dispatch.states import JobEvent, JobState
from fabrication.errors import FabricationError, PlanRefused, ScriptFailed, SlicerFailed, SourceError, ValueRefused
from fabrication.geometry.service import Geometry
from fabrication.planning import Plan, plan_gate, plan_slice
from fabrication.recipes import Source, Value
from fabrication.slicing.settings import PrintSettings
from firmware_bridge.machine import PublishedProfile

CLOSING = (PlanRefused, SlicerFailed, ScriptFailed, SourceError, ValueRefused)
"""What would be the same again on this machine; any other failure closes the job to nobody."""


@dataclass(frozen=True)
class Task:
    """What planning needs of a job, read once, so that no transaction is open while the slicer runs."""

    job_id: str
    fence: int
    source: Source
    values: dict[str, Value]
    part: str
    material: str
    settings: PrintSettings
    profile: PublishedProfile | None
    profile_sha256: str


class Planner:
    """Plans jobs. What is wrong with a plan goes to the board as its reason; anything else is raised."""

    def __init__(self, database: Database, geometry: Geometry, store: ArtefactStore) -> None:
        self.database, self.geometry, self.store = database, geometry, store

    def plan(self, turn: Turn) -> None:
        """Plans the claimed job that is the turn's subject; does nothing when it was given back meanwhile."""
        task = self._read(turn.subject)
        if task is None:
            return
        try:
            plan = self._make(task)
        except CLOSING as error:
            reason = str(error)
            self._advance(task, lambda session, job: refuse_plan(session, job, reason))
        except FabricationError as error:
            self._release(task, str(error))
        except Exception:
            self._release(task, "planning failed inside the commons; its log says why")
            raise
        else:
            self._advance(task, lambda session, job: _ready(session, job, plan))

    def _make(self, task: Task) -> Plan:
        """The gated program; says on the way that it is sliced. Raises `FabricationError`."""
        if task.profile is None:
            raise PlanRefused((OUTDATED,))
        build = self.geometry.build(task.source, task.values)
        stl = self.geometry.export(build, "stl", task.part)
        sliced = plan_slice(self.store, build.key, task.part, stl, task.profile, task.material, task.settings)
        self._advance(task, lambda session, job: _planned(session, job, task))
        return plan_gate(self.store, sliced, task.profile, task.material)

    def _read(self, job_id: str) -> Task | None:
        with self.database.read() as session:
            job = session.get(Job, job_id)
            if job is None or job.machine is None or job.state not in (JobState.CLAIMED, JobState.PLANNED):
                return None
            order = job.order
            return Task(
                job_id=job.id,
                fence=job.fence,
                source=source_of(self.store, order.revision),
                values=order.values,
                part=job.part,
                material=order.material,
                settings=order.print_settings,
                profile=profile_of(job.machine),
                profile_sha256=job.machine.profile_sha256,
            )

    def _release(self, task: Task, reason: str) -> None:
        self._advance(task, lambda session, job: step(session, job, JobEvent.RELEASE, reason))

    def _advance(self, task: Task, change: Callable[[Session, Job], None]) -> None:
        """Makes `change` if the job is still at the claim this task was read from."""
        with self.database.write() as session:
            job = locked(session, task.job_id)
            if job.fence == task.fence and job.state in (JobState.CLAIMED, JobState.PLANNED):
                change(session, job)


def _planned(session: Session, job: Job, task: Task) -> None:
    if job.state is JobState.CLAIMED:  # a worker before us may have died after this step
        step(session, job, JobEvent.PLAN)
    job.profile_sha256 = task.profile_sha256


def _ready(session: Session, job: Job, plan: Plan) -> None:
    job.program_sha256, job.program_bytes = plan.program_sha256, plan.gate.size_bytes
    job.estimate_s, job.filament_g = plan.time_s, plan.filament_g
    step(session, job, JobEvent.PASS_GATE)
