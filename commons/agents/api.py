"""`/agent/v1`: what `firmware_bridge.wire` describes, over HTTP. JSON only, a bearer token, no cookies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
from flask import Blueprint, Response, current_app, request, send_file, url_for
from sqlalchemy.orm import Session

from commons.agents import pairing, services
from commons.agents.sync import Sync
from commons.config import Config
from commons.db import session as reading
from commons.db import utcnow, write
from commons.errors import CommonsError, Forbidden, Invalid
from commons.workshops.models import Bridge
from firmware_bridge import wire

T = TypeVar("T")
blueprint = Blueprint("agents", __name__, url_prefix="/agent/v1")


@blueprint.errorhandler(CommonsError)
def refuse(error: CommonsError) -> tuple[Response, int]:
    """Every refusal is `{"error": …}`, as RFC 6749 §5.2 has it."""
    return _json({"error": str(error)}), 401 if isinstance(error, Forbidden) else error.status


@blueprint.post("/device")
def device() -> Response:
    """A bridge asks to be paired."""
    asked = _body(wire.PairingRequest)
    with write() as session:
        return _json(pairing.begin(session, asked, url_for("workshops.pair", _external=True), utcnow()))


@blueprint.post("/token")
def token() -> Response:
    """A bridge asks whether its owner has answered."""
    asked = _body(wire.TokenRequest)
    refused = None
    with write() as session:
        try:
            answer = pairing.redeem(session, asked, utcnow())
        except pairing.GrantError as error:
            refused = error  # raised below, so that the time of asking is kept
    if refused is not None:
        raise refused
    return _json(answer)


@blueprint.post("/sync")
def sync() -> Response:
    """A bridge says how things stand and hears what it may do."""
    said = _body(wire.SyncRequest)
    if said.protocol != wire.PROTOCOL_VERSION:
        raise Invalid(f"This commons speaks protocol {wire.PROTOCOL_VERSION}; the bridge speaks {said.protocol}.")
    with _writing_as_bridge() as (session, bridge):
        return _json(Sync(session, _config(), bridge, utcnow()).answer(said))


@blueprint.post("/attempts/<attempt_id>/start")
def start(attempt_id: str) -> Response:
    """A bridge asks to begin."""
    asked = _body(wire.StartRequest)
    with _writing_as_bridge() as (session, bridge):
        return _json(services.start(session, bridge, attempt_id, asked, utcnow()))


@blueprint.get("/attempts/<attempt_id>/program")
def program(attempt_id: str) -> Response:
    """The program of a live attempt, whole."""
    session = reading()
    sha256 = services.program_of(session, _bridge(session), attempt_id)
    path: Path = current_app.extensions["artefacts"].path(sha256)
    return send_file(path, mimetype="text/x-gcode", etag=sha256, max_age=0)


def _config() -> Config:
    config: Config = current_app.config["COMMONS"]
    return config


def _bridge(session: Session) -> Bridge:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Forbidden("This needs the token of a paired bridge.")
    return pairing.bridge_with(session, secret)


@contextmanager
def _writing_as_bridge() -> Iterator[tuple[Session, Bridge]]:
    with write() as session:
        yield session, _bridge(session)


def _body(kind: type[T]) -> T:
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"The request does not fit {kind.__name__}: {error}.") from None


def _json(answer: object) -> Response:
    return Response(msgspec.json.encode(answer), mimetype="application/json")
