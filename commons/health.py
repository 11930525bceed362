"""The health page: whether each part a commons needs is there, in words, with what to do where it is not."""

from collections.abc import Callable
from dataclasses import dataclass

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from commons import db
from fabrication.errors import FabricationError, ForgeUnavailable
from fabrication.geometry.client import ForgeClient
from fabrication.slicing.prusaslicer import slicer_version

blueprint = flask.Blueprint("health", __name__)


@dataclass(frozen=True)
class Check:
    """One part: its name, whether it is well, and a sentence."""

    name: str
    ok: bool
    words: str


@blueprint.get("/health")
def page() -> ResponseReturnValue:
    """200 where all is well, else 503; the same as JSON for `Accept: application/json`."""
    checks = [_check("Database", _database), _check("Forge", _forge), _check("Slicer", slicer_version)]
    status = 200 if all(check.ok for check in checks) else 503
    if flask.request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"ok": status == 200, "checks": checks}, status
    return flask.render_template("health.html", checks=checks), status


def _check(name: str, ask: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, words=ask())
    except (FabricationError, sa.exc.SQLAlchemyError) as error:
        return Check(name, ok=False, words=str(error))


def _database() -> str:
    session = db.session()
    session.execute(sa.text("SELECT 1"))
    return f"{session.get_bind().dialect.name} answers."


def _forge() -> str:
    forge = ForgeClient(flask.current_app.config["COMMONS"].forge_socket)
    health = forge.health()
    if not health.ready or health.proof is None:
        raise ForgeUnavailable(health.reason)
    waiting = f", {health.waiting} waiting" if health.waiting else ""
    walls = f"Landlock {health.proof.landlock_abi} and seccomp, proven by {len(health.proof.canaries)} canaries"
    return f"Confined by {walls}; {health.running} of {health.slots} builds running{waiting}."
