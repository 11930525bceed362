"""Variants that take longer to build than a person waits: they become long work, with a page that says how it goes."""

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.catalog.making import Wanted, artefacts, geometry, variant_of
from commons.catalog.metering import Buckets, client_of
from commons.catalog.services import revision as revision_named
from commons.catalog.values import as_fields
from commons.errors import TooOften
from commons.work import builds
from commons.work.models import WorkState
from commons.work.status import BUILD, SAVE, Status
from fabrication.errors import TookTooLong
from fabrication.geometry.service import Build
from fabrication.recipes import Source, Value, geometry_key

BUILDS_A_MINUTE = 12
"""Long builds one address may ask for; the same again is one build and costs one."""
LOOK_AGAIN_S = 2
PATIENCE_S, LOOK_S = 3.0, 0.1
"""How long an answer waits for long work that may be over in a moment, as that of a remix just saved mostly is."""
STATUSES = {WorkState.WANTED: 202, WorkState.MAKING: 202, WorkState.MADE: 200, WorkState.FAILED: 422}
PAGES = {BUILD: "catalog.build", SAVE: "catalog.saving"}
"""Where each kind of long work is followed."""


class StillBuilding(Exception):
    """A variant was not built within the short limit and is long work now, named `key`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def add_to(blueprint: flask.Blueprint) -> None:
    """Any view may raise `StillBuilding`: what was asked for comes after the page that waits for it."""
    blueprint.record(_open_buckets)
    blueprint.app_errorhandler(StillBuilding)(_progress_instead)


def built_soon(variant: Wanted) -> Build:
    """The variant's build, within a preview's short limit, or at once where it was made before.

    Raises `StillBuilding` where that is not enough, having it built in the background; `ValueRefused`, `TooOften`,
    and every other `ForgeError`.
    """
    values = variant.values()
    began = time.monotonic()
    while (status := under_way(variant.source, values)) is not None:
        if time.monotonic() - began > PATIENCE_S:
            raise StillBuilding(status.key)
        db.close_session()
        time.sleep(LOOK_S)
    if (found := geometry().find(variant.source, values)) is not None:
        return found
    db.close_session()  # a build takes seconds
    try:
        geometry().preview(variant.source, values)
    except TookTooLong:
        raise StillBuilding(want(variant)) from None
    return geometry().build(variant.source, values)


def under_way(source: Source, values: Mapping[str, Value]) -> Status | None:
    """The long work that makes just this at the moment: whoever else asked for it would wait as long. Else None."""
    key = geometry_key(BUILD, source, values)
    if artefacts().find(key) is not None:
        return None
    status = builds.find(db.session(), key)
    return status if status and status.state in (WorkState.WANTED, WorkState.MAKING) else None


def want(variant: Wanted) -> str:
    """Have it built in the background, for up to two minutes; the key of that work.

    Raises `ValueRefused`, and `TooOften` where this address has asked for many.
    """
    values = variant.values()
    charge()
    with db.write() as session:
        return builds.want(session, variant.revision, variant.source, values)


def charge() -> None:
    """One more piece of long work for this address. Raises `TooOften` where it has asked for many."""
    buckets: Buckets = flask.current_app.extensions["builds_wanted"]
    if wait := buckets.take(client_of(flask.request.remote_addr or "")):
        raise TooOften(round(wait) + 1)


def page_of(key: str, then: str) -> str:
    """The address of the page that shows the work `key` and goes on to `then`, a path on this site."""
    return flask.url_for("catalog.build", key=key, next=then)


def json_of(status: Status) -> dict[str, object]:
    """What a page's script is told."""
    return {
        "key": status.key, "state": status.state, "words": status.words, "seconds": round(status.seconds, 1),
        "ahead": status.ahead, "url": flask.url_for(PAGES[status.kind], key=status.key),
    }  # fmt: skip


def progress_page(status: Status, then: str) -> ResponseReturnValue:
    """How the work stands, for a person: looks again by itself, and goes on to `then` when it is made."""
    made_of = variant_of(revision_named(db.session(), status.subject), status.about)
    design = made_of.revision.design
    response = flask.make_response(
        flask.render_template(
            "catalog/build.html",
            status=status,
            design=design,
            here=page_of(status.key, then),
            then=then,
            look_again_s=LOOK_AGAIN_S,
            is_file="/files/" in urlsplit(then).path,
            fields={"revision": made_of.revision.id, **as_fields(made_of.values())},
        ),
        STATUSES[status.state],
    )
    response.cache_control.no_store = True
    return response


def _progress_instead(waiting: StillBuilding) -> ResponseReturnValue:
    status = builds.status(db.session(), waiting.key)
    if wants_json():
        return json_of(status), 202
    return progress_page(status, flask.request.full_path.rstrip("?"))


def wants_json() -> bool:
    """Whether whoever asks is a script."""
    return flask.request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _open_buckets(state: flask.blueprints.BlueprintSetupState) -> None:
    state.app.extensions["builds_wanted"] = Buckets(BUILDS_A_MINUTE)
