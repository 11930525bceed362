"""A small world for dispatch: people, a workshop with a paired bridge and its machine, an order."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from commons.accounts.models import Account
from commons.agents import pairing, services
from commons.agents.sync import Sync
from commons.catalog.models import Design, Revision
from commons.config import Config
from commons.db import Database, utcnow
from commons.orders import services as orders
from commons.orders.models import Attempt, Job, Order
from commons.orders.steps import locked, step
from commons.orders.sweeper import Sweeper
from commons.workshops.models import Bridge, Machine, Workshop
from fabrication.dispatch.states import JobEvent
from fabrication.geometry.service import Build, Part
from fabrication.slicing.settings import PRESETS
from firmware_bridge import wire
from firmware_bridge.machine import MachineProfile, Material, PublishedProfile
from firmware_bridge.wire import AttemptReport, AttemptState, MachineReport, MachineState

PROFILE = MachineProfile(name="Old Ender", materials=(Material(name="PLA", hotend_c=210, bed_c=60),)).published()
PROGRAM = "ab" * 32
CONFIG = {"lease_s": 120.0, "silent_s": 1800.0, "claim_s": 86400.0}


@dataclass
class World:
    """Drives the services as people and bridges would, at a time of the test's own."""

    database: Database
    config: Config
    now: datetime = field(default_factory=utcnow)
    profile: PublishedProfile = PROFILE
    script_sha256: str = "ef" * 32

    def __post_init__(self) -> None:
        with self.database.write() as session:
            maker, owner = Account(handle="maker", name="Maker"), Account(handle="owner", name="Owner")
            session.add_all([maker, owner])
            session.flush()
            design = Design(slug="knob", title="Knob", summary="", licence="CC0-1.0", owner_id=maker.id)
            design.revisions = [
                Revision(
                    id="cd" * 32,
                    number=1,
                    source_sha256="ef" * 32,
                    script_sha256=self.script_sha256,
                    manifest={},
                    readme="",
                )
            ]
            workshop = Workshop(owner_id=owner.id, name="Shed")
            session.add_all([design, workshop])
            session.flush()
            self.maker_id, self.owner_id, self.workshop_id = maker.id, owner.id, workshop.id
        self.bridge_id = self.pair()

    def pair(self) -> str:
        """One bridge of the owner's workshop, through the device grant."""
        with self.database.write() as session:
            code = pairing.begin(session, wire.PairingRequest(bridge_name="Pi"), "/pair", self.now)
            owner = session.get_one(Account, self.owner_id)
            pairing.approve(session, owner, code.user_code, self.workshop_id, self.now)
            token = pairing.redeem(session, wire.TokenRequest(device_code=code.device_code), self.now).access_token
            return pairing.bridge_with(session, token).id

    def order(self, quantity: int = 1, **changes: object) -> list[str]:
        """An order of the knob, one part; the ids of its jobs."""
        part = Part(name="knob", brep="0" * 64, size_mm=(30.0, 30.0, 20.0), volume_mm3=9000.0, valid=True)
        build = Build(key="12" * 32, values={}, parts=(part,), preview="0" * 64)
        with self.database.write() as session:
            asked = {
                "revision": session.get_one(Revision, "cd" * 32),
                "build": build,
                "quantity": quantity,
                "material": "PLA",
                "settings": PRESETS["normal"],
                "title": "A knob",
            } | changes
            placed = orders.place_order(session, session.get_one(Account, self.maker_id), **asked)  # type: ignore[arg-type]
            return [job.id for job in placed.jobs]

    def machine_id(self) -> str:
        with self.database.read() as session:
            return session.query(Machine.id).filter_by(local_name="ender").scalar()

    def sync(
        self,
        state: MachineState = MachineState.FREE,
        attempts: list[AttemptReport] | None = None,
        refusals: list[wire.Refusal] | None = None,
        bridge_id: str | None = None,
        profile: PublishedProfile | None = None,
        left_out: list[str] | None = None,
        removed: bool = False,
        older: bool = False,
    ) -> tuple[wire.SyncAnswer, list[wire.Command]]:
        profile = profile or self.profile
        report = MachineReport(machine="ender", profile_sha256=profile.sha256(), state=state, profile=profile)
        request = wire.SyncRequest(
            protocol=1,
            bridge_version="1",
            machines=[] if removed or left_out else [report],
            left_out=None if older else left_out or [],
            attempts=attempts or [],
            refusals=refusals or [],
        )
        with self.database.write() as session:
            bridge = session.get_one(Bridge, bridge_id or self.bridge_id)
            answer = Sync(session, self.config, bridge, self.now).answer(request)
        return answer, [msgspec.json.decode(raw, type=wire.Command) for raw in answer.commands]

    def claim(self, job_id: str) -> None:
        with self.database.write() as session:
            orders.claim(session, session.get_one(Account, self.owner_id), job_id, self.machine_id())

    def machine(self) -> Machine:
        with self.database.read() as session:
            return session.get_one(Machine, self.machine_id())

    def let_it_claim(self) -> None:
        """The machine's owner lets it claim by itself."""
        with self.database.write() as session:
            session.get_one(Machine, self.machine_id()).claims_by_itself = True

    def plan(self, job_id: str) -> None:
        """What the planner does to a job, without its slicer."""
        with self.database.write() as session:
            job = locked(session, job_id)
            step(session, job, JobEvent.PLAN)
            job.profile_sha256 = job.machine.profile_sha256
            job.program_sha256, job.program_bytes, job.estimate_s = PROGRAM, 1000, 60.0
            step(session, job, JobEvent.PASS_GATE)

    def lease(self, job_id: str) -> wire.Lease:
        """Claimed, planned and leased."""
        self.sync()
        self.claim(job_id)
        self.plan(job_id)
        _, commands = self.sync()
        (lease,) = commands
        assert isinstance(lease, wire.Lease)
        return lease

    def start(self, lease: wire.Lease, fence: int | None = None, bridge_id: str | None = None) -> wire.StartAnswer:
        request = wire.StartRequest(fence=lease.fence if fence is None else fence, program_sha256=lease.program_sha256)
        with self.database.write() as session:
            bridge = session.get_one(Bridge, bridge_id or self.bridge_id)
            return services.start(session, bridge, lease.attempt, request, self.now)

    def report(
        self, lease: wire.Lease, state: AttemptState, reason: str = "", fence: int | None = None, **more: bool
    ) -> tuple[wire.SyncAnswer, list[wire.Command]]:
        """One report of the bridge, its machine holding."""
        report = AttemptReport(
            attempt=lease.attempt,
            fence=lease.fence if fence is None else fence,
            state=state,
            program_sha256=lease.program_sha256,
            reason=reason,
        )
        return self.sync(MachineState.HOLDING, [report], **more)

    def sweep(self, later_s: float = 0.0) -> None:
        self.now += timedelta(seconds=later_s)
        Sweeper(self.database, self.config).sweep(self.now)

    def job(self, job_id: str) -> Job:
        with self.database.read() as session:
            job = session.get_one(Job, job_id)
            _ = job.attempts, job.refusals, job.order.jobs
            return job

    def attempts(self) -> list[Attempt]:
        with self.database.read() as session:
            return session.query(Attempt).all()

    def orders(self) -> list[Order]:
        with self.database.read() as session:
            placed = session.query(Order).all()
            _ = [job.state for order in placed for job in order.jobs]
            return placed

    def acting(self, account_id: str, verb: object, *arguments: object, **options: object) -> object:
        """One service called by a person, in a transaction of its own."""
        with self.database.write() as session:
            return verb(session, session.get_one(Account, account_id), *arguments, **options)  # type: ignore[operator]


def config_for(tmp_path) -> Config:
    return Config(
        commons_home=tmp_path,
        database_url="",
        artefacts=tmp_path / "artefacts",
        forge_socket=tmp_path / "forge.sock",
        secret_key="tests only",
        **CONFIG,
    )
