"""A new design is built before it is in the catalogue: while whoever brings it waits, or as long work."""

import threading

import flask
import msgspec
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts.auth import signed_in_account
from commons.catalog import services
from commons.catalog.making import artefacts, geometry
from commons.catalog.models import Design
from commons.catalog.submissions.kept import Kept, keep
from commons.catalog.waiting import charge
from commons.errors import Unavailable
from commons.work import savings
from fabrication.errors import TookTooLong
from fabrication.geometry.service import PREVIEW_LIMITS
from fabrication.recipes import Source

AT_ONCE = 4
"""Sources this process tries at the same time: each may hold a thread of the web server for some seconds."""
LIMITS = msgspec.structs.replace(PREVIEW_LIMITS, memory=1 << 40, folder=1 << 40)
"""As short as a preview's; limits only lower those of a kind of job, which keeps its own in all but time."""
NOTES_SHOWN = 4
_trials = threading.BoundedSemaphore(AT_ONCE)


def added(brought: Kept) -> ResponseReturnValue:
    """On to the page of the new design, or, where that takes longer than a preview may, to the page that waits for it.

    Raises `SourceError`, `UploadRefused`, every `ForgeError`, `Conflict`, `TooOften`, and `Unavailable` where too many
    are tried at the moment.
    """
    owner = signed_in_account()
    try:
        notes = _tried(brought.submission.source)
    except TookTooLong:
        services.refuse_known(db.session(), brought.submission)
        charge()
        subject = keep(artefacts(), brought)
        with db.write() as session:
            key = savings.want(session, subject, owner)
        return flask.redirect(flask.url_for("catalog.saving", key=key), 303)
    with db.write() as session:
        design = services.add_as_new(session, artefacts(), brought.submission, owner).revision.design
        return welcomed(design, notes)


def welcomed(design: Design, notes: tuple[str, ...]) -> ResponseReturnValue:
    """On to the page of a new design, which says that it is there, and what is odd about its model."""
    parents = ", ".join(parent.design.title for parent in design.parents)
    flask.flash(
        f"It is in the catalogue, made from {parents}." if parents else "It is in the catalogue. This is its page."
    )
    for note in notes[:NOTES_SHOWN]:
        flask.flash(note[:300])
    return flask.redirect(flask.url_for("catalog.design", slug=design.slug), 303)


def _tried(source: Source) -> tuple[str, ...]:
    """What is odd about it; sent again it is there already."""
    if not _trials.acquire(blocking=False):
        raise Unavailable("Other designs are being tried at the moment. Nothing was kept; send it again in a minute.")
    try:
        db.close_session()  # given back while the forge works
        notes = savings.try_out(geometry(), source, LIMITS)
        services.keep(artefacts(), source)
        return notes
    finally:
        _trials.release()
