"""A source is built before it is in the catalogue, while whoever brings it waits; what is wrong is said to them."""

import threading

from commons import db
from commons.catalog.making import geometry
from commons.errors import Unavailable
from fabrication.geometry.service import Build
from fabrication.recipes import Source

AT_ONCE = 4
"""Sources this process tries at the same time: each may hold a thread of the web server for two minutes."""
_trials = threading.BoundedSemaphore(AT_ONCE)


def tried(source: Source) -> Build:
    """The source built with its own values, for up to two minutes; sent again it is there already.

    Raises `SourceError`, every `ForgeError`, `TooOften`, and `Unavailable` where too many are tried at the moment.
    """
    if not _trials.acquire(blocking=False):
        raise Unavailable("Other designs are being tried at the moment. Nothing was kept; send it again in a minute.")
    try:
        db.close_session()  # given back while the forge works
        return geometry().build(source, {})
    finally:
        _trials.release()
