"""What the forge makes of a design while somebody looks: previews, pictures and files."""

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.catalog import refusals, waiting
from commons.catalog.files import send_file_of, send_picture
from commons.catalog.making import geometry, wanted
from commons.errors import TooOften
from fabrication.errors import ForgeError, SourceError, ValueRefused


def add_to(blueprint: flask.Blueprint) -> None:
    """Puts these on the catalogue's blueprint."""
    blueprint.post("/designs/<slug>/preview")(preview)
    blueprint.get("/designs/<slug>/picture.png")(picture)
    blueprint.get("/designs/<slug>/files/<fmt>")(file)


def preview(slug: str) -> ResponseReturnValue:
    """A GLB, coarse or with `fine=1` finer; 202 and JSON where these very values are long work already; or what is
    wrong, as JSON (see `refusals.json_of`)."""
    try:
        variant = wanted(slug)
        values = variant.values()
        if status := waiting.under_way(variant.source, values):
            return waiting.json_of(status), 202
        db.close_session()  # a build may take seconds
        make = geometry().fine if flask.request.form.get("fine") else geometry().preview
        return flask.Response(make(variant.source, values), mimetype="model/gltf-binary")
    except (ValueRefused, SourceError, ForgeError, TooOften) as error:
        return refusals.json_of(error)


def picture(slug: str) -> ResponseReturnValue:
    """A PNG of these values, or a drawing in its place (see `send_picture`)."""
    return send_picture(wanted(slug))


def file(slug: str, fmt: str) -> ResponseReturnValue:
    """These values as a file to keep."""
    return send_file_of(wanted(slug), fmt, slug)
