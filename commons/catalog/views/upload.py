"""Bringing a design: a script, a folder of one in a zip, or a model file."""

import flask
from flask.typing import ResponseReturnValue

from commons.accounts.auth import login_required, signed_in_account
from commons.catalog.forms import ACCEPTED, UploadForm
from commons.catalog.refusals import REFUSALS, said_of
from commons.catalog.submissions import submission_of_upload
from commons.catalog.submissions.kept import Kept
from commons.catalog.trying import added
from commons.errors import Invalid
from commons.forms import add_problems

UPLOAD_BYTES_MAX = 32 * 1024 * 1024
TEXT_BYTES_MAX = 1024 * 1024
"""Of a form's fields that are no files: a script is a field of the form that remixes by code."""


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
    """Takes the file, has it tried in the forge, and only then put into the catalogue."""
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
    return added(Kept(submission, flask.url_for("catalog.upload")))
