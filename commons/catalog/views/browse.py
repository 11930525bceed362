"""Browsing: every design, one design, its source and what values it takes."""

import io
import zipfile
from functools import partial

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.catalog import services
from commons.catalog.files import FORMATS
from commons.catalog.making import wanted
from commons.catalog.sampling.services import known_of
from commons.catalog.values import PREFIX, groups_of
from commons.remix.services import variants_of
from fabrication.geometry.parameters import json_schema
from fabrication.recipes import SCRIPT, Source


def add_to(blueprint: flask.Blueprint) -> None:
    """Puts these pages on the catalogue's blueprint."""
    blueprint.get("/")(index)
    blueprint.get("/designs/<slug>")(design)
    blueprint.get("/designs/<slug>/source")(source)
    blueprint.get("/designs/<slug>/schema.json")(schema)


def index() -> ResponseReturnValue:
    """Every design, or those that have each word of `q`."""
    text = flask.request.args.get("q", "").strip()[:200]
    return flask.render_template("catalog/index.html", q=text, designs=services.search(db.session(), text))


def design(slug: str) -> ResponseReturnValue:
    """One design with the values of the address; 422 where these are refused, with the reasons beside their fields."""
    variant = wanted(slug)
    problems = variant.problems()
    shown = variant.revision.design
    page = flask.render_template(
        "catalog/design.html",
        design=shown,
        revision=variant.revision,
        parameters=variant.parameters,
        groups=groups_of(variant.parameters),
        shown=variant.shown(),
        problems=problems,
        fields={PREFIX + name: text for name, text in variant.shown().items()},
        formats=FORMATS,
        files_at=partial(_files_at, slug),
        variants=variants_of(db.session(), design_id=variant.revision.design_id, limit=24),
        made_from=services.made_from(db.session(), shown),
        known=known_of(db.session(), variant.source.sha256, variant.parameters),
    )
    return page, 422 if problems else 200


def source(slug: str) -> ResponseReturnValue:
    """The script as its author wrote it; where files lie beside it, a zip of all."""
    found = wanted(slug).source
    data, mimetype, suffix = (
        (_zipped(found), "application/zip", "zip") if found.files else (found.script.encode(), "text/x-python", "py")
    )
    return flask.Response(
        data, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{slug}.{suffix}"'}
    )


def schema(slug: str) -> ResponseReturnValue:
    """What values a revision takes, for programs: what is valid by it is taken by every address and form here."""
    variant = wanted(slug)
    said = json_schema(variant.parameters, variant.revision.manifest["name"])
    response = flask.Response(flask.json.dumps(said), mimetype="application/schema+json")
    response.add_etag()
    return response.make_conditional(flask.request)


def _zipped(source: Source) -> bytes:
    folder = io.BytesIO()
    with zipfile.ZipFile(folder, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {SCRIPT: source.script.encode(), **source.files}.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return folder.getvalue()


def _files_at(slug: str, fmt: str) -> str:
    return flask.url_for("catalog.file", slug=slug, fmt=fmt)
