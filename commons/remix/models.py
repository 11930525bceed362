"""Named variants."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commons.accounts.models import Account
from commons.catalog.models import Revision
from commons.db import Base, id_column, utcnow


class Variant(Base):
    """A revision and values that somebody gave a title. It never changes, and has no revisions of its own."""

    __tablename__ = "variant"

    id: Mapped[str] = id_column()
    revision_id: Mapped[str] = mapped_column(sa.ForeignKey("revision.id"), index=True)
    owner_id: Mapped[str] = mapped_column(sa.ForeignKey("account.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    values: Mapped[dict[str, Any]]
    """Canonical: every parameter of the revision, in the script's order."""
    created: Mapped[datetime] = mapped_column(default=utcnow)

    revision: Mapped[Revision] = relationship()
    owner: Mapped[Account] = relationship()
