"""Whom the forge works for, and how much for one address: what was made before costs nothing, every job is counted."""

import hashlib
import ipaddress
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import flask

from commons.accounts.auth import TOKEN
from commons.errors import TooOften
from fabrication.geometry.client import ForgeClient, JobResult, Limits, Progress
from fabrication.geometry.protocol import JSON

JOBS_A_MINUTE = 180
"""Three make a picture or a file of values nobody asked for before: build, measure, write."""
PREVIEWS_A_MINUTE = 1200
"""One makes a preview; a person drags a slider, and a school may sit behind one address. The forge's queue is fair
between its visitors, and a visitor's newer preview ends the older."""
PREVIEW = "catalog.preview"
"""The endpoint at which a person waits with a slider in hand."""
ADDRESSES_MAX = 10_000
REQUESTS_AT_ONCE = 40
"""Of one address; the web has 64 threads, and some of its answers take a minute. Streams are counted elsewhere."""


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


class AtOnce:
    """How many requests each address has under way: none can hold every thread of the web."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._under_way: Counter[str] = Counter()

    def guard(self, app: flask.Flask) -> None:
        """Counts every request of `app`; one too many is refused with 429."""
        app.before_request(self._enter)
        app.teardown_request(self._leave)

    def _enter(self) -> None:
        name = client_of(flask.request.remote_addr or "")
        with self._lock:
            if self._under_way[name] >= self._most:
                raise TooOften(2)
            self._under_way[name] += 1
        flask.g.counted_as = name

    def _leave(self, _error: BaseException | None) -> None:
        name = flask.g.pop("counted_as", None)
        if name is None:
            return
        with self._lock:
            self._under_way[name] -= 1
            if not self._under_way[name]:
                del self._under_way[name]


class MeteredForge(ForgeClient):
    """The forge as web pages ask it. Outside a request, as for the planner, nothing is counted."""

    def __init__(self, socket: Path, jobs_a_minute: int = JOBS_A_MINUTE) -> None:
        super().__init__(socket)
        self._jobs, self._previews = Buckets(jobs_a_minute), Buckets(PREVIEWS_A_MINUTE)

    def run(
        self,
        kind: str,
        request: dict[str, JSON],
        inputs: Mapping[str, bytes],
        *,
        limits: Limits | None = None,
        asker: str = "",
        background: bool = False,
        replaces: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> JobResult:
        """As `ForgeClient.run`, in the name of whoever sent the request. Raises `TooOften` too."""
        if flask.has_request_context():
            preview = flask.request.endpoint == PREVIEW
            buckets = self._previews if preview else self._jobs
            if wait := buckets.take(client_of(flask.request.remote_addr or "")):
                raise TooOften(math.ceil(wait))
            asker, replaces = _asker(of_page=preview), preview
        return super().run(
            kind, request, inputs, limits=limits, asker=asker, background=background, replaces=replaces,
            on_progress=on_progress,
        )  # fmt: skip


def _asker(*, of_page: bool) -> str:
    """Whom this request's jobs are for: one visitor, whose thirty pictures of a catalogue's page are one turn each.

    `of_page`: at one page, so that two pages of one person do not end each other's previews. The name tells nothing
    of the session it is made of.
    """
    session = flask.session.get(TOKEN) or flask.session.get("csrf_token") or flask.request.remote_addr or ""
    visitor = hashlib.sha256(str(session).encode()).hexdigest()[:16]
    return f"{visitor} {flask.request.path}"[:80] if of_page else visitor


def client_of(address: str) -> str:
    """Whom to count: of IPv6, a customer has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
