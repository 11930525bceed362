"""Workshops, the bridges paired with them, and the machines those bridges publish."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commons.db import Base, id_column, utcnow
from firmware_bridge.machine import PublishedProfile
from firmware_bridge.wire import MachineState


class Workshop(Base):
    """A place with an owner."""

    __tablename__ = "workshop"

    id: Mapped[str] = id_column()
    owner_id: Mapped[str] = mapped_column(sa.ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    location: Mapped[str] = mapped_column(sa.String(120), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    created: Mapped[datetime] = mapped_column(default=utcnow)

    bridges: Mapped[list["Bridge"]] = relationship(back_populates="workshop", order_by="Bridge.created")
    machines: Mapped[list["Machine"]] = relationship(back_populates="workshop", order_by="Machine.name")


class Bridge(Base):
    """One paired agent; it proves itself by a token of which only the hash is kept."""

    __tablename__ = "bridge"

    id: Mapped[str] = id_column()
    workshop_id: Mapped[str] = mapped_column(sa.ForeignKey("workshop.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    token_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    version: Mapped[str] = mapped_column(sa.String(40), default="")
    created: Mapped[datetime] = mapped_column(default=utcnow)
    seen: Mapped[datetime | None] = mapped_column(default=None)
    revoked: Mapped[datetime | None] = mapped_column(default=None)

    workshop: Mapped[Workshop] = relationship(back_populates="bridges")
    refusals: Mapped[list["BridgeRefusal"]] = relationship(order_by="BridgeRefusal.number.desc()")


class BridgeRefusal(Base):
    """Something this commons asked that a bridge would not do, in the bridge's words."""

    __tablename__ = "bridge_refusal"
    __table_args__ = (sa.UniqueConstraint("bridge_id", "number"),)

    id: Mapped[str] = id_column()
    bridge_id: Mapped[str] = mapped_column(sa.ForeignKey("bridge.id"))
    number: Mapped[int]
    what: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(default=utcnow)


class Machine(Base):
    """One machine as its bridge last described it; `local_name` is its name on the wire."""

    __tablename__ = "machine"
    __table_args__ = (sa.UniqueConstraint("bridge_id", "local_name"),)

    id: Mapped[str] = id_column()
    workshop_id: Mapped[str] = mapped_column(sa.ForeignKey("workshop.id"), index=True)
    bridge_id: Mapped[str] = mapped_column(sa.ForeignKey("bridge.id"))
    local_name: Mapped[str] = mapped_column(sa.String(64))
    name: Mapped[str] = mapped_column(sa.String(80))
    profile: Mapped[dict[str, Any]]
    profile_sha256: Mapped[str] = mapped_column(sa.String(64))
    state: Mapped[MachineState] = mapped_column(
        sa.Enum(MachineState, native_enum=False, length=20, values_callable=lambda states: [s.value for s in states])
    )
    seen: Mapped[datetime] = mapped_column(default=utcnow)
    claims_by_itself: Mapped[bool] = mapped_column(default=False)
    """The owner's own policy: claim whatever open job this machine can make."""
    removed: Mapped[datetime | None] = mapped_column(default=None)
    """Since when its bridge has it no more."""

    workshop: Mapped[Workshop] = relationship(back_populates="machines")
    bridge: Mapped[Bridge] = relationship()

    def published(self) -> PublishedProfile:
        """The profile as a type. Raises `msgspec.ValidationError` where an older version wrote it."""
        import msgspec

        return msgspec.convert(self.profile, PublishedProfile)
