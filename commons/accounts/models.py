"""Accounts and the sessions they are signed in with."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commons.db import Base, id_column, utcnow


class Account(Base):
    """A person (or the commons itself, which has no password and cannot sign in)."""

    __tablename__ = "account"

    id: Mapped[str] = id_column()
    handle: Mapped[str] = mapped_column(sa.String(32), unique=True)
    """Lower case, in addresses: `/people/<handle>`."""
    name: Mapped[str] = mapped_column(sa.String(80))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    created: Mapped[datetime] = mapped_column(default=utcnow)


class LoginSession(Base):
    """One browser signed in. The browser keeps a random token; here is only its hash."""

    __tablename__ = "login_session"

    token_sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(default=utcnow)
    expires: Mapped[datetime]

    account: Mapped[Account] = relationship(lazy="joined")


class SignInFailure(Base):
    """A wrong password, kept for as long as it counts against the next attempts."""

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    handle: Mapped[str] = mapped_column(sa.String(32))
    at: Mapped[datetime] = mapped_column(default=utcnow)

    __table_args__ = (sa.Index("ix_sign_in_failure_handle_at", "handle", "at"),)
