"""A maker, and a workshop owner with a printer that its bridge has published."""

import dataclasses
from datetime import datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from flask import Flask

from commons.accounts.models import Account
from commons.db import utcnow
from commons.orders.models import Attempt, Job
from commons.workshops import services as workshops
from commons.workshops.models import Bridge, Machine
from fabrication.dispatch.states import JobState
from firmware_bridge.machine import Material, PublishedProfile, Volume
from firmware_bridge.wire import AttemptState, MachineState


@dataclasses.dataclass
class Shed:
    """Reaches into the database where a bridge or the planner would have been."""

    app: Flask
    workshop_id: str
    bridge_id: str
    machine_id: str

    def add_machine(self, name: str, **profile: Any) -> str:
        published = PublishedProfile(name=name, **profile)
        with self.app.extensions["database"].write() as session:
            machine = Machine(
                workshop_id=self.workshop_id, bridge_id=self.bridge_id, local_name=name.lower(), name=name,
                profile=msgspec.to_builtins(published), profile_sha256=published.sha256(), state=MachineState.FREE,
            )  # fmt: skip
            session.add(machine)
            session.flush()
            return machine.id

    def jobs(self) -> list[Job]:
        with self.app.extensions["database"].read() as session:
            return list(session.scalars(sa.select(Job).order_by(Job.copy)))

    def advance(self, job_id: str, state: JobState, attempt: AttemptState | None = None, **fields: Any) -> None:
        """Puts a job, and an attempt at it, where the bridge would have brought them."""
        with self.app.extensions["database"].write() as session:
            job = session.get_one(Job, job_id)
            job.state, job.machine_id = state, self.machine_id
            if attempt is not None:
                session.add(
                    Attempt(
                        job_id=job.id, machine_id=self.machine_id, bridge_id=self.bridge_id, fence=job.fence + 1,
                        state=attempt, program_sha256="0" * 64, expires=utcnow(), **fields,
                    )
                )  # fmt: skip

    def silent_since(self, job_id: str, moment: datetime) -> None:
        with self.app.extensions["database"].write() as session:
            session.scalars(sa.select(Attempt).where(Attempt.job_id == job_id)).one().heard = moment


@pytest.fixture
def maker(browser):
    return browser().sign_up("maker")


@pytest.fixture
def owner(browser):
    return browser().sign_up("owner")


@pytest.fixture
def shed(app, owner):
    with app.extensions["database"].write() as session:
        account = session.scalars(sa.select(Account).where(Account.handle == "owner")).one()
        workshop = workshops.create(session, account, name="The shed", location="Utrecht")
        bridge = Bridge(workshop_id=workshop.id, name="pi", token_sha256="t" * 64)
        session.add(bridge)
        session.flush()
    shed = Shed(app, workshop.id, bridge.id, "")
    shed.machine_id = shed.add_machine("Ender", materials=(Material(name="PLA", hotend_c=205, bed_c=60),))
    return shed


@pytest.fixture
def small(shed):
    """A second machine of the owner's, too small and without PLA."""
    return shed.add_machine(
        "Tiny", volume=Volume(x_mm=5, y_mm=5, z_mm=5), materials=(Material(name="PETG", hotend_c=240, bed_c=80),)
    )


@pytest.fixture
def place(maker):
    """Orders a knob as the maker and returns the order's address."""

    def order(**fields: str) -> str:
        given = {"quantity": "1", "material": "PLA", "preset": "draft"} | fields
        revision = maker.get("/designs/knob").split('name="revision" value="')[1][:64]
        answer = maker.submit(f"/orders/new?revision={revision}&p.diameter=40", "/orders/new", **given)
        assert answer.status_code == 303, answer.text
        return answer.location

    return order
