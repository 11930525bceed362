"""A source is built before it is in the catalogue, while whoever brings it waits; what is wrong is said to them."""

import threading
from collections.abc import Iterable

from commons import db
from commons.catalog import services
from commons.catalog.making import artefacts, geometry
from commons.errors import Unavailable
from fabrication.recipes import Source

AT_ONCE = 4
"""Sources this process tries at the same time: each may hold a thread of the web server for two minutes."""
_trials = threading.BoundedSemaphore(AT_ONCE)


def tried(source: Source, models: Iterable[tuple[str, bytes]] = ()) -> tuple[str, ...]:
    """Builds the source with its own values, for up to two minutes; sent again it is there already. Before that each
    of `models` is read by itself: its reader knows better than a script what is wrong with it.

    Returns what is odd about the models. Raises `SourceError`, `UploadRefused`, every `ForgeError`, `TooOften`, and
    `Unavailable` where too many are tried at the moment.
    """
    if not _trials.acquire(blocking=False):
        raise Unavailable("Other designs are being tried at the moment. Nothing was kept; send it again in a minute.")
    try:
        db.close_session()  # given back while the forge works
        notes = [note for name, data in models for note in geometry().read_upload(name, data).notes]
        geometry().build(source, {})
        services.keep(artefacts(), source)
        return tuple(notes)
    finally:
        _trials.release()
