"""What every page shares: CSRF, security headers, error pages, and the filters of the templates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import flask
from flask import Flask
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from commons import db, health, markdown
from commons.accounts.auth import current_account
from commons.catalog.making import sentence_of
from commons.catalog.submissions.manifest import licensors
from commons.catalog.values import PREFIX, as_text
from commons.errors import CommonsError, Invalid, TooOften
from fabrication.errors import (
    ConfinementUnavailable,
    FabricationError,
    ForgeUnavailable,
    SlicerMissing,
    SlicerUnconfined,
)

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
TITLES = {
    400: "That could not be read",
    403: "Not yours to do",
    404: "Nothing here",
    405: "Not like this",
    409: "Somebody was first",
    413: "Too large",
    422: "That makes no sense here",
    429: "Too often",
    503: "Not available now",
}


def register_pages(app: Flask) -> None:
    """Adds all of it to `app`, after its blueprints: those named `agents` speak JSON with tokens, not forms."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # as long as the session it belongs to
    csrf = CSRFProtect(app)
    if "agents" in app.blueprints:
        csrf.exempt(app.blueprints["agents"])
    app.before_request(_refuse_what_is_no_text)
    app.before_request(_say_each_value_once)
    app.register_blueprint(health.blueprint)
    app.register_error_handler(CSRFError, _csrf_page)
    app.register_error_handler(CommonsError, _commons_page)
    app.register_error_handler(FabricationError, _fabrication_page)
    app.register_error_handler(OperationalError, _database_page)
    app.register_error_handler(HTTPException, _http_page)
    app.after_request(_add_headers)
    app.context_processor(lambda: {"account": current_account(), "now": db.utcnow()})
    app.add_template_filter(markdown.render, "markdown")
    app.add_template_filter(as_text, "field_text")
    app.add_template_filter(licensor)
    app.add_template_filter(number)
    app.add_template_filter(duration)
    app.add_template_filter(moment)


def number(value: float, digits: int = 2) -> str:
    """At most `digits` decimals and no trailing zeros: 12.50 → 12.5, 60.0 → 60."""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 42 s, 7 min, 2 h 05 min, 3 days."""
    minutes = round(seconds / 60)
    if seconds >= 2 * 86_400:
        return f"{seconds / 86_400:.0f} days"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def moment(at: datetime) -> Markup:
    """A time, in UTC; `static/js/site.js` shows it in the reader's zone."""
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), at.strftime("%-d %b %Y, %H:%M UTC")
    )


def licensor(manifest: Mapping[str, Any]) -> str:
    """Who grants the licence, of an Open Know-How manifest."""
    return ", ".join(licensors(manifest))


def _refuse_what_is_no_text() -> None:
    """Bytes that are no UTF-8, and NUL, which no person types and PostgreSQL's text cannot hold. Raises `Invalid`."""
    request = flask.request
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        request.query_string = b""  # the page that says so must not fall over it too
        raise Invalid("This address is no text. Check how it was copied.") from None
    said = (request.path, *(text for name, texts in request.values.lists() for text in (name, *texts)))
    if any("\0" in text for text in said):
        raise Invalid("What was sent holds a character that is none (NUL). Remove it and send it again.")


def _say_each_value_once() -> ResponseReturnValue | None:
    """A box is sent after its hidden "false", and the last counts: the address, which is shared, says only that."""
    request = flask.request
    said = list(request.args.lists())
    if request.method != "GET" or all(len(texts) < 2 for name, texts in said if name.startswith(PREFIX)):
        return None
    last = [(name, text) for name, texts in said for text in (texts[-1:] if name.startswith(PREFIX) else texts)]
    return flask.redirect(f"?{urlencode(last)}")


def _add_headers(response: flask.Response) -> flask.Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _page(status: int, message: str) -> ResponseReturnValue:
    title = TITLES.get(status, "Something went wrong here" if status >= 500 else "That did not work")
    return flask.render_template("error.html", status=status, title=title, message=message), status


def _commons_page(error: CommonsError) -> ResponseReturnValue:
    response = flask.make_response(_page(error.status, str(error)))
    if isinstance(error, TooOften):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _fabrication_page(error: FabricationError) -> ResponseReturnValue:
    unavailable = isinstance(error, ForgeUnavailable | ConfinementUnavailable | SlicerMissing | SlicerUnconfined)
    return _page(503 if unavailable else 422, sentence_of(error))


def _database_page(error: OperationalError) -> ResponseReturnValue:
    flask.current_app.logger.error("the database: %s", error)
    flask.g.account = None  # so that this page does not ask it who is reading
    return _page(
        503, "What this commons knows cannot be read at the moment; nothing was changed. Try again in a minute."
    )


def _csrf_page(error: CSRFError) -> ResponseReturnValue:
    return _page(
        400,
        "This form was too old, or did not come from this site. Go back, reload the page and send it again: "
        f"nothing was changed. ({error.description})",
    )


MESSAGES = {
    404: "The page was moved, never was, or its address was mistyped.",
    413: "What was sent is larger than this commons takes.",
    500: "The fault is ours. Nothing of yours was changed unless a page says so; try again in a moment.",
}


def _http_page(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    return _page(error.code, MESSAGES.get(error.code, error.description or ""))
