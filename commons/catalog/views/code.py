"""Remixing by code: a new design from a changed script, or from a script that begins with its parent's shape."""

from collections.abc import Mapping
from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts.auth import login_required, signed_in_account
from commons.catalog.forms import CodeForm
from commons.catalog.making import Wanted, artefacts, geometry, wanted
from commons.catalog.refusals import REFUSALS, said_of
from commons.catalog.submissions import PARENT_SHAPE, remix_of
from commons.catalog.submissions.kept import Kept, kept
from commons.catalog.submissions.model import model_alone
from commons.catalog.trying import added
from commons.catalog.values import as_fields
from commons.catalog.waiting import built_soon
from commons.errors import Invalid
from commons.forms import add_problems
from commons.work import savings
from fabrication.errors import ScriptFailed, SourceError

SHAPE, SCRIPT = "shape", "script"
_FROM_A_SHAPE = '''"""{title}, changed."""

import cadquery as cq

# A parameter is a variable with a comment, which becomes a slider:
# width = 20.0  # [5:0.5:80] mm  Width

body = {reads}("{file}")  # the parent as it is; cut it, join to it

show_object(body, name="body")
'''


@dataclass(frozen=True)
class Start:
    """What a remix begins with: a script, and the files that lie beside it."""

    script: str
    files: Mapping[str, bytes]


def add_to(blueprint: flask.Blueprint) -> None:
    """Puts this on the catalogue's blueprint."""
    blueprint.route("/designs/<slug>/code", methods=["GET", "POST"])(code)


@login_required
def code(slug: str) -> ResponseReturnValue:
    """The parent's script in a form; sent, it is tried in the forge and only then becomes a design of its own."""
    variant, form = wanted(slug), CodeForm()
    status, line = 200, None
    if form.validate_on_submit():
        try:
            return _added(variant, form)
        except REFUSALS as error:
            sentence, status = said_of(error)
            line = error.line if isinstance(error, ScriptFailed | SourceError) else None
            problems = error.problems if isinstance(error, Invalid) else {}
            add_problems(form, problems or {"script": sentence})
    elif form.errors:
        status = 422
    else:
        form.start.data = SHAPE if flask.request.values.get("start") == SHAPE else SCRIPT
        if key := flask.request.args.get("saving"):
            _hand_back(form, key)
        else:
            form.script.data = _start(variant, form.start.data).script
    page = flask.render_template(
        "catalog/code.html",
        form=form,
        line=line,
        design=variant.revision.design,
        revision=variant.revision,
        fields=as_fields(variant.values()),
    )
    return page, status


def _added(variant: Wanted, form: CodeForm) -> ResponseReturnValue:
    """Raises what `REFUSALS` names."""
    parent = variant.revision
    submission = remix_of(
        parent.id,
        parent.manifest,
        script=form.script.data,
        files=_start(variant, form.start.data).files,
        title=form.title.data,
        licensor=signed_in_account().name,
        summary=form.summary.data,
    )
    chosen = {"revision": parent.id, "start": form.start.data, **as_fields(variant.values())}
    return added(Kept(submission, flask.url_for("catalog.code", slug=parent.design.slug, **chosen)))


def _hand_back(form: CodeForm, key: str) -> None:
    """Fills the form with what did not build as long work, and says why. Raises `NotFound`."""
    status = savings.status(db.session(), key, signed_in_account())
    submission = kept(artefacts(), status.subject).submission
    form.script.data, form.title.data = submission.script, submission.manifest["name"]
    form.summary.data = submission.manifest["function"]
    if status.error:
        add_problems(form, {"script": status.error})


def _start(variant: Wanted, start: str | None) -> Start:
    """Raises `StillBuilding` and every `ForgeError` where the shape has to be built first."""
    source, title = variant.source, _one_line(variant.revision.design.title)
    if start == SHAPE:
        step = geometry().export(built_soon(variant), "step")
        script = _FROM_A_SHAPE.format(title=title, reads="import_step", file=PARENT_SHAPE)
        return Start(script, {PARENT_SHAPE: step})
    if (name := model_alone(source)) is not None:
        reads = "import_step" if name.lower().endswith((".step", ".stp")) else "import_mesh"
        return Start(_FROM_A_SHAPE.format(title=title, reads=reads, file=name), source.files)
    return Start(source.script, source.files)


def _one_line(title: str) -> str:
    """Fit for a docstring's first line."""
    return " ".join(title.replace("\\", " ").replace('"', "'").split())
