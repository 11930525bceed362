"""Who is asking, for every feature: `current_account`, `login_required`, and a safe way back."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts import services
from commons.accounts.models import Account
from commons.errors import Forbidden

_P = ParamSpec("_P")
TOKEN = "login"


def current_account() -> Account | None:
    """The account this browser is signed in as, looked up once per request."""
    if "account" not in flask.g:
        token = flask.session.get(TOKEN)
        flask.g.account = services.account_of(db.session(), token, now=db.utcnow()) if token else None
    return cast("Account | None", flask.g.account)


def signed_in_account() -> Account:
    """The account, within a view that is `login_required`. Raises `Forbidden` elsewhere."""
    account = current_account()
    if account is None:
        raise Forbidden("Sign in first.")
    return account


def login_required(view: Callable[_P, ResponseReturnValue]) -> Callable[_P, ResponseReturnValue]:
    """Sends whoever is not signed in to the sign-in page, and back to where they were afterwards."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> ResponseReturnValue:
        if current_account() is not None:
            return view(*args, **kwargs)
        request = flask.request
        came_from = request.full_path if request.method == "GET" else _path_of(request.referrer)
        where = flask.url_for("accounts.sign_in", next=came_from.rstrip("?"))
        if request.headers.get("HX-Request"):
            return "", 204, {"HX-Redirect": where}
        return flask.redirect(where, 303)

    return guarded


def safe_next(target: str | None) -> str:
    """`target` if it is a path on this site, else the front page: nobody is sent elsewhere by a link to us."""
    if not target or not target.isprintable() or "\\" in target or not target.startswith("/"):
        return "/"
    return "/" if target.startswith("//") else target  # one slash: no scheme and no host, whatever follows


def _path_of(address: str | None) -> str:
    try:
        parts = urlsplit(address or "/")
    except ValueError:  # a referrer is whatever the other side says
        return "/"
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
