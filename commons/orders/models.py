"""Orders, the jobs they become, and each physical attempt at a job."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commons.accounts.models import Account
from commons.catalog.models import Revision
from commons.db import Base, id_column, utcnow
from commons.remix.models import Variant
from commons.workshops.models import Bridge, Machine
from fabrication.dispatch.states import JobState
from fabrication.slicing.settings import PrintSettings
from firmware_bridge.wire import LIVE_ATTEMPT_STATES, AttemptState


class Order(Base):
    """Someone wants `quantity` of a variant: a revision with values, in a material and print settings."""

    __tablename__ = "fabrication_order"

    id: Mapped[str] = id_column()
    orderer_id: Mapped[str] = mapped_column(sa.ForeignKey("account.id"), index=True)
    revision_id: Mapped[str] = mapped_column(sa.ForeignKey("revision.id"))
    variant_id: Mapped[str | None] = mapped_column(sa.ForeignKey("variant.id"))
    title: Mapped[str] = mapped_column(sa.String(120))
    values: Mapped[dict[str, Any]]
    geometry_key: Mapped[str] = mapped_column(sa.String(64))
    quantity: Mapped[int]
    process: Mapped[str] = mapped_column(sa.String(20), default="fff")
    material: Mapped[str] = mapped_column(sa.String(80))
    settings: Mapped[dict[str, Any]]
    created: Mapped[datetime] = mapped_column(default=utcnow)
    form_token: Mapped[str | None] = mapped_column(sa.String(32), unique=True)
    """Of the form that placed it: the same form sent twice is one order."""

    orderer: Mapped[Account] = relationship()
    revision: Mapped[Revision] = relationship()
    variant: Mapped[Variant | None] = relationship()
    jobs: Mapped[list["Job"]] = relationship(back_populates="order", order_by="(Job.copy, Job.part)")

    @property
    def print_settings(self) -> PrintSettings:
        return msgspec.convert(self.settings, PrintSettings)


class Job(Base):
    """One copy of one part. `fence` grows with every claim, lease and return: older words count for nothing."""

    __tablename__ = "job"
    __table_args__ = (sa.Index("ix_job_open", "created", sqlite_where=sa.text("state = 'open'"),
                               postgresql_where=sa.text("state = 'open'")),)  # fmt: skip

    id: Mapped[str] = id_column()
    order_id: Mapped[str] = mapped_column(sa.ForeignKey("fabrication_order.id"), index=True)
    part: Mapped[str] = mapped_column(sa.String(120))
    copy: Mapped[int]
    size_mm: Mapped[list[Any]]
    state: Mapped[JobState] = mapped_column(
        sa.Enum(JobState, native_enum=False, length=20, values_callable=lambda states: [s.value for s in states]),
        default=JobState.OPEN,
    )
    fence: Mapped[int] = mapped_column(default=0)
    machine_id: Mapped[str | None] = mapped_column(sa.ForeignKey("machine.id"), index=True)
    claimed: Mapped[datetime | None] = mapped_column(default=None)
    profile_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    program_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    program_bytes: Mapped[int | None]
    estimate_s: Mapped[float | None]
    filament_g: Mapped[float | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it is where it is, for the person who looks; empty when all is well."""
    created: Mapped[datetime] = mapped_column(default=utcnow)

    order: Mapped[Order] = relationship(back_populates="jobs")
    machine: Mapped[Machine | None] = relationship()
    attempts: Mapped[list["Attempt"]] = relationship(back_populates="job", order_by="Attempt.fence")
    refusals: Mapped[list["JobRefusal"]] = relationship(order_by="JobRefusal.at")
    steps: Mapped[list["JobStep"]] = relationship(order_by="JobStep.number")

    @property
    def attempt(self) -> "Attempt | None":
        """The latest attempt, if any."""
        return self.attempts[-1] if self.attempts else None


class JobRefusal(Base):
    """A machine this job is closed to as long as its profile is what it was, and why."""

    __tablename__ = "job_refusal"
    __table_args__ = (sa.UniqueConstraint("job_id", "machine_id"),)

    id: Mapped[str] = id_column()
    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"))
    machine_id: Mapped[str] = mapped_column(sa.ForeignKey("machine.id"))
    profile_sha256: Mapped[str] = mapped_column(sa.String(64))
    reason: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(default=utcnow)

    machine: Mapped[Machine] = relationship()


class JobStep(Base):
    """One line of a job's history."""

    __tablename__ = "job_step"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=utcnow)
    event: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(sa.Text, default="")


_LIVE = sa.text("state IN ({})".format(", ".join(f"'{state.value}'" for state in sorted(LIVE_ATTEMPT_STATES))))


class Attempt(Base):
    """One physical run of a job. The two partial indexes keep a job and a machine to one live attempt each."""

    __tablename__ = "attempt"
    __table_args__ = (
        sa.Index("one_live_attempt_a_job", "job_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        sa.Index("one_live_attempt_a_machine", "machine_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        sa.UniqueConstraint("job_id", "fence"),
    )

    id: Mapped[str] = id_column()
    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    machine_id: Mapped[str] = mapped_column(sa.ForeignKey("machine.id"), index=True)
    bridge_id: Mapped[str] = mapped_column(sa.ForeignKey("bridge.id"), index=True)
    fence: Mapped[int]
    state: Mapped[AttemptState] = mapped_column(
        sa.Enum(AttemptState, native_enum=False, length=20, values_callable=lambda states: [s.value for s in states]),
        default=AttemptState.LEASED,
    )
    program_sha256: Mapped[str] = mapped_column(sa.String(64))
    expires: Mapped[datetime]
    leased: Mapped[datetime] = mapped_column(default=utcnow)
    started: Mapped[datetime | None] = mapped_column(default=None)
    ended: Mapped[datetime | None] = mapped_column(default=None)
    heard: Mapped[datetime] = mapped_column(default=utcnow)
    progress: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON, default=None)
    reason: Mapped[str] = mapped_column(sa.Text, default="")

    job: Mapped[Job] = relationship(back_populates="attempts")
    machine: Mapped[Machine] = relationship()
    bridge: Mapped[Bridge] = relationship()
