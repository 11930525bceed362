"""Pages of the catalogue: browse, one design, its preview, pictures and files."""

from functools import partial

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.catalog import services
from commons.catalog.files import FORMATS, send_file_of, send_picture
from commons.catalog.making import geometry, sentence_of, wanted
from commons.catalog.values import PREFIX, groups_of
from commons.errors import TooOften
from commons.remix.services import variants_of
from fabrication.errors import (
    ConfinementUnavailable,
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
    """A GLB, or JSON: 400 for values outside their limits, 422 for what the script makes of them, 429 for
    too many at once, 503 for no forge."""
    try:
        variant = wanted(slug)
        values = variant.values()
        db.close_session()  # a build may take seconds
        return flask.Response(geometry().preview(variant.source, values), mimetype="model/gltf-binary")
    except ValueRefused as refused:
        return {"message": "Some values are outside their limits.", "problems": refused.problems}, 400
    except (ConfinementUnavailable, ForgeUnavailable) as error:
        return {"message": f"No preview now. {sentence_of(error)}", "problems": {}}, 503
    except TooOften as error:
        return {"message": str(error), "problems": {}}, 429, {"Retry-After": str(error.retry_after_s)}
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
