"""Machines that already have a host: `host` is what they all offer, `watch` the one shell that prints through it."""

import ipaddress
from urllib.parse import urlsplit

from firmware_bridge.errors import ProfileError, UsageError
from firmware_bridge.hosts.exchange import Exchange
from firmware_bridge.hosts.host import Host
from firmware_bridge.hosts.moonraker import Moonraker
from firmware_bridge.hosts.octoprint import OctoPrint
from firmware_bridge.hosts.prusalink import PrusaLink
from firmware_bridge.machine import Link
from firmware_bridge.web import check_address

HOSTS: dict[str, type[OctoPrint | Moonraker | PrusaLink]] = {
    "octoprint": OctoPrint,
    "moonraker": Moonraker,
    "prusalink": PrusaLink,
}
KEYLESS = frozenset({"moonraker"})
"""It can trust addresses instead of asking for a key."""


def open_host(link: Link) -> Host:
    """The host of that link; nothing is asked of it yet."""
    kind = HOSTS[link.host]
    return kind(Exchange(link.address, kind.name, link.key))


def check_link(link: Link) -> None:
    """Raises `ProfileError` for a link that no host can be reached by, or that would show its key to the internet."""
    try:
        address = check_address(link.url, HOSTS[link.host].name)
    except UsageError as error:
        raise ProfileError(f"[link] url: {error}") from None
    parts = urlsplit(address)
    if parts.scheme == "http" and _public(parts.hostname or ""):
        raise ProfileError(f"[link] url: {address} would send the key over the internet in the clear: use https")
    if not link.key and link.host not in KEYLESS:
        raise ProfileError(f'it names no key: add key = "…", which {HOSTS[link.host].name} shows in its settings')
    if not (link.key.isascii() and link.key.isprintable()):
        raise ProfileError("[link] key: it has characters that no key has")


def _public(host: str) -> bool:
    """A name is believed to be one of the owner's own network."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False
