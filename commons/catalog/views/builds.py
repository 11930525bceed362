"""Long builds: ask for one, and see how it goes."""

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts.auth import safe_next
from commons.catalog import refusals, waiting
from commons.catalog.making import wanted
from commons.catalog.values import as_fields
from commons.errors import TooOften
from commons.work import builds
from fabrication.errors import ValueRefused


def add_to(blueprint: flask.Blueprint) -> None:
    """Puts these on the catalogue's blueprint."""
    blueprint.post("/designs/<slug>/builds")(want)
    blueprint.get("/builds/<key>")(build)


def want(slug: str) -> ResponseReturnValue:
    """Has these values built as long work. 202 and JSON for a script, else on to the page that shows how it goes."""
    variant = wanted(slug)
    try:
        values = variant.values()
        key = waiting.want(variant)
    except (ValueRefused, TooOften) as error:
        if not waiting.wants_json():
            raise
        return refusals.json_of(error)
    if waiting.wants_json():
        return waiting.json_of(builds.status(db.session(), key)), 202
    fields: dict[str, Any] = {"revision": variant.revision.id, **as_fields(values)}
    return flask.redirect(waiting.page_of(key, flask.url_for("catalog.design", slug=slug, **fields)), 303)


def build(key: str) -> ResponseReturnValue:
    """How a build stands, as a page that goes on to `next`, or as JSON."""
    status = builds.status(db.session(), key)
    if waiting.wants_json():
        return waiting.json_of(status)
    return waiting.progress_page(status, safe_next(flask.request.args.get("next")))
