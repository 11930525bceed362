"""The verbs of accounts: sign up, sign in, sign out, and who a browser's token belongs to."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from commons.accounts.models import Account, LoginSession, SignInFailure
from commons.errors import Forbidden, Invalid, NotFound

SIGNED_IN_FOR = timedelta(days=30)
FAILURES_MAX, FAILURES_WITHIN = 10, timedelta(minutes=15)
HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
RESERVED_HANDLES = frozenset({"admin", "api", "commons", "moderator", "root", "system"})


def canonical_handle(text: str) -> str:
    """The one form of a handle. Raises `Invalid` where it cannot be one."""
    handle = text.strip().removeprefix("@").casefold()
    if not HANDLE.fullmatch(handle):
        raise Invalid(
            "This handle cannot be used.",
            {"handle": "2 to 32 letters a to z, digits and hyphens, with a letter or digit at both ends."},
        )
    return handle


def hash_password(password: str) -> str:
    """Slow on purpose (scrypt): call it outside a writing transaction."""
    return generate_password_hash(password)


def sign_up(session: Session, *, handle: str, name: str, password_hash: str, email: str = "") -> Account:
    """A new account. Raises `Invalid` where the handle is malformed, reserved or taken."""
    handle = canonical_handle(handle)
    if handle in RESERVED_HANDLES or len(handle) < 2 or _find(session, handle):
        raise Invalid("This handle cannot be used.", {"handle": f"“{handle}” is taken; choose another."})
    account = Account(
        handle=handle, name=name.strip() or handle, email=email.strip() or None,
        password_hash=password_hash,
    )  # fmt: skip
    session.add(account)
    session.flush()
    return account


def commons_account(session: Session) -> Account:
    """The account that owns the shipped designs; it has no password, so nobody signs in as it."""
    account = _find(session, "commons")
    if account is None:
        account = Account(handle="commons", name="The commons")
        session.add(account)
        session.flush()
    return account


def check_password(session: Session, handle: str, password: str, *, now: datetime) -> Account | None:
    """The account whose handle and password these are, else None. Slow on purpose; writes nothing.

    Raises `Forbidden` after `FAILURES_MAX` failures on one handle within `FAILURES_WITHIN`.
    """
    handle = handle.strip().removeprefix("@").casefold()[:32]
    counted = sa.select(sa.func.count()).where(SignInFailure.handle == handle, SignInFailure.at > now - FAILURES_WITHIN)
    if (session.scalar(counted) or 0) >= FAILURES_MAX:
        raise Forbidden("Too many wrong passwords for this handle. Try again in a quarter of an hour.")
    account = _find(session, handle)
    # Nobody's hash is checked too, so that the answer takes as long and does not tell who is here.
    kept = (account.password_hash if account else None) or _nobodys_hash()
    right = check_password_hash(kept, password)
    return account if right and account is not None and account.password_hash else None


def count_failure(session: Session, handle: str, *, now: datetime) -> None:
    """Remembers a wrong password for as long as it counts."""
    session.execute(sa.delete(SignInFailure).where(SignInFailure.at < now - FAILURES_WITHIN))
    session.add(SignInFailure(handle=handle.strip().removeprefix("@").casefold()[:32], at=now))


def begin_login(session: Session, account: Account, *, replacing: str | None, now: datetime) -> str:
    """A fresh random token for a browser; the one it had (`replacing`) ends, and failures are forgotten."""
    end_login(session, replacing)
    session.execute(sa.delete(SignInFailure).where(SignInFailure.handle == account.handle))
    session.execute(sa.delete(LoginSession).where(LoginSession.expires < now))
    token = secrets.token_urlsafe(32)
    session.add(LoginSession(token_sha256=_digest(token), account_id=account.id, expires=now + SIGNED_IN_FOR))
    return token


def end_login(session: Session, token: str | None) -> None:
    if token:
        session.execute(sa.delete(LoginSession).where(LoginSession.token_sha256 == _digest(token)))


def account_of(session: Session, token: str, *, now: datetime) -> Account | None:
    """Whose live token this is."""
    login = session.get(LoginSession, _digest(token))
    return login.account if login and login.expires > now else None


def person(session: Session, handle: str) -> Account:
    """Raises `NotFound`."""
    account = _find(session, handle.casefold())
    if account is None:
        raise NotFound(f"Nobody here is called “{handle}”.")
    return account


@cache
def _nobodys_hash() -> str:
    return generate_password_hash(secrets.token_hex())


def _find(session: Session, handle: str) -> Account | None:
    return session.scalar(sa.select(Account).where(Account.handle == handle))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
