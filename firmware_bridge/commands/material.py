"""`--material`, of the commands that take what a slicer or CAM program writes."""

from pathlib import Path

from firmware_bridge.errors import NoGcode, ProfileError, ProgramRefused
from firmware_bridge.gcode import blocks
from firmware_bridge.machine import Profile

NEEDS_MACHINE = "--material needs a --machine, whose own programs are put around the file"


def hint(profile: Profile, do: str, refused: ProgramRefused, file: Path | None) -> str:
    """What helps where a file was refused as it is; empty where nothing here does. `do`: what is typed again; `file` is
    None for what came through a pipe."""
    if isinstance(refused, NoGcode) or not profile.programs.start.strip() or (file and _has_its_start(file, profile)):
        return ""
    known = " or ".join(each.name for each in profile.materials)
    of_its_own = f"{profile.name} has programs of its own, to stand around what a slicer or CAM program writes"
    return f"{of_its_own}: {do} that with --material {known or 'NAME'}"


def _has_its_start(file: Path, profile: Profile) -> bool:
    """Whether it begins with the machine's own program; also where no file could, for that is refused itself."""
    try:
        starts = [blocks(profile, material.name)[0] for material in profile.materials]
    except (ProfileError, ProgramRefused):
        return True
    with file.open("rb") as given:
        head = given.read(max(map(len, starts), default=0))
    return any(head.startswith(start) for start in starts)
