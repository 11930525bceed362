"""Long work, a row each: the row decides, whoever runs it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from commons.db import Base, utcnow


class WorkState(StrEnum):
    """Where a piece of long work stands."""

    WANTED = "wanted"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"


class Work(Base):
    """One thing to make. `attempt` grows with each taking, and only the taker with the newest may commit."""

    __tablename__ = "work"

    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    subject: Mapped[str] = mapped_column(sa.String(64))
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the subject's name alone does not tell its maker."""
    state: Mapped[WorkState] = mapped_column(
        sa.Enum(WorkState, native_enum=False, length=10, values_callable=lambda states: [s.value for s in states]),
        default=WorkState.WANTED,
        index=True,
    )
    attempt: Mapped[int] = mapped_column(default=0)
    began: Mapped[datetime | None] = mapped_column(default=None)
    """When the newest attempt began."""
    expires: Mapped[datetime | None] = mapped_column(default=None)
    wanted: Mapped[datetime] = mapped_column(default=utcnow)
    error: Mapped[str] = mapped_column(sa.Text, default="")
