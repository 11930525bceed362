"""`--material`, of the commands that take what a slicer or CAM program writes."""

from firmware_bridge.machine import Profile


def hint(profile: Profile, do: str) -> str:
    """What helps where a file was refused as it is; empty where nothing here does. `do`: what is typed again."""
    if not profile.programs.start.strip():
        return ""
    known = " or ".join(each.name for each in profile.materials)
    of_its_own = f"{profile.name} has programs of its own, to stand around what a slicer or CAM program writes"
    return f"{of_its_own}: {do} that with --material {known or 'NAME'}"
