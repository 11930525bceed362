"""The bridge's own file, `bridge.toml` in its home: what holds for all its machines. Its owner writes it."""

import tomllib
from pathlib import Path
from typing import Annotated, Self

import msgspec

from firmware_bridge.errors import UsageError


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Stop(_Table, frozen=True, kw_only=True):
    """`gpio`: a stop button's line as `CHIP:LINE`, say `gpiochip0:17`; empty is none."""

    gpio: Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9._/-]+:\d{1,5})?\Z")] = ""


class Settings(_Table, frozen=True, kw_only=True):
    """`power_budget_w`: what its machines may take together, W; 0 is no limit."""

    power_budget_w: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 0.0
    stop: Stop = Stop()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Every default where there is no file. Raises `UsageError`, naming the field and what it may be."""
        try:
            return msgspec.convert(tomllib.loads(path.read_text("utf-8")), cls)
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:  # no TOML, no UTF-8, and what msgspec does not take, are ValueErrors
            raise UsageError(f"{path} is wrong: {error}") from None
