"""What every table of a profile is made of."""

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
Celsius = Annotated[float, msgspec.Meta(ge=0, le=500)]
Watts = Annotated[float, msgspec.Meta(ge=0, le=100_000)]
Name = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=80,
        pattern=r"^[^\x00-\x1f\x7f]+\Z",
        description="a text in quotes, of 1 to 80 characters on one line",
    ),
]
"""A `description` says in words what a pattern says to msgspec."""
ProgramText = Annotated[str, msgspec.Meta(max_length=20_000)]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass
