"""How much the forge does for one address: what was made before costs nothing, every job is counted."""

import ipaddress
import math
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import flask

from commons.errors import TooOften
from fabrication.geometry.client import ForgeClient, JobResult, Limits
from fabrication.geometry.protocol import JSON

JOBS_A_MINUTE = 180
"""Three make a picture or a file of values nobody asked for before: build, measure, write."""
PREVIEWS_A_MINUTE = 300
"""One makes a preview; a person drags a slider."""
ADDRESSES_MAX = 10_000


class Buckets:
    """Token buckets, one for each name: `a_minute` at once, and as many again over each minute."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_minute, self._clock = a_minute, clock
        self._lock = threading.Lock()
        self._full_at: dict[str, float] = {}
        """One number says it all: when the bucket would be full again."""

    def take(self, name: str) -> float:
        """Takes one token: 0, or where there is none, in how many seconds there will be."""
        now, each = self._clock(), 60 / self._a_minute
        with self._lock:
            if len(self._full_at) >= ADDRESSES_MAX:
                self._full_at = {name: full for name, full in self._full_at.items() if full > now}
            full = max(self._full_at.get(name, now), now) + each
            if (wait := full - now - 60) > 1e-9:
                return wait
            self._full_at[name] = full
            return 0.0


class MeteredForge(ForgeClient):
    """The forge as web pages ask it. Outside a request, as for the planner, nothing is counted."""

    def __init__(self, socket: Path, jobs_a_minute: int = JOBS_A_MINUTE) -> None:
        super().__init__(socket)
        self._jobs, self._previews = Buckets(jobs_a_minute), Buckets(PREVIEWS_A_MINUTE)

    def run(
        self, kind: str, request: dict[str, JSON], inputs: Mapping[str, bytes], *, limits: Limits | None = None
    ) -> JobResult:
        """As `ForgeClient.run`. Raises `TooOften` too."""
        if flask.has_request_context():
            buckets = self._previews if flask.request.method == "POST" else self._jobs
            if wait := buckets.take(_client(flask.request.remote_addr or "")):
                raise TooOften(math.ceil(wait))
        return super().run(kind, request, inputs, limits=limits)


def _client(address: str) -> str:
    """Whom to count: of IPv6, a customer has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
