"""Configuration: read once from the environment, passed on as one frozen object."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything a commons can be told. Each field is the environment variable of the same name in capitals.

    `commons_home` holds the database, the artefacts and the secret when nothing else is said.
    """

    commons_home: Path
    database_url: str
    artefacts: Path
    forge_socket: Path
    secret_key: str
    lease_s: float = 120.0
    """How long a lease lives without a word from its bridge, before it was started."""
    silent_s: float = 1_800.0
    """A started attempt not heard of for so long is shown as lost; its bridge may still settle it."""
    claim_s: float = 7 * 86_400.0
    """A claim that was never started returns to the board after so long."""
    sync_busy_s: float = 2.0
    sync_idle_s: float = 15.0
    """How often bridges are asked to sync while something is under way, and while nothing is."""
    streams: int = 24
    """Server-sent event streams one process holds; further pages poll."""
    secure_cookies: bool = False
    """True behind https."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Config":
        home = Path(environment.get("COMMONS_HOME", "~/.local/share/fabrication-commons")).expanduser().absolute()
        home.mkdir(parents=True, exist_ok=True)
        numbers = {
            name: type(getattr(cls, name))(environment[name.upper()])
            for name in ("lease_s", "silent_s", "claim_s", "sync_busy_s", "sync_idle_s", "streams")
            if name.upper() in environment
        }
        return cls(
            commons_home=home,
            database_url=environment.get("DATABASE_URL", f"sqlite:///{home / 'commons.db'}"),
            artefacts=Path(environment.get("ARTEFACTS", home / "artefacts")),
            forge_socket=Path(environment.get("FORGE_SOCKET", home / "forge.sock")),
            secret_key=environment.get("SECRET_KEY") or _kept_secret(home / "secret_key"),
            secure_cookies=environment.get("SECURE_COOKIES", "") == "1",
            **numbers,
        )


def _kept_secret(path: Path) -> str:
    """The secret in the file, made on first use, readable by its owner alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        secret = secrets.token_hex(32)
        file.write(secret)
    return secret
