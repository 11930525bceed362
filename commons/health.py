"""The health page: whether each part a commons needs is there, in words, with what to do where it is not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from commons import db
from commons.errors import Unavailable
from fabrication.errors import ForgeUnavailable, SlicerError, SlicerUnconfined
from fabrication.geometry.client import ForgeClient
from fabrication.slicing.prusaslicer import slicer_version

blueprint = flask.Blueprint("health", __name__)
PATIENCE_S = 3.0
RECENT = timedelta(seconds=60)

Said = tuple[str, dict[str, str], dict[str, Sequence[str]]]
"""Words, facts and lists of a `Check`."""


@dataclass(frozen=True)
class Check:
    """One part: its name, whether it is well, and a sentence. `facts` say more of it, by label; `lists` are longer."""

    name: str
    ok: bool
    words: str
    facts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)


@blueprint.get("/health")
def page() -> ResponseReturnValue:
    """200 where all is well, else 503; the same as JSON for `Accept: application/json`."""
    checks = [_check("Database", _database), _check("Forge", _forge), _check("Slicer", _slicer)]
    if "worker" in flask.current_app.extensions:
        checks.append(_check("Worker", _worker))
    status = 200 if all(check.ok for check in checks) else 503
    if flask.request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"ok": status == 200, "checks": checks}, status
    return flask.render_template("health.html", checks=checks), status


def _check(name: str, ask: Callable[[], str | Said]) -> Check:
    """What is said to a stranger names no path, address or query; the log does."""
    try:
        said = ask()
    except Unavailable as error:
        return Check(name, ok=False, words=str(error))
    return Check(name, ok=True, words=said) if isinstance(said, str) else Check(name, True, *said)


def _database() -> str:
    try:
        session = db.session()
        session.execute(sa.text("SELECT 1"))
        kind = session.get_bind().dialect.name
    except sa.exc.SQLAlchemyError as error:
        flask.g.account = None  # so that this page does not ask it who is reading
        raise _unwell("The database does not answer, so nothing can be looked up or ordered.", error) from error
    finally:
        db.close_session()  # the next check may wait
    return f"{kind} answers."


def _forge() -> Said:
    try:
        health = ForgeClient(flask.current_app.config["COMMONS"].forge_socket).health(PATIENCE_S)
    except ForgeUnavailable as error:
        raise _unwell("The forge does not answer, so no model can be built.", error) from error
    if not health.ready or health.proof is None:
        raise _unwell("This host cannot confine a design's script, so the forge builds nothing.", health.reason)
    if health.astray:
        raise _unwell(
            "The forge has lost track of some builds, so others may be refused. Start it anew.",
            f"{health.astray} astray, {health.running} of {health.slots} running, {health.waiting} waiting",
        )
    waiting = f", {health.waiting} waiting" if health.waiting else ""
    return (
        f"Scripts are confined, as a check job proved; {health.running} of {health.slots} builds running{waiting}.",
        {
            "Files": f"Landlock, version {health.proof.landlock_abi} of its interface",
            "System calls": "seccomp, by a list of what is allowed",
            "User": f"each job becomes uid {health.proof.uid}" if health.drops_to_uid else "the forge's own, no root",
            "Outer wall": health.outer_wall,
            "Zygote": f"{health.zygote_bytes / 2**20:.0f} MiB of its own after {health.zygote_forks} forks; "
            f"{health.zygotes_started} started",
        },
        {
            f"{len(health.proof.canaries)} canaries were tried and refused": health.proof.canaries,
            **({"Not made here": [f"{kind}: {why}" for kind, why in health.unavailable_kinds.items()]}
               if health.unavailable_kinds else {}),
        },
    )  # fmt: skip


def _slicer() -> Said:
    """Asking it for its version runs it, behind its walls; the log says which could not be had."""
    try:
        version = slicer_version()
    except SlicerUnconfined as error:
        raise _unwell("This host cannot confine the slicer, so no job can be planned.", error) from error
    except SlicerError as error:
        raise _unwell("The slicer is not there, so no job can be planned.", error) from error
    return version, {"Walls": "Landlock and seccomp, by a policy of its own"}, {}


def _worker() -> str:
    """Plans jobs and keeps their times; `serving.application` puts it there."""
    passed: datetime | None = flask.current_app.extensions["worker"].passed
    if passed is None or db.utcnow() - passed > RECENT:
        since = passed.isoformat(timespec="seconds") if passed else "it was started"
        raise _unwell("What plans jobs and keeps their times has not come round lately.", f"not since {since}")
    return "Came round within the last minute."


def _unwell(words: str, why: object) -> Unavailable:
    flask.current_app.logger.error("health: %s (%s)", words, why)
    return Unavailable(f"{words} The log of this commons says more.")
