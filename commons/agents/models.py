"""Pairings under way: a bridge that has asked for a token and a person who has not answered yet."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commons.db import Base, id_column, utcnow
from commons.workshops.models import Workshop


class Pairing(Base):
    """One run of the OAuth 2.0 device grant (RFC 8628). Of the device code only the hash is kept."""

    __tablename__ = "pairing"

    id: Mapped[str] = id_column()
    device_code_sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_code: Mapped[str] = mapped_column(sa.String(9), unique=True)
    bridge_name: Mapped[str] = mapped_column(sa.String(80))
    created: Mapped[datetime] = mapped_column(default=utcnow)
    expires: Mapped[datetime]
    asked: Mapped[datetime | None] = mapped_column(default=None)
    workshop_id: Mapped[str | None] = mapped_column(sa.ForeignKey("workshop.id"))
    denied: Mapped[bool] = mapped_column(default=False)

    workshop: Mapped[Workshop | None] = relationship()
