"""What slicers write beside the part itself: its material, and the start and end that they put around it."""

import os
import re
from pathlib import Path

from firmware_bridge.errors import ProfileError, ProgramRefused
from firmware_bridge.machine import Profile

_LOOKED_AT = 262_144
"""Bytes at either end of a file in which a slicer's settings are looked for: PrusaSlicer writes them at the end."""
_FILAMENT = re.compile(rb"^;\s*filament_type\s*=\s*([^;\r\n]+)", re.MULTILINE)
OWN = re.compile(r"in (the machine's own (?:start|end) program): ")
_START_OR_END = re.compile(
    r"\s*(?:N\d+\s*)?(?:G2[789]|G3[0-8]|G80|M10[49]|M1[49]0|M1[78]|M8[014]|M420)\b", re.IGNORECASE
)
"""What slicers put around the part: homing, levelling, heating, motors and power."""


def material_of(file: Path, profile: Profile) -> str:
    """The machine's material that the file names, else the machine's only one. Raises `ProfileError`, `OSError`."""
    with file.open("rb") as opened:
        named = _FILAMENT.search(opened.read(_LOOKED_AT))
        if named is None:
            opened.seek(max(0, opened.seek(0, os.SEEK_END) - _LOOKED_AT))
            named = _FILAMENT.search(opened.read())
    if named is not None:
        return profile.material(named[1].decode("utf-8", "replace").strip()).name
    if len(profile.materials) != 1:
        known = ", ".join(material.name for material in profile.materials) or "none"
        raise ProfileError(
            f"the file does not say its material, and {profile.name} has: {known}. Begin the slicer's start"
            " G-code with the line `; filament_type = PLA`, or what it is"
        )
    return profile.materials[0].name


def advice(refused: ProgramRefused, profile: Profile) -> str:
    """What to change in the slicer whose file was to be put between the machine's own programs, if that is it."""
    of_the_slicer = any(not OWN.match(each.reason) and _START_OR_END.match(each.text) for each in refused.refusals)
    if not (profile.programs.start.strip() and of_the_slicer):
        return ""
    return (
        f"{profile.name} has start and end programs of its own, which are put around the file: leave"
        " the slicer's own start and end G-code empty"
    )
