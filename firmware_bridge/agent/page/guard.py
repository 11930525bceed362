"""Who may use the page: which host name it answers to, who has given the key, whose form it is. No I/O.

Host names are checked because a page elsewhere can have its own name point at this address and then read what it
likes (DNS rebinding); an address cannot be had that way. Forms carry a token made from their visitor's cookie, so
that nobody else's page can send them.
"""

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

TRIES = 5
"""Wrong keys from one address in `WITHIN_S`. All addresses together have no limit: it would lock the owner out."""
WITHIN_S = 60.0


@dataclass
class Guard:
    """`key` empty: whoever reaches the page may use it. `clock` gives s. Safe to use from several threads."""

    key: str
    api_key: str
    names: frozenset[str]
    clock: Callable[[], float] = time.monotonic
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _wrong: deque[tuple[float, str]] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answers_to(self, host: str) -> bool:
        """Whether a Host header names this page: an address, localhost or one of the owner's names."""
        name = host.strip().casefold()
        if name.startswith("["):
            name, closed, rest = name[1:].partition("]")
            return bool(closed) and _is_address(name) and (not rest or (rest[0] == ":" and rest[1:].isdecimal()))
        name, colon, port = name.partition(":")
        if colon and not port.isdecimal():
            return False
        return name == "localhost" or name in self.names or _is_address(name)

    def token(self, visitor: str) -> str:
        """What the forms of this visitor carry."""
        return self._mark(f"form {visitor}")

    def is_token(self, visitor: str, token: str) -> bool:
        return bool(visitor) and _same(self.token(visitor), token)

    def entry(self, visitor: str) -> str:
        """What a visitor who gave the key carries as a cookie; of no use with another visitor's name."""
        return self._mark(f"entry {visitor}")

    def may_enter(self, visitor: str, entry: str) -> bool:
        return not self.key or (bool(visitor) and _same(self.entry(visitor), entry))

    def is_api_key(self, given: str) -> bool:
        return _same(self.api_key, given)

    def wait_s(self, peer: str) -> float:
        """How long this address must wait before it may try a key; 0 is not at all."""
        now = self.clock()
        with self._lock:
            while self._wrong and now - self._wrong[0][0] >= WITHIN_S:
                self._wrong.popleft()
            wrong = list(self._wrong)
        own = [when for when, who in wrong if who == peer]
        return own[-TRIES] + WITHIN_S - now if len(own) >= TRIES else 0.0

    def is_key(self, peer: str, given: str) -> bool:
        """A wrong one is counted against its address."""
        if self.key and _same(self.key, given):
            return True
        with self._lock:
            self._wrong.append((self.clock(), peer))
        return False

    def _mark(self, what: str) -> str:
        return hmac.new(self._secret, what.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
