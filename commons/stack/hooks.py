"""gunicorn's settings that no flag has."""

from typing import Any

from fabrication.geometry.confinement import walls


def post_fork(server: Any, _worker: Any) -> None:
    """A worker whose gunicorn was killed would hold its port against the next one until its last thread had ended."""
    walls.die_with(server.pid)
