"""`--baud auto|N`, as the commands take it."""

import click


def read_baud(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    """0 for auto, None where it was not given."""
    if value is None or value == "auto":
        return None if value is None else 0
    if not value.isdecimal() or not 0 <= int(value) <= 10_000_000:
        raise click.BadParameter(f"{value!r} is no rate: give a number such as 115200, or auto")
    return int(value)
