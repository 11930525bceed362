"""New designs that take long to build: how they stand, for whoever brought them."""

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts.auth import login_required, signed_in_account
from commons.catalog import waiting
from commons.catalog.making import artefacts
from commons.catalog.submissions.kept import kept
from commons.catalog.trying import welcomed
from commons.errors import NotFound
from commons.work import savings
from commons.work.models import WorkState


def add_to(blueprint: flask.Blueprint) -> None:
    """Puts this on the catalogue's blueprint."""
    blueprint.get("/savings/<key>")(saving)


@login_required
def saving(key: str) -> ResponseReturnValue:
    """How it stands, as JSON or as a page that goes on to the new design, or back to the form it came from."""
    owner = signed_in_account()
    status = savings.status(db.session(), key, owner)
    if waiting.wants_json():
        return waiting.json_of(status)
    brought = kept(artefacts(), status.subject)
    if status.state is WorkState.MADE:
        design = savings.made_of(db.session(), brought.submission, owner.id)
        if design is None:
            raise NotFound("This design is not in the catalogue any more.")
        return welcomed(design, tuple(status.about["notes"]))
    page = flask.render_template(
        "catalog/saving.html",
        status=status,
        title=brought.submission.manifest["name"],
        form=brought.form,
        is_remix=bool(brought.submission.parents),
        here=flask.url_for("catalog.saving", key=key),
        look_again_s=waiting.LOOK_AGAIN_S,
    )
    response = flask.make_response(page, waiting.STATUSES[status.state])
    response.cache_control.no_store = True
    return response
