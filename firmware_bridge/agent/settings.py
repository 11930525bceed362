"""`bridge.toml` in the bridge's home: what its owner says of the bridge itself. It may be missing."""

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, Self

import msgspec

from firmware_bridge.errors import UsageError
from firmware_bridge.toml_words import SECRET, in_words

KEY_MIN = 8


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Stop(_Table, frozen=True, kw_only=True):
    """`gpio`: a stop button's line as `CHIP:LINE`, say `gpiochip0:17`; empty is none."""

    gpio: Annotated[
        str,
        msgspec.Meta(pattern=r"^([A-Za-z0-9._/-]+:\d{1,5})?\Z", description='CHIP:LINE, say "gpiochip0:17"'),
    ] = ""


class Settings(_Table, frozen=True, kw_only=True):
    """`listen` is where the local page is, `host:port`; empty is nowhere. Beyond this computer it needs a `key`,
    which whoever opens it must give. `names` are host names it is called by, beside addresses and the computer's own.

    `power_budget_w`: what its machines may take together, W; 0 is no limit.
    """

    listen: str = "127.0.0.1:8017"
    key: Annotated[str, msgspec.Meta(max_length=200, extra=SECRET)] = ""
    names: tuple[str, ...] = ()
    power_budget_w: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 0.0
    stop: Stop = Stop()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises `UsageError`, naming the file, the field and what it may be."""
        try:
            given = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot use {path}: {error}") from None
        try:
            settings = msgspec.convert(given, cls)
        except msgspec.ValidationError as error:
            raise UsageError(f"cannot use {path}: {in_words(error, given, cls)}") from None
        if settings.listen and not settings.key and not settings.address()[0].is_loopback:
            raise UsageError(f'{path}: listen = "{settings.listen}" is not this computer alone: give a key = "…" too')
        if settings.key and len(settings.key) < KEY_MIN:
            raise UsageError(f"{path}: the key has {len(settings.key)} letters; at least {KEY_MIN} are needed")
        return settings

    def address(self) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
        """Where to listen. Raises `UsageError`."""
        host, _, port = self.listen.rpartition(":")
        host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
        wrong = UsageError(
            f'listen = "{self.listen}" in bridge.toml is no address: write "127.0.0.1:8017",'
            ' or "0.0.0.0:8017" with a key'
        )
        if not (port.isascii() and port.isdecimal() and int(port) < 65_536):
            raise wrong
        try:
            return ipaddress.ip_address(host), int(port)
        except ValueError:
            raise wrong from None
