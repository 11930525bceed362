"""Pages of the catalogue: browse, one design, its preview, pictures and files."""

import hashlib
import json
from functools import partial

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.catalog import services
from commons.catalog.files import FORMATS, file_of
from commons.catalog.making import Wanted, geometry, wanted
from commons.catalog.values import PREFIX, groups_of
from commons.remix.services import variants_of
from fabrication.errors import (
    ConfinementUnavailable,
    FabricationError,
    ForgeError,
    ForgeUnavailable,
    ScriptFailed,
    SourceError,
    ValueRefused,
)

blueprint = flask.Blueprint("catalog", __name__)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    text = flask.request.args.get("q", "").strip()[:200]
    return flask.render_template("catalog/index.html", q=text, designs=services.search(db.session(), text))


@blueprint.get("/designs/<slug>")
def design(slug: str) -> ResponseReturnValue:
    variant = wanted(slug)
    problems = variant.problems()
    page = flask.render_template(
        "catalog/design.html",
        design=variant.revision.design,
        revision=variant.revision,
        parameters=variant.parameters,
        groups=groups_of(variant.parameters),
        shown=variant.shown(),
        problems=problems,
        fields={PREFIX + name: text for name, text in variant.shown().items()},
        formats=FORMATS,
        files_at=partial(_files_at, slug),
        variants=variants_of(db.session(), design_id=variant.revision.design_id, limit=24),
    )
    return page, 422 if problems else 200


@blueprint.post("/designs/<slug>/preview")
def preview(slug: str) -> ResponseReturnValue:
    """A GLB, or JSON: 400 for values outside their limits, 422 for what the script makes of them, 503 for no forge."""
    try:
        variant = wanted(slug)
        values = variant.values()
        db.close_session()  # a build may take seconds
        return flask.Response(geometry().preview(variant.source, values), mimetype="model/gltf-binary")
    except ValueRefused as refused:
        return {"message": "Some values are outside their limits.", "problems": refused.problems}, 400
    except (ConfinementUnavailable, ForgeUnavailable) as error:
        return {"message": f"No preview now: {error}", "problems": {}}, 503
    except ScriptFailed as failed:
        return {"message": failed.message, "line": failed.line, "problems": {}}, 422
    except (SourceError, ForgeError) as error:
        return {"message": str(error), "problems": {}}, 422


@blueprint.get("/designs/<slug>/picture.png")
def picture(slug: str) -> ResponseReturnValue:
    return send_picture(wanted(slug))


@blueprint.get("/designs/<slug>/files/<fmt>")
def file(slug: str, fmt: str) -> ResponseReturnValue:
    return send_file_of(wanted(slug), fmt, slug)


@blueprint.get("/designs/<slug>/source")
def source(slug: str) -> ResponseReturnValue:
    """The script as its author wrote it."""
    text = wanted(slug).source.script
    return flask.Response(
        text, mimetype="text/x-python", headers={"Content-Disposition": f'attachment; filename="{slug}.py"'}
    )


def _files_at(slug: str, fmt: str) -> str:
    return flask.url_for("catalog.file", slug=slug, fmt=fmt)


def send_picture(variant: Wanted) -> ResponseReturnValue:
    """The variant's picture; where none can be made, a drawing that says so. Asked again, 304."""
    named = json.dumps([variant.revision.id, variant.shown()])
    response = flask.Response(mimetype="image/png")
    response.set_etag(hashlib.sha256(named.encode()).hexdigest()[:32])
    response.cache_control.max_age = 300
    if flask.request.if_none_match.contains(response.get_etag()[0] or ""):
        return response.make_conditional(flask.request)
    try:
        build = variant.build()
        response.set_data(geometry().picture(build))
    except FabricationError as error:
        flask.current_app.logger.warning("no picture of %s: %s", variant.revision.id[:12], error)
        return flask.send_from_directory("static/img", "no-picture.svg", max_age=0)
    return response


def send_file_of(variant: Wanted, fmt: str, name: str, *remixers: str) -> ResponseReturnValue:
    """The variant, or the part `part` of it, as a file to keep. Raises as `file_of` does."""
    designers = (*remixers, variant.revision.design.owner.name)
    made = file_of(variant, fmt, name, flask.request.args.get("part") or None, designers)
    return flask.Response(
        made.data,
        mimetype=made.mimetype,
        headers={"Content-Disposition": f'attachment; filename="{made.name}"'},
    )
