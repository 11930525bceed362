"""The files a person may take away: formats, names, what is written into them; and the pictures."""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

import flask
from flask.typing import ResponseReturnValue

from commons.catalog.making import Wanted, geometry
from commons.catalog.services import provenance_of
from commons.catalog.waiting import StillBuilding, built_soon
from commons.errors import NotFound
from fabrication.errors import FabricationError
from fabrication.geometry.service import Format

FORMATS: dict[Format | Literal["png"], str] = {
    "stl": "model/stl",
    "step": "model/step",
    "3mf": "model/3mf",
    "glb": "model/gltf-binary",
    "svg": "image/svg+xml",
    "dxf": "image/vnd.dxf",
    "png": "image/png",
}
"""Format → media type, in the order they are offered."""


@dataclass(frozen=True)
class File:
    """One file to keep."""

    name: str
    mimetype: str
    data: bytes


def file_of(variant: Wanted, fmt: str, name: str, part: str | None, designers: tuple[str, ...]) -> File:
    """The whole variant, or one part of it, as `fmt`, with `designers` from the newest work to the oldest.

    A picture is of the whole; the field `ground` says on which. Raises `NotFound` for a format or a part there is not,
    `StillBuilding`, and every `ForgeError`.
    """
    form = next((each for each in FORMATS if each == fmt), None)
    if form is None:
        raise NotFound(f"No “{fmt}” files are made here; there are {', '.join(FORMATS)}.")
    build = built_soon(variant)
    if part is not None and part not in {each.name for each in build.parts}:
        raise NotFound(f"There is no part “{part}”; there are {', '.join(each.name for each in build.parts)}.")
    if form == "png":
        part = None
        clear = flask.request.args.get("ground") == "transparent"
        data = geometry().picture(build, "transparent" if clear else "plain")
    else:
        data = geometry().export(build, form, part, provenance_of(variant.revision, build.values, designers))
    return File(f"{_plain(f'{name}-{part}' if part else name)}.{form}", FORMATS[form], data)


def send_picture(variant: Wanted) -> ResponseReturnValue:
    """The variant's picture; a drawing that says so where none can be made, or not yet. Asked again, 304."""
    named = json.dumps([variant.revision.id, variant.shown()])
    response = flask.Response(mimetype="image/png")
    response.set_etag(hashlib.sha256(named.encode()).hexdigest()[:32])
    response.cache_control.max_age = 300
    if flask.request.if_none_match.contains(response.get_etag()[0] or ""):
        return response.make_conditional(flask.request)
    try:
        response.set_data(geometry().picture(built_soon(variant)))
    except StillBuilding:
        if flask.request.accept_mimetypes.best_match(["image/png", "text/html"]) == "text/html":
            raise  # a person looks at the picture alone
        return flask.send_from_directory("static/img", "picture-to-come.svg", max_age=0)
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


def _plain(name: str) -> str:
    """A file name that every system takes, and that cannot end the header it travels in."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)
