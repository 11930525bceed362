"""What a port is called in journals, and when two names of ports are one."""

import hashlib
import os


def port_key(port_url: str) -> str:
    return hashlib.sha256(port_url.encode()).hexdigest()[:16]


def are_one(port: str, other: str) -> bool:
    """Whether two names lead to one device now (`/dev/serial/by-id/…` is a link), and to no two machines there."""
    (name, _, fingerprint), (other_name, _, other_fingerprint) = port.partition("#"), other.partition("#")
    if not (name and other_name):
        return port == other
    differ = fingerprint and other_fingerprint and fingerprint != other_fingerprint
    return not differ and os.path.realpath(name) == os.path.realpath(other_name)
