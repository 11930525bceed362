"""Bringing a design: a script, a folder of one in a zip, or a model file."""

from pathlib import PurePosixPath

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts.auth import login_required, signed_in_account
from commons.catalog import services
from commons.catalog.forms import ACCEPTED, UploadForm
from commons.catalog.making import artefacts
from commons.catalog.refusals import REFUSALS, said_of
from commons.catalog.submissions import submission_of_upload
from commons.catalog.submissions.model import MODEL_SUFFIXES
from commons.catalog.trying import tried
from commons.errors import Invalid
from commons.forms import add_problems

UPLOAD_BYTES_MAX = 32 * 1024 * 1024
TEXT_BYTES_MAX = 1024 * 1024
"""Of a form's fields that are no files: a script is a field of the form that remixes by code."""
NOTES_SHOWN = 4


def add_to(blueprint: flask.Blueprint) -> None:
    """Puts these on the catalogue's blueprint. Before any other look at the request, its limits are set."""
    blueprint.before_app_request(_allow_more)
    blueprint.route("/designs/new", methods=["GET", "POST"])(upload)


def _allow_more() -> None:
    request = flask.request
    if request.endpoint == "catalog.upload":
        request.max_content_length = UPLOAD_BYTES_MAX
    elif request.endpoint == "catalog.code":
        request.max_form_memory_size = TEXT_BYTES_MAX


@login_required
def upload() -> ResponseReturnValue:
    """Takes the file, tries it in the forge, and only then puts it into the catalogue."""
    form, status = UploadForm(), 200
    if form.validate_on_submit():
        try:
            return _added(form)
        except REFUSALS as error:
            sentence, status = said_of(error)
            problems = error.problems if isinstance(error, Invalid) else {}
            add_problems(form, problems or {"file": sentence})
    elif form.errors:
        status = 422
    return flask.render_template("catalog/upload.html", form=form, accepted=ACCEPTED), status


def _added(form: UploadForm) -> ResponseReturnValue:
    """Raises what `REFUSALS` names."""
    account, sent = signed_in_account(), form.file.data
    name, data = sent.filename or "", sent.read()
    submission = submission_of_upload(
        name, data, title=form.title.data, licence=form.spdx, licensor=account.name, summary=form.summary.data
    )
    is_model = PurePosixPath(name).suffix.lower() in MODEL_SUFFIXES
    notes = tried(submission.source, submission.files.items() if is_model else ())
    with db.write() as session:
        added = services.add_as_new(session, artefacts(), submission, account)
        slug = added.revision.design.slug
    flask.flash("It is in the catalogue. This is its page.")
    for note in notes[:NOTES_SHOWN]:
        flask.flash(note[:300])
    return flask.redirect(flask.url_for("catalog.design", slug=slug), 303)
