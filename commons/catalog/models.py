"""Designs and their immutable revisions."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commons.accounts.models import Account
from commons.db import Base, id_column, utcnow


class Parent(Base):
    """A design was made from a revision of another: what its source was changed from."""

    __tablename__ = "design_parent"

    design_id: Mapped[str] = mapped_column(sa.ForeignKey("design.id"), primary_key=True)
    revision_id: Mapped[str] = mapped_column(sa.ForeignKey("revision.id"), primary_key=True, index=True)


class Design(Base):
    """A catalogue entry. Title, summary and licence are those of its newest revision's manifest."""

    __tablename__ = "design"

    id: Mapped[str] = id_column()
    slug: Mapped[str] = mapped_column(sa.String(64), unique=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    summary: Mapped[str] = mapped_column(sa.Text)
    licence: Mapped[str] = mapped_column(sa.String(120))
    """An SPDX expression."""
    owner_id: Mapped[str] = mapped_column(sa.ForeignKey("account.id"), index=True)
    created: Mapped[datetime] = mapped_column(default=utcnow)

    owner: Mapped[Account] = relationship()
    revisions: Mapped[list["Revision"]] = relationship(back_populates="design", order_by="Revision.number")
    parents: Mapped[list["Revision"]] = relationship(secondary="design_parent", order_by="Revision.created")
    """Empty for what was not made from another design."""


class Revision(Base):
    """One immutable state of a design's source, named by the hash of its script, files, manifest and readme."""

    __tablename__ = "revision"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """SHA-256 in hexadecimal, of `commons.catalog.services.revision_sha256`."""
    design_id: Mapped[str] = mapped_column(sa.ForeignKey("design.id"))
    number: Mapped[int]
    """Counts from 1 within the design; the highest is what its page shows."""
    source_sha256: Mapped[str] = mapped_column(sa.String(64))
    """What geometry is keyed by: `fabrication.recipes.Source.sha256`, of the script and the files beside it."""
    script_sha256: Mapped[str] = mapped_column(sa.String(64))
    """Where the script's bytes are in the artefact store."""
    files: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Helper modules and data beside the script: path → where its bytes are in the artefact store."""
    manifest: Mapped[dict[str, Any]]
    """The Open Know-How 2.4 manifest, as in `okh.toml`."""
    readme: Mapped[str] = mapped_column(sa.Text)
    created: Mapped[datetime] = mapped_column(default=utcnow)

    design: Mapped[Design] = relationship(back_populates="revisions")

    __table_args__ = (sa.UniqueConstraint("design_id", "number"),)
