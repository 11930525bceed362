"""Configuration: read once from the environment, passed on as one frozen object."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import NamedTemporaryFile

from commons.errors import Unavailable


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
    samples: int = 150
    """So many sets of values of each design are tried out in idle time; 0 switches that off."""
    secure_cookies: bool = False
    """True behind https."""
    proxies: int = 0
    """How many proxies stand before the site, whose X-Forwarded headers are believed."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Config":
        """Makes the home where there is none. Raises `Unavailable` where that cannot be."""
        home = Path(environment.get("COMMONS_HOME", "~/.local/share/fabrication-commons")).expanduser().absolute()
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            secret_key = environment.get("SECRET_KEY") or kept_secret(home / "secret_key")
        except OSError as error:
            raise Unavailable(
                f"COMMONS_HOME: {home} cannot be written: {error.strerror}; name another folder"
            ) from None
        numbers = {
            name: type(getattr(cls, name))(environment[name.upper()])
            for name in (
                "lease_s",
                "silent_s",
                "claim_s",
                "sync_busy_s",
                "sync_idle_s",
                "streams",
                "samples",
                "proxies",
            )
            if name.upper() in environment
        }
        return cls(
            commons_home=home,
            database_url=environment.get("DATABASE_URL", f"sqlite:///{home / 'commons.db'}"),
            artefacts=Path(environment.get("ARTEFACTS", home / "artefacts")),
            forge_socket=Path(environment.get("FORGE_SOCKET", home / "forge.sock")),
            secret_key=secret_key,
            secure_cookies=environment.get("SECURE_COOKIES", "") == "1",
            **numbers,
        )


def settings_in(environment: Mapping[str, str]) -> dict[str, str]:
    """Those variables that configure a commons, for the processes that are one."""
    names = {field.name.upper() for field in fields(Config)}
    return {name: value for name, value in environment.items() if name in names}


def kept_secret(path: Path, random_bytes: int = 32) -> str:
    """The secret in the file, made on first use: whole or not at all, readable by its owner alone."""
    if not path.exists():
        with NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as temporary:  # mode 0600
            temporary.write(secrets.token_urlsafe(random_bytes))
            temporary.flush()
            os.fsync(temporary.fileno())
            with suppress(FileExistsError):  # another process was first
                os.link(temporary.name, path)
    return path.read_text(encoding="ascii")
