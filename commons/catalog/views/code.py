"""Remixing by code: a new design from a changed script, or from a script that begins with its parent's shape."""

from collections.abc import Mapping
from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts.auth import login_required, signed_in_account
from commons.catalog import services
from commons.catalog.forms import CodeForm
from commons.catalog.making import Wanted, artefacts, geometry, wanted
from commons.catalog.refusals import REFUSALS, said_of
from commons.catalog.submissions import PARENT_SHAPE, remix_of
from commons.catalog.submissions.model import script_of_model
from commons.catalog.trying import tried
from commons.catalog.values import as_fields
from commons.catalog.waiting import built_soon
from commons.errors import Invalid
from commons.forms import add_problems
from fabrication.errors import ScriptFailed, SourceError
from fabrication.recipes import Source

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
    account, parent = signed_in_account(), variant.revision
    submission = remix_of(
        parent.id,
        parent.manifest,
        script=form.script.data,
        files=_start(variant, form.start.data).files,
        title=form.title.data,
        licensor=account.name,
        summary=form.summary.data,
    )
    tried(submission.source)
    with db.write() as session:
        slug = services.add_as_new(session, artefacts(), submission, account).revision.design.slug
    flask.flash(f"It is in the catalogue, made from {parent.design.title}.")
    return flask.redirect(flask.url_for("catalog.design", slug=slug), 303)


def _start(variant: Wanted, start: str | None) -> Start:
    """Raises `StillBuilding` and every `ForgeError` where the shape has to be built first."""
    source, title = variant.source, _one_line(variant.revision.design.title)
    if start == SHAPE:
        step = geometry().export(built_soon(variant), "step")
        script = _FROM_A_SHAPE.format(title=title, reads="import_step", file=PARENT_SHAPE)
        return Start(script, {PARENT_SHAPE: step})
    if (name := _model_alone(source)) is not None:
        reads = "import_step" if name.lower().endswith((".step", ".stp")) else "import_mesh"
        return Start(_FROM_A_SHAPE.format(title=title, reads=reads, file=name), source.files)
    return Start(source.script, source.files)


def _model_alone(source: Source) -> str | None:
    """The file of a design that is a model as it was uploaded, with no script of its author's; else None."""
    name = next(iter(source.files), "")
    is_ours = source.script.splitlines()[1:] == script_of_model(name, "").splitlines()[1:]  # below its title
    return name if len(source.files) == 1 and is_ours else None


def _one_line(title: str) -> str:
    """Fit for a docstring's first line."""
    return " ".join(title.replace("\\", " ").replace('"', "'").split())
