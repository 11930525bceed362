"""What was tried, a row each."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from commons.db import Base, utcnow
from fabrication.geometry.feasible.samples import Outcome


class SampleRow(Base):
    """What became of one source with one set of values, under one version of kernel and forge.

    Whether it fits a machine is not kept: sizes are, and machines come and go.
    """

    __tablename__ = "sample"

    source_sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    engine: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    """As `fabrication.recipes.engine` says it."""
    point_key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """SHA-256 of the canonical values, of `fabrication.geometry.feasible.samples.point_key`."""
    values: Mapped[dict[str, Any]]
    outcome: Mapped[Outcome] = mapped_column(
        sa.Enum(Outcome, native_enum=False, length=10, values_callable=lambda outcomes: [o.value for o in outcomes])
    )
    words: Mapped[str] = mapped_column(sa.Text)
    line: Mapped[int | None]
    """Of the author's script, where the words are theirs."""
    sizes_mm: Mapped[list[Any]]
    """One [x, y, z] a part; empty where nothing was built."""
    seconds: Mapped[float] = mapped_column(sa.Double)
    created: Mapped[datetime] = mapped_column(default=utcnow)
