"""`--wrap`, of the commands that take a slicer's file."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from firmware_bridge.machine import Profile

_WRAP = "Put the machine's own start and end programs around FILE: a slicer's, with an empty start and end."
_MATERIAL = "With --wrap, what it is made of. Default: what FILE names, else the machine's only one."
_Command = TypeVar("_Command", bound=Callable[..., object])


def wrapping(command: _Command) -> _Command:
    """Both options."""
    return click.option("--wrap", is_flag=True, help=_WRAP)(click.option("--material", help=_MATERIAL)(command))


def require_a_machine(profile_path: Path | None, *, wrap: bool, material: str | None) -> None:
    if wrap and profile_path is None:
        raise click.UsageError("--wrap puts a machine's own programs around the file: say which --machine")
    if material and not wrap:
        raise click.UsageError("--material is for --wrap: a file as it is says its own temperatures")


def unwrapped(profile: Profile) -> str:
    """What helps where a file was refused as it is; empty where nothing here does."""
    if not profile.programs.start.strip():
        return ""
    return (
        f"{profile.name} has a start program, and only in that a file may home: --wrap puts it and the end program"
        " around a slicer's file whose own start and end G-code are empty"
    )
